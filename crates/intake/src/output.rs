//! The files a source becomes: written aside, renamed into place at the end or taken away.

use crate::IntakeError;
use crate::finding::{self, Belongs};
use crate::mapping::Source;
use crate::parse::Parsed;
use crate::report::SourceReport;
use crate::table;
use arrow_array::RecordBatch;
use engine::TableWriter;
use std::fs;
use std::path::{Path, PathBuf};

/// Record ids and finding ids of a source begin at its number times this.
pub const IDS_PER_SOURCE: u64 = 1 << 40;

/// Columns in which values hardly repeat.
const DISTINCT: [&str; 6] = ["record", "line", "nik", "name", "name_raw", "finding"];

/// The tables of one source while they are written.
pub struct Output<'a> {
    source: &'a Source,
    out: PathBuf,
    partial: PathBuf,
    /// Whether `out` was there before.
    out_existed: bool,
    tables: Vec<TableWriter>,
    columns: Vec<Vec<String>>,
    findings: TableWriter,
    next_record: u64,
    next_finding: u64,
}

impl<'a> Output<'a> {
    /// Starts the tables of `source` in a folder of their own below `out`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(source: &'a Source, out: &Path) -> Result<Self, IntakeError> {
        let out_existed = out.exists();
        let partial = out.join(format!(".intake-{}.partial", source.name));
        let made = Self::start(source, out, &partial, out_existed);
        if made.is_err() {
            clear(out, &partial, out_existed);
        }
        made
    }

    fn start(
        source: &'a Source,
        out: &Path,
        partial: &Path,
        out_existed: bool,
    ) -> Result<Self, IntakeError> {
        if partial.exists() {
            // Left by a run that was killed.
            fs::remove_dir_all(partial).map_err(|e| disk(partial, "remove", &e))?;
        }
        fs::create_dir_all(partial).map_err(|e| disk(partial, "create the folder", &e))?;
        let table = |name: &str, schema| {
            let path = partial.join(name);
            TableWriter::create_distinct(&path, schema, &DISTINCT)
                .map_err(|e| IntakeError::engine(&path, &e))
        };
        let mut tables = Vec::new();
        for map in &source.tables {
            tables.push(table(&source.file_name(map), table::schema(map))?);
        }
        let names = |t: &crate::mapping::TableMap| t.columns.iter().map(|c| c.to.clone()).collect();
        let first = u64::from(source.number) * IDS_PER_SOURCE;
        Ok(Self {
            source,
            out: out.to_owned(),
            partial: partial.to_owned(),
            out_existed,
            tables,
            columns: source.tables.iter().map(names).collect(),
            findings: table("findings", finding::schema())?,
            next_record: first,
            next_finding: first,
        })
    }

    /// Adds a chunk's records and findings. Chunks come in order of file and line.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn push(&mut self, parsed: Parsed, delivery: u16) -> Result<(), IntakeError> {
        let rows = parsed.tally.records;
        let findings = parsed.findings.len() as u64;
        let wrong = |e: &dyn std::fmt::Display| {
            IntakeError::new(&self.source.name, e.to_string(), "this is a defect; report it")
        };
        if findings > 0 {
            let belongs = Belongs {
                source: &self.source.name,
                delivery,
                first_finding: self.next_finding,
                first_record: self.next_record,
                columns: &self.columns[parsed.table],
            };
            let batch = finding::batch(&parsed.findings, &belongs).map_err(|e| wrong(&e))?;
            self.findings.push(&batch).map_err(|e| IntakeError::engine(&self.partial, &e))?;
        }
        let schema = table::schema(&self.source.tables[parsed.table]);
        let arrays = table::complete(parsed.arrays, self.next_record, delivery);
        let batch = RecordBatch::try_new(schema, arrays).map_err(|e| wrong(&e))?;
        if batch.num_rows() as u64 != rows {
            return Err(wrong(&format!("{rows} rows were counted, {} made", batch.num_rows())));
        }
        self.tables[parsed.table]
            .push(&batch)
            .map_err(|e| IntakeError::engine(&self.partial, &e))?;
        self.next_record += rows;
        self.next_finding += findings;
        Ok(())
    }

    /// How many findings so far.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.next_finding - u64::from(self.source.number) * IDS_PER_SOURCE
    }

    /// Finishes the tables and puts them, with the report, into their places.
    ///
    /// # Errors
    /// When the disk refuses; then nothing is left.
    pub fn commit(self, report: &SourceReport) -> Result<(), IntakeError> {
        let Self { source, out, partial, out_existed, tables, findings, .. } = self;
        let done = || -> Result<(), IntakeError> {
            for table in tables {
                table.finish().map_err(|e| IntakeError::engine(&partial, &e))?;
            }
            findings.finish().map_err(|e| IntakeError::engine(&partial, &e))?;
            let text = serde_json::to_string_pretty(report)
                .map_err(|e| IntakeError::new(&source.name, e.to_string(), "report it"))?;
            engine::disk::write_file(&partial.join("quality"), (text + "\n").as_bytes())
                .map_err(|e| IntakeError::engine(&partial, &e))?;
            for folder in ["records", "findings", "quality"] {
                let path = out.join(folder);
                fs::create_dir_all(&path).map_err(|e| disk(&path, "create the folder", &e))?;
            }
            let place = |from: &str, to: PathBuf| {
                fs::rename(partial.join(from), &to).map_err(|e| disk(&to, "write", &e))
            };
            for map in &source.tables {
                let name = source.file_name(map);
                place(&name, out.join("records").join(&name))?;
            }
            place("findings", findings_path(&out, source))?;
            place("quality", out.join("quality").join(format!("{}.json", source.name)))
        };
        let result = done();
        clear(&out, &partial, out_existed || result.is_ok());
        result
    }

    /// Takes away what was written.
    pub fn discard(self) {
        let Self { out, partial, out_existed, tables, findings, .. } = self;
        drop((tables, findings));
        clear(&out, &partial, out_existed);
    }
}

/// Where the findings of a source are.
#[must_use]
pub fn findings_path(out: &Path, source: &Source) -> PathBuf {
    out.join("findings").join(format!("{}.parquet", source.name))
}

/// Removes the partial folder, and `out` too if this run made it and it is empty.
fn clear(out: &Path, partial: &Path, keep_out: bool) {
    // Nothing more can be done about a folder that cannot be removed; the next run tries again.
    let _ = fs::remove_dir_all(partial);
    if !keep_out {
        let _ = fs::remove_dir(out);
    }
}

fn disk(path: &Path, doing: &str, error: &std::io::Error) -> IntakeError {
    let wrong = format!("cannot {doing}: {error}");
    IntakeError::new(&path.display().to_string(), wrong, "check the disk and the folder's rights")
}
