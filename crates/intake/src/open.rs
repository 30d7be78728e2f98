//! What a file is: format, compression, encoding, delimiter, and which table it holds.

mod columnar;
mod sheet;
mod text;

pub use columnar::texts_of;

use crate::IntakeError;
use crate::chunk::Chunk;
use crate::mapping::Source;
use crate::mask::mask;
use crate::plan::{Misfit, Plan};
use crate::spec::DeliveredFile;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

/// What was found out about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileShape {
    /// `csv`, `xlsx`, `parquet`.
    pub format: String,
    /// Of text: `,`, `;`, `|`, `tab`.
    pub delimiter: Option<String>,
    /// Of text: `UTF-8`, `UTF-8 with byte order mark`, `latin-1`, `ASCII`.
    pub encoding: Option<String>,
    /// `gzip`, or none.
    pub compression: Option<String>,
    /// Of a workbook: the sheet.
    pub sheet: Option<String>,
    /// Name of the table, empty for the main one.
    pub table: String,
    /// Bytes on disk.
    pub bytes: u64,
    /// Columns that no mapping uses.
    pub ignored: Vec<String>,
}

/// What a reader thread sends, in this order: `Opened`, any number of `Chunk`, `Ended`; or
/// `Failed` at any time.
pub enum Event {
    /// The file is what it should be.
    Opened(Box<FileShape>),
    /// Rows.
    Chunk(Chunk),
    /// All rows were sent.
    Ended,
    /// The file cannot be used.
    Failed(IntakeError),
}

/// Where events go; false when nobody listens any more.
pub type Sink<'a> = dyn FnMut(Event) -> bool + 'a;

/// The file being opened and what it belongs to.
pub struct Opening<'a> {
    /// The file.
    pub file: &'a DeliveredFile,
    /// Its place among the files of its source.
    pub index: usize,
    /// Its source.
    pub source: &'a Source,
}

impl Opening<'_> {
    fn wrong(&self, wrong: impl Into<String>, remedy: &str) -> IntakeError {
        IntakeError::new(&self.file.shown, wrong, remedy)
    }

    fn io(&self, doing: &str, error: &std::io::Error) -> IntakeError {
        IntakeError::io(&self.file.shown, doing, error)
    }

    fn plan(&self, header: Vec<String>, line: u64) -> Result<Arc<Plan>, IntakeError> {
        let found = header.join("|");
        Plan::find(self.source, self.index, header)
            .map(Arc::new)
            .map_err(|misfit| self.misfit(&misfit, &found).at_line(line))
    }

    fn misfit(&self, misfit: &Misfit, found: &str) -> IntakeError {
        let name = &self.source.name;
        let wrong = if misfit.present == 0 {
            let found = mask(crate::mask::cut(found, 160));
            format!("the header has none of the columns of source `{name}`; it reads `{found}`")
        } else {
            let some: Vec<_> = misfit.missing.iter().take(8).cloned().collect();
            let more = misfit.missing.len().saturating_sub(some.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("the header lacks {}{more}", some.join(", "))
        };
        let remedy = format!(
            "check that this is a file of `{name}` with its header, or correct sources/{name}.toml"
        );
        IntakeError::new(&self.file.shown, wrong, remedy)
    }
}

/// Reads a file from beginning to end into `sink`.
pub fn read_file(opening: &Opening<'_>, sink: &mut Sink<'_>) {
    if let Err(error) = dispatch(opening, sink) {
        sink(Event::Failed(error));
    }
}

fn dispatch(opening: &Opening<'_>, sink: &mut Sink<'_>) -> Result<(), IntakeError> {
    let path = &opening.file.path;
    let meta = std::fs::metadata(path).map_err(|e| opening.io("open the file", &e))?;
    if meta.is_dir() {
        let remedy = "name its files in the spec, for example with `/*.csv` at the end";
        return Err(opening.wrong("is a folder, not a file", remedy));
    }
    let mut file = File::open(path).map_err(|e| opening.io("open the file", &e))?;
    let mut magic = Vec::new();
    file.by_ref().take(8).read_to_end(&mut magic).map_err(|e| opening.io("read", &e))?;
    drop(file);
    let bytes = meta.len();
    match magic.as_slice() {
        [] => Err(opening.wrong("is empty (0 bytes)", "ask the source to deliver it again")),
        [b'P', b'A', b'R', b'1', ..] => columnar::read(opening, bytes, sink),
        [b'P', b'K', 3, 4, ..] => sheet::read(opening, bytes, sink),
        [0x1f, 0x8b, ..] => text::read(opening, bytes, true, sink),
        _ => match foreign(&magic) {
            Some((what, remedy)) => Err(opening.wrong(what, remedy)),
            None => text::read(opening, bytes, false, sink),
        },
    }
}

/// Formats that are recognised but not read.
fn foreign(magic: &[u8]) -> Option<(&'static str, &'static str)> {
    Some(match magic {
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            ("is an old Excel workbook (.xls)", "save it as .xlsx or CSV")
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("is compressed with zstd", "unpack it, or use gzip"),
        [b'B', b'Z', b'h', ..] => ("is compressed with bzip2", "unpack it, or use gzip"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            ("is compressed with xz", "unpack it, or use gzip")
        }
        [b'7', b'z', 0xbc, 0xaf, ..] => ("is a 7z archive", "unpack it"),
        [b'R', b'a', b'r', b'!', ..] => ("is a rar archive", "unpack it"),
        [b'%', b'P', b'D', b'F', ..] => ("is a PDF", "ask for the table as CSV or xlsx"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ("is UTF-16 text", "save it as UTF-8"),
        _ => return None,
    })
}
