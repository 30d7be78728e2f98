//! A folder with deliveries and a spec, and what intake makes of it.

use engine::{Progress, Table, read_table};
use intake::{IntakeError, IntakeReport, Spec};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A folder that is gone at the end of the test.
pub struct Place {
    dir: tempfile::TempDir,
    deliveries: Vec<(String, String)>,
}

impl Place {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), deliveries: Vec::new() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Adds a file of a source.
    pub fn file(mut self, source: &str, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), bytes).unwrap();
        self.deliveries.push((source.to_owned(), name.to_owned()));
        self
    }

    /// Adds a path to the spec without making the file.
    pub fn named(mut self, source: &str, name: &str) -> Self {
        self.deliveries.push((source.to_owned(), name.to_owned()));
        self
    }

    pub fn out(&self) -> PathBuf {
        self.path("out")
    }

    pub fn run(&self) -> Result<IntakeReport, IntakeError> {
        self.run_to(&self.out())
    }

    pub fn run_to(&self, out: &Path) -> Result<IntakeReport, IntakeError> {
        let mut text = "edition = '2026-4'\nas_of = '2026-10-01'\nprovince = '52'\n".to_owned();
        for (source, path) in &self.deliveries {
            text += "[[delivery]]\n";
            text += &format!("source = '{source}'\npath = '{path}'\ndate = '2026-09-30'\n");
        }
        std::fs::write(self.path("spec.toml"), text).unwrap();
        let report =
            intake::run(&Spec::read(&self.path("spec.toml"))?, None, out, &Progress::silent())?;
        for source in &report.sources {
            assert_eq!(source.rows, source.records + source.quarantined, "{}", source.source);
            for file in &source.files {
                assert_eq!(file.rows, file.records + file.quarantined, "{}", file.path);
            }
        }
        Ok(report)
    }

    /// The error that the deliveries must end in; the output folder must be as it was.
    pub fn refused(&self) -> String {
        let out = self.out();
        let error = self.run().map(|_| ()).expect_err("this delivery must be refused");
        let left = |p: &Path| std::fs::read_dir(p).map_or(0, Iterator::count);
        assert_eq!(left(&out), 0, "the output folder is not as it was");
        assert!(!error.remedy.is_empty() && !error.file.is_empty());
        error.to_string()
    }

    pub fn records(&self, table: &str) -> Table {
        read_table(&self.out().join(format!("records/{table}.parquet")), &[]).unwrap()
    }

    /// `line column code severity reason | original` of every finding.
    pub fn findings(&self) -> Vec<String> {
        let table = read_table(&self.out().join("findings.parquet"), &[]).unwrap();
        let (lines, severities) =
            (table.u64s("line", 0).unwrap(), table.u8s("severity", 0).unwrap());
        let text = |name: &str| table.texts(name).unwrap();
        let (column, code) = (text("column"), text("code"));
        let (reason, original) = (text("reason"), text("original"));
        (0..table.rows())
            .map(|i| {
                format!(
                    "{} {} {} {} {} | {}",
                    lines[i],
                    column.get(i),
                    code.get(i),
                    severities[i],
                    reason.get(i),
                    original.get(i)
                )
            })
            .collect()
    }
}

/// A numeric column of any width; 999 stands for null.
pub fn whole(table: &Table, column: &str) -> Vec<u64> {
    table.whole(column, 999).unwrap()
}

pub fn texts(table: &Table, column: &str) -> Vec<String> {
    let texts = table.texts(column).unwrap();
    (0..table.rows()).map(|i| texts.get(i).to_owned()).collect()
}

pub fn dates(table: &Table, column: &str) -> Vec<String> {
    let days = table.dates(column, i32::MIN).unwrap();
    days.into_iter()
        .map(|d| if d == i32::MIN { String::new() } else { kernel::Date::from_days(d).to_string() })
        .collect()
}

/// A CSV of one row per map, columns of the source's mapping that are not named empty.
pub fn rows_of(source: &str, table: usize, delimiter: char, rows: &[&[(&str, &str)]]) -> String {
    static SOURCES: OnceLock<intake::Sources> = OnceLock::new();
    let sources = SOURCES.get_or_init(|| intake::Sources::load(None).unwrap());
    let mut header: Vec<&str> = Vec::new();
    for name in sources.get(source).unwrap().tables[table].known() {
        if !header.contains(&name) {
            header.push(name);
        }
    }
    let join = |values: Vec<&str>| values.join(&delimiter.to_string()) + "\n";
    let mut text = join(header.clone());
    for row in rows {
        let value = |name: &&str| row.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v);
        for (name, _) in *row {
            assert!(header.contains(name), "{source} has no column {name}");
        }
        text += &join(header.iter().map(value).collect());
    }
    text
}
