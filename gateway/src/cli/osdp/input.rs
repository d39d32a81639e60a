//! What is to be decoded: digits on the command line, or lines of a file or of standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use super::Failure;
use crate::domain::osdpcap::{Io, Record, read_hex};

/// Longest line that is read, in bytes.
const MAX_LINE_LEN: u64 = 16 * 1024 * 1024;

/// Where records come from. Bare digits become records without a time.
pub(super) enum Input {
    /// What was on the command line.
    Given(Option<Record>),
    /// Lines, each digits or an OSDPCAP record.
    Lines { from: Box<dyn BufRead>, name: String, number: usize },
}

impl Input {
    /// Digits if the arguments are nothing else, otherwise the file that the only one names; `-` or nothing: standard
    /// input.
    pub(super) fn of(arguments: &[String]) -> Result<Self, Failure> {
        match arguments {
            [] => return Ok(Self::standard()),
            [dash] if dash == "-" => return Ok(Self::standard()),
            _ => {}
        }
        let text = arguments.join(" ");
        let error = match read_hex(&text) {
            Ok(data) => return Ok(Self::Given(Some(bare(data)))),
            Err(error) => error,
        };
        match arguments {
            [path] if is_path(path) => Self::file(path),
            _ => Err(Failure::Usage(format!("\"{text}\": {error}"))),
        }
    }

    fn standard() -> Self {
        Self::Lines { from: Box::new(io::stdin().lock()), name: "standard input".to_owned(), number: 0 }
    }

    fn file(path: &str) -> Result<Self, Failure> {
        let file =
            File::open(path).map_err(|error| Failure::Usage(format!("{path} can't be read: {error}")))?;
        Ok(Self::Lines { from: Box::new(BufReader::new(file)), name: path.to_owned(), number: 0 })
    }

    /// The next record; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Failure> {
        match self {
            Self::Given(record) => Ok(record.take()),
            Self::Lines { from, name, number } => loop {
                let Some(line) = next_line(from, name)? else { return Ok(None) };
                *number += 1;
                if let Some(record) = record(&line, name, *number)? {
                    return Ok(Some(record));
                }
            },
        }
    }
}

/// Whether an argument that is no row of digits names a file.
fn is_path(argument: &str) -> bool {
    argument.contains(['/', '.']) || std::path::Path::new(argument).exists()
}

fn next_line(from: &mut dyn BufRead, name: &str) -> Result<Option<String>, Failure> {
    let mut line = String::new();
    let read = from.take(MAX_LINE_LEN).read_line(&mut line);
    match read {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(line)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Failure::Usage(format!("{name} is no text; give hexadecimal digits or OSDPCAP")))
        }
        Err(error) => Err(anyhow::Error::new(error).context(format!("{name} can't be read")).into()),
    }
}

/// What a line holds; nothing, if it is blank.
fn record(line: &str, name: &str, number: usize) -> Result<Option<Record>, Failure> {
    let content = line.trim();
    let bad = |error: String| Failure::Usage(format!("{name}, line {number}: {error}"));
    match content.chars().next() {
        None => Ok(None),
        Some('{') => Record::read(content).map(Some).map_err(|error| bad(error.to_string())),
        // Places count from the line's own start.
        Some(_) => read_hex(line).map(|data| Some(bare(data))).map_err(|error| bad(error.to_string())),
    }
}

fn bare(data: Vec<u8>) -> Record {
    Record { at: None, io: Io::Trace, data, note: None }
}
