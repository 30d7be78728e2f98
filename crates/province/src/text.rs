//! Text deliveries: lines written by hand into a buffer, plain or gzipped, with the physical line
//! counted.

use crate::error::{ProvinceError, Result};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use kernel::Date;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

const BUFFER_BYTES: usize = 1 << 20;

enum Sink {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

/// One text file under construction.
pub(crate) struct TextFile {
    path: PathBuf,
    sink: Sink,
    buffer: Vec<u8>,
    lines: u64,
    delimiter: u8,
    ending: &'static [u8],
    /// True while no value stands in the line.
    fresh: bool,
}

impl TextFile {
    /// Opens a file and writes its header. Names that end in `.gz` are gzipped.
    pub(crate) fn create(
        path: &Path,
        delimiter: u8,
        ending: &'static str,
        header: &str,
    ) -> Result<Self> {
        let file = File::create(path).map_err(|e| ProvinceError::file(path, e))?;
        let file = BufWriter::with_capacity(1 << 16, file);
        let sink = if path.extension().is_some_and(|e| e == "gz") {
            // No name and no time in the gzip header: same rows, same bytes.
            Sink::Gzip(Box::new(GzBuilder::new().mtime(0).write(file, Compression::fast())))
        } else {
            Sink::Plain(file)
        };
        let mut buffer = Vec::with_capacity(BUFFER_BYTES + 4_096);
        buffer.extend_from_slice(header.as_bytes());
        buffer.extend_from_slice(ending.as_bytes());
        let path = path.to_owned();
        let ending = ending.as_bytes();
        Ok(Self { path, sink, buffer, lines: 1, delimiter, ending, fresh: true })
    }

    fn part(&mut self) {
        if self.fresh {
            self.fresh = false;
        } else {
            self.buffer.push(self.delimiter);
        }
    }

    /// A value that never needs quotes.
    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.part();
        self.buffer.extend_from_slice(value.as_bytes());
        self
    }

    /// Bytes as they are (latin-1).
    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.part();
        self.buffer.extend_from_slice(value);
        self
    }

    /// A value quoted when it holds the delimiter or a quote.
    pub(crate) fn quoted(&mut self, value: &str) -> &mut Self {
        if !value.bytes().any(|b| b == self.delimiter || b == b'"') {
            return self.text(value);
        }
        self.part();
        self.buffer.push(b'"');
        for byte in value.bytes() {
            if byte == b'"' {
                self.buffer.push(b'"');
            }
            self.buffer.push(byte);
        }
        self.buffer.push(b'"');
        self
    }

    /// A whole number.
    pub(crate) fn number(&mut self, value: u64) -> &mut Self {
        self.part();
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut left = value;
        loop {
            at -= 1;
            digits[at] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.buffer.extend_from_slice(&digits[at..]);
        self
    }

    /// A code; 0 is written as an empty value.
    pub(crate) fn code(&mut self, value: u8) -> &mut Self {
        if value == 0 { self.text("") } else { self.number(u64::from(value)) }
    }

    /// A number or nothing.
    pub(crate) fn maybe(&mut self, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.number(value),
            None => self.text(""),
        }
    }

    /// Three digits, as RT and RW are written.
    pub(crate) fn three(&mut self, value: u8) -> &mut Self {
        let digits = [b'0' + value / 100, b'0' + value / 10 % 10, b'0' + value % 10];
        self.bytes(&digits)
    }

    /// `YYYY-MM-DD`.
    pub(crate) fn date(&mut self, date: Date) -> &mut Self {
        let (y, m, d) = date.ymd();
        let y = y as u32;
        self.bytes(&[
            digit(y / 1_000),
            digit(y / 100),
            digit(y / 10),
            digit(y),
            b'-',
            digit(m / 10),
            digit(m),
            b'-',
            digit(d / 10),
            digit(d),
        ])
    }

    /// `DD?MM?YYYY` with this separator.
    pub(crate) fn day_first(&mut self, date: Date, separator: u8) -> &mut Self {
        let (y, m, d) = date.ymd();
        let y = y as u32;
        self.bytes(&[
            digit(d / 10),
            digit(d),
            separator,
            digit(m / 10),
            digit(m),
            separator,
            digit(y / 1_000),
            digit(y / 100),
            digit(y / 10),
            digit(y),
        ])
    }

    /// `YYYYMMDD`.
    pub(crate) fn compact(&mut self, date: Date) -> &mut Self {
        let (y, m, d) = date.ymd();
        self.number(y as u64 * 10_000 + u64::from(m) * 100 + u64::from(d))
    }

    /// A village or district code with full stops.
    pub(crate) fn dotted(&mut self, code: u64) -> &mut Self {
        self.part();
        let pair =
            |out: &mut Vec<u8>, n: u64| out.extend([digit((n / 10) as u32), digit(n as u32)]);
        let district = if code > 999_999 { code / 10_000 } else { code };
        pair(&mut self.buffer, district / 10_000);
        self.buffer.push(b'.');
        pair(&mut self.buffer, district / 100 % 100);
        self.buffer.push(b'.');
        pair(&mut self.buffer, district % 100);
        if code > 999_999 {
            self.buffer.push(b'.');
            pair(&mut self.buffer, code / 100 % 100);
            pair(&mut self.buffer, code % 100);
        }
        self
    }

    /// Ends the line; gives its number.
    pub(crate) fn end(&mut self) -> Result<u64> {
        self.buffer.extend_from_slice(self.ending);
        self.fresh = true;
        self.lines += 1;
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(self.lines)
    }

    /// The bytes of the line under construction, to be damaged.
    pub(crate) fn line_start(&self) -> usize {
        self.buffer.len()
    }

    /// The buffer, for damage to the line that began at [`Self::line_start`].
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    fn flush(&mut self) -> Result<()> {
        let wrote = match &mut self.sink {
            Sink::Plain(file) => file.write_all(&self.buffer),
            Sink::Gzip(file) => file.write_all(&self.buffer),
        };
        self.buffer.clear();
        wrote.map_err(|e| ProvinceError::file(&self.path, e))
    }

    /// Writes what is left and closes the file.
    pub(crate) fn close(mut self) -> Result<()> {
        self.flush()?;
        let closed = match self.sink {
            Sink::Plain(mut file) => file.flush(),
            Sink::Gzip(file) => file.finish().and_then(|mut f| f.flush()),
        };
        closed.map_err(|e| ProvinceError::file(&self.path, e))
    }
}

fn digit(n: u32) -> u8 {
    b'0' + (n % 10) as u8
}

/// Latin-1 bytes of a text whose letters it has.
pub(crate) fn latin1(text: &str, out: &mut Vec<u8>) {
    out.clear();
    out.extend(text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')));
}
