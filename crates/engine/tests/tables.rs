//! Tables read back as written, and their bytes depend on their rows only.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use engine::{ROW_GROUP_ROWS, TableBuilder, TableWriter, Texts, read_table, sha256_file};
use std::path::Path;
use std::sync::Arc;

fn rows_in_batches(path: &Path, rows: u64, batch_rows: u64) {
    let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::UInt64, false)]));
    let mut writer = TableWriter::create(path, Arc::clone(&schema)).unwrap();
    let mut from = 0;
    while from < rows {
        let to = (from + batch_rows).min(rows);
        let column: ArrayRef =
            Arc::new(UInt64Array::from_iter_values((from..to).map(|n| n * 7919 % 1000)));
        writer.push(&RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap()).unwrap();
        from = to;
    }
    assert_eq!(writer.finish().unwrap(), rows);
}

#[test]
fn bytes_do_not_depend_on_batches() {
    let dir = tempfile::tempdir().unwrap();
    let rows = ROW_GROUP_ROWS as u64 * 2 + 17;
    let hashes: Vec<String> = [1_000, 131_072, 400_000]
        .into_iter()
        .map(|batch_rows| {
            let path = dir.path().join(format!("{batch_rows}.parquet"));
            rows_in_batches(&path, rows, batch_rows);
            sha256_file(&path).unwrap()
        })
        .collect();
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(hashes[0], hashes[2]);
}

#[test]
fn what_is_written_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let mut names = Texts::new();
    for name in ["SITI", "", "AHMAD"] {
        names.push(name);
    }
    TableBuilder::new()
        .u64("id", vec![1, 2, 3])
        .u8_or("code", &[9, 255, 0], 255)
        .date_or("day", &[10, i32::MIN, -3], i32::MIN)
        .f64("score", vec![0.5, 1.5, f64::MAX])
        .bool("alive", vec![true, false, true])
        .bool_or("active", &[1, 2, 0])
        .texts("name", &names)
        .write(&path)
        .unwrap();
    let table = read_table(&path, &["name", "code", "day", "id", "alive"]).unwrap();
    assert_eq!(table.rows(), 3);
    assert_eq!(table.u64s("id", 0).unwrap(), [1, 2, 3]);
    assert_eq!(table.u8s("code", 255).unwrap(), [9, 255, 0]);
    assert_eq!(table.whole("code", 99).unwrap(), [9, 99, 0]);
    assert_eq!(table.dates("day", i32::MIN).unwrap(), [10, i32::MIN, -3]);
    assert_eq!(table.bools("alive", false).unwrap(), [true, false, true]);
    assert_eq!(table.texts("name").unwrap().iter().collect::<Vec<_>>(), ["SITI", "", "AHMAD"]);
    assert!(table.f64s("score", 0.0).is_err(), "a column that was not asked for is absent");
}

#[test]
fn an_empty_table_has_its_columns() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("e.parquet");
    TableBuilder::new().u64("id", vec![]).write(&path).unwrap();
    let table = read_table(&path, &["id"]).unwrap();
    assert_eq!((table.rows(), table.u64s("id", 0).unwrap().len()), (0, 0));
}

#[test]
fn errors_say_what_to_look_at() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    TableBuilder::new().u64("record", vec![1]).write(&path).unwrap();
    let error = read_table(&path, &["recrod"]).unwrap_err().to_string();
    assert!(error.contains("did you mean `record`"), "{error}");
    let error = read_table(&path, &[]).unwrap().u8s("record", 0).unwrap_err().to_string();
    assert!(error.contains("UInt64"), "{error}");
    std::fs::write(&path, b"not parquet at all").unwrap();
    let error = read_table(&path, &[]).unwrap_err().to_string();
    assert!(error.contains("t.parquet"), "{error}");
}
