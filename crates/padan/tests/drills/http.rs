//! The smallest client that does what the drills need: one request, one answer, no library whose
//! retries could hide a lost answer.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A body and its kind.
pub struct Body {
    kind: &'static str,
    bytes: Vec<u8>,
}

impl Body {
    pub fn none() -> Self {
        Self { kind: "", bytes: Vec::new() }
    }

    pub fn json(value: &serde_json::Value) -> Self {
        Self { kind: "application/json", bytes: value.to_string().into_bytes() }
    }

    /// A form of a page.
    pub fn form(fields: &[(&str, &str)]) -> Self {
        let part = |text: &str| {
            text.bytes().fold(String::new(), |mut out, b| {
                if b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_' {
                    out.push(char::from(b));
                } else {
                    out.push_str(&format!("%{b:02X}"));
                }
                out
            })
        };
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", part(value))).collect();
        Self { kind: "application/x-www-form-urlencoded", bytes: pairs.join("&").into_bytes() }
    }

    /// A form with files: field, file name, bytes.
    pub fn multipart(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Self {
        let mut bytes = Vec::new();
        for (name, value) in fields {
            let head =
                format!("--drill\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
            bytes.extend_from_slice(format!("{head}{value}\r\n").as_bytes());
        }
        for (name, file, content) in files {
            let head = format!(
                "--drill\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n"
            );
            bytes.extend_from_slice(head.as_bytes());
            bytes.extend_from_slice(content);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"--drill--\r\n");
        Self { kind: "multipart/form-data; boundary=drill", bytes }
    }
}

/// Sends one request and reads the whole answer. An answer that breaks off is an error.
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    heads: &[(&str, &str)],
    body: &Body,
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_nodelay(true)?;
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in heads {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.kind.is_empty() {
        request.push_str(&format!("content-type: {}\r\n", body.kind));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.bytes.len()));
    stream.write_all(request.as_bytes())?;
    stream.write_all(&body.bytes)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    read(&bytes).ok_or_else(|| std::io::Error::other("the answer breaks off"))
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let cut = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..cut]).into_owned();
    let status = head.get(9..12)?.parse().ok()?;
    let body = bytes[cut + 4..].to_vec();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    let whole =
        length.map_or_else(|| body.is_empty() || body.ends_with(b"0\r\n\r\n"), |n| n == body.len());
    whole.then_some(Answer { status, head, body })
}
