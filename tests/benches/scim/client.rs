//! An HTTP client that costs next to nothing, so that what is measured is the server.
//!
//! One blocking connection, kept for as long as the server keeps it. It understands what these two servers answer:
//! HTTP/1.x with `Content-Length`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, bail, ensure};

/// Longest head of an answer, in bytes.
const MAX_HEAD: usize = 16 << 10;

/// A client of one server.
pub(crate) struct Client {
    server: SocketAddr,
    headers: String,
    connection: Option<TcpStream>,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a str,
}

impl Answer<'_> {
    /// The body of an answer with this status.
    pub(crate) fn expect(&self, status: u16) -> anyhow::Result<&str> {
        ensure!(self.status == status, "the answer is {} instead of {status}: {}", self.status, self.body);
        Ok(self.body)
    }
}

/// What the head of an answer says.
struct Head {
    status: u16,
    body_len: usize,
    closes: bool,
}

impl Client {
    /// Not connected yet. `token`: what it says of itself, if anything.
    pub(crate) fn new(server: SocketAddr, token: Option<&str>) -> Self {
        let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let headers = format!("Host: {server}\r\n{}", authorization.unwrap_or_default());
        Self { server, headers, connection: None, request: Vec::new(), answer: Vec::new() }
    }

    /// One request, and the whole of its answer.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> anyhow::Result<Answer<'_>> {
        self.request.clear();
        write!(self.request, "{method} {path} HTTP/1.1\r\n{}", self.headers)?;
        if !body.is_empty() {
            let len = body.len();
            write!(self.request, "Content-Type: application/scim+json\r\nContent-Length: {len}\r\n")?;
        }
        write!(self.request, "\r\n{body}")?;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(connect(self.server)?),
        };
        connection.write_all(&self.request)?;
        let (head_len, head) = read_head(connection, &mut self.answer)?;
        let end = head_len + head.body_len;
        read_to(connection, &mut self.answer, end)?;
        if head.closes {
            self.connection = None;
        }
        let body = std::str::from_utf8(&self.answer[head_len..end])?;
        Ok(Answer { status: head.status, body })
    }
}

fn connect(server: SocketAddr) -> anyhow::Result<TcpStream> {
    let connection = TcpStream::connect(server).with_context(|| format!("nobody listens at {server}"))?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

/// Reads the head, and perhaps some of the body after it.
fn read_head(connection: &mut TcpStream, answer: &mut Vec<u8>) -> anyhow::Result<(usize, Head)> {
    answer.clear();
    loop {
        let read = read_some(connection, answer)?;
        let from = (answer.len() - read).saturating_sub(3);
        if let Some(at) = answer[from..].windows(4).position(|end| end == b"\r\n\r\n") {
            let len = from + at + 4;
            return Ok((len, parse_head(std::str::from_utf8(&answer[..len])?)?));
        }
        ensure!(answer.len() < MAX_HEAD, "the answer has no end of its head");
    }
}

fn read_to(connection: &mut TcpStream, answer: &mut Vec<u8>, end: usize) -> anyhow::Result<()> {
    while answer.len() < end {
        read_some(connection, answer)?;
    }
    Ok(())
}

fn read_some(connection: &mut TcpStream, answer: &mut Vec<u8>) -> anyhow::Result<usize> {
    let mut room = [0; 8 << 10];
    let read = connection.read(&mut room)?;
    if read == 0 {
        bail!("the server closed the connection in the middle of an answer");
    }
    answer.extend_from_slice(&room[..read]);
    Ok(read)
}

fn parse_head(head: &str) -> anyhow::Result<Head> {
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let (version, rest) = first.split_once(' ').with_context(|| format!("{first:?} is no answer"))?;
    let status = rest.get(..3).unwrap_or_default().parse()?;
    let mut parsed = Head { status, body_len: 0, closes: version == "HTTP/1.0" };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            parsed.body_len = value.trim().parse()?;
        } else if name.eq_ignore_ascii_case("connection") {
            parsed.closes = value.trim().eq_ignore_ascii_case("close");
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("this client does not understand {value:?}");
        }
    }
    Ok(parsed)
}
