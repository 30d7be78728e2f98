//! docs/DATA.md says which columns each source's records have, exactly.

use intake::{Sources, record_schema};

#[test]
fn the_columns_of_every_record_table_are_documented() {
    let text = include_str!("../../../../docs/DATA.md");
    let mut missing = String::new();
    for source in Sources::load(None).unwrap().all() {
        for table in &source.tables {
            let name = source.file_name(table);
            let schema = record_schema(table);
            // The first 14 are those that every table has.
            let own: Vec<String> = schema.fields()[14..]
                .iter()
                .map(|f| match f.data_type().to_string().as_str() {
                    "UInt8" => format!("`{}`", f.name()),
                    other => format!("`{}` {other}", f.name()),
                })
                .collect();
            let name = name.trim_end_matches(".parquet");
            let line = format!("| {} | `{name}` | {} |\n", source.number, own.join(", "));
            if !text.contains(&line) {
                missing += &line;
            }
        }
    }
    assert!(missing.is_empty(), "docs/DATA.md §3 lacks or differs in these rows:\n{missing}");
}
