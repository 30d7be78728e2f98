//! Any reader of bytes into chunks of whole lines, in constant memory.

use crate::chunk::{Body, CHUNK_BYTES, Dialect};
use kernel::limits::{FINDING_TEXT_BYTES_MAX, LINE_BYTES_MAX};
use std::io::{ErrorKind, Read, Result};

const _: () = assert!(LINE_BYTES_MAX < CHUNK_BYTES);

/// Cuts a reader at line ends.
pub struct LineChunks<R> {
    reader: R,
    /// Bytes read and not given out.
    carry: Vec<u8>,
    dialect: Dialect,
    next_line: u64,
    ended: bool,
}

impl<R: Read> LineChunks<R> {
    /// `start` are bytes already taken from `reader`, beginning at line `first_line`.
    pub fn new(reader: R, start: Vec<u8>, first_line: u64, dialect: Dialect) -> Self {
        Self { reader, carry: start, dialect, next_line: first_line, ended: false }
    }

    /// The line after the last chunk given out.
    pub fn next_line(&self) -> u64 {
        self.next_line
    }

    /// The next chunk and the line it begins at; none at the end.
    pub fn next_chunk(&mut self) -> Result<Option<(u64, Body)>> {
        if self.ended {
            return Ok(None);
        }
        let mut bytes = std::mem::take(&mut self.carry);
        self.ended = fill(&mut self.reader, &mut bytes, CHUNK_BYTES)?;
        let first_line = self.next_line;
        let row_end = self.dialect.row_end;
        if !self.ended {
            match memchr::memrchr(row_end, &bytes) {
                Some(at) => self.carry = bytes.split_off(at + 1),
                None => return self.overlong(bytes).map(|body| Some((first_line, body))),
            }
        } else if bytes.is_empty() {
            return Ok(None);
        }
        self.next_line += memchr::memchr_iter(row_end, &bytes).count() as u64;
        let body = Body::Text { bytes, dialect: self.dialect, last: self.ended };
        Ok(Some((first_line, body)))
    }

    /// Reads over the rest of a line that does not fit, keeping its head only.
    fn overlong(&mut self, mut bytes: Vec<u8>) -> Result<Body> {
        let mut length = bytes.len() as u64;
        let head = bytes[..FINDING_TEXT_BYTES_MAX].to_vec();
        self.next_line += 1;
        loop {
            bytes.clear();
            self.ended = fill(&mut self.reader, &mut bytes, CHUNK_BYTES)?;
            match memchr::memchr(self.dialect.row_end, &bytes) {
                Some(at) => {
                    self.carry = bytes.split_off(at + 1);
                    // The carry may still hold lines, so this is not the end yet.
                    self.ended = false;
                    return Ok(Body::Overlong { head, bytes: length + at as u64 });
                }
                None => length += bytes.len() as u64,
            }
            if self.ended {
                return Ok(Body::Overlong { head, bytes: length });
            }
        }
    }
}

/// Reads until `bytes` has `until` bytes. True at the end of the reader.
pub fn fill(reader: &mut impl Read, bytes: &mut Vec<u8>, until: usize) -> Result<bool> {
    let mut len = bytes.len();
    if len < until {
        bytes.resize(until, 0);
    }
    while len < until {
        match reader.read(&mut bytes[len..until]) {
            Ok(0) => {
                bytes.truncate(len);
                return Ok(true);
            }
            Ok(n) => len += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::Encoding;
    use proptest::prelude::*;

    fn dialect() -> Dialect {
        Dialect { delimiter: b',', row_end: b'\n', quotes: false, encoding: Encoding::Utf8 }
    }

    fn all(reader: impl Read) -> Vec<(u64, Body)> {
        let mut chunks = LineChunks::new(reader, Vec::new(), 1, dialect());
        std::iter::from_fn(|| chunks.next_chunk().unwrap()).collect()
    }

    #[test]
    fn a_line_of_ten_gigabytes_is_read_over() {
        let line = std::io::repeat(b'x').take(10 << 30);
        let reader = (&b"a\nb\n"[..]).chain(line).chain(&b"\nc\nd"[..]);
        let mut seen = Vec::new();
        for (line, body) in all(reader) {
            match body {
                Body::Text { bytes, last, .. } => {
                    seen.push((line, String::from_utf8(bytes).unwrap(), last));
                }
                Body::Overlong { head, bytes } => {
                    assert_eq!((line, head.len(), bytes), (3, FINDING_TEXT_BYTES_MAX, 10 << 30));
                }
                Body::Batch(_) => unreachable!(),
            }
        }
        assert_eq!(seen[0], (1, "a\nb\n".into(), false));
        assert_eq!(seen[1], (4, "c\nd".into(), true));
    }

    proptest! {
        #[test]
        fn bytes_and_lines_are_all_there(lines in proptest::collection::vec("[a-z]{0,9}", 0..50), repeat in 1usize..9000) {
            let text = lines.join("\n").repeat(repeat);
            let mut joined = Vec::new();
            let mut line = 1;
            for (first, body) in all(text.as_bytes()) {
                let Body::Text { bytes, .. } = body else { panic!("no line is that long") };
                prop_assert_eq!(first, line);
                line += bytes.iter().filter(|b| **b == b'\n').count() as u64;
                joined.extend(bytes);
            }
            prop_assert_eq!(joined, text.as_bytes());
        }
    }
}
