//! A client that keeps its connection and reads whole answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A request: method, path, bearer token, kind of body, body.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub bearer: String,
    pub kind: &'static str,
    pub body: Vec<u8>,
}

impl Request {
    pub fn get(path: impl Into<String>, bearer: &str) -> Self {
        let (path, bearer) = (path.into(), bearer.to_owned());
        Self { method: "GET", path, bearer, kind: "", body: Vec::new() }
    }

    pub fn post(path: impl Into<String>, bearer: &str, kind: &'static str, body: Vec<u8>) -> Self {
        Self { method: "POST", path: path.into(), bearer: bearer.to_owned(), kind, body }
    }
}

/// One connection, opened when it is first needed.
pub struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// The status of the answer; 0 when there was none.
    pub fn ask(&mut self, request: &Request) -> u16 {
        // A kept connection may have been closed in between: one new one.
        for _ in 0..2 {
            let fresh = self.stream.is_none();
            if let Ok(status) = self.once(request) {
                return status;
            }
            self.stream = None;
            if fresh {
                break;
            }
        }
        0
    }

    fn once(&mut self, request: &Request) -> std::io::Result<u16> {
        if self.stream.is_none() {
            let stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(5))?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            self.stream = Some(BufReader::new(stream));
        }
        let Some(stream) = self.stream.as_mut() else { return Ok(0) };
        let Request { method, path, bearer, kind, body } = request;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        if !bearer.is_empty() {
            head += &format!("authorization: Bearer {bearer}\r\n");
        }
        if !kind.is_empty() {
            head += &format!("content-type: {kind}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n", body.len());
        stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
        let (status, close) = read(stream)?;
        if close {
            self.stream = None;
        }
        Ok(status)
    }
}

/// Reads one answer to its end; gives the status and whether the connection ends.
fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<(u16, bool)> {
    let broken = || std::io::Error::other("the answer breaks off");
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.get(9..12).and_then(|s| s.parse().ok()).ok_or_else(broken)?;
    let (mut length, mut chunked, mut close) = (0, false, false);
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let lower = line.trim().to_ascii_lowercase();
        if lower.is_empty() {
            break;
        }
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| broken())?;
        }
        chunked |= lower.starts_with("transfer-encoding:") && lower.ends_with("chunked");
        close |= lower == "connection: close";
    }
    if chunked {
        while skip_chunk(stream)? {}
    } else {
        skip(stream, length)?;
    }
    Ok((status, close))
}

fn skip(stream: &mut BufReader<TcpStream>, length: u64) -> std::io::Result<()> {
    let copied = std::io::copy(&mut stream.by_ref().take(length), &mut std::io::sink())?;
    if copied == length { Ok(()) } else { Err(std::io::Error::other("the answer breaks off")) }
}

/// True when another chunk follows.
fn skip_chunk(stream: &mut BufReader<TcpStream>) -> std::io::Result<bool> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let length = u64::from_str_radix(line.trim(), 16)
        .map_err(|_| std::io::Error::other("a chunk without length"))?;
    skip(stream, length + 2)?;
    Ok(length > 0)
}
