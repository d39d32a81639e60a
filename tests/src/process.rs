//! A program that runs until the test is over, and what it said.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};

use crate::waiting::eventually;

/// A program of the workspace, not yet started, in a known environment.
///
/// # Panics
/// When it is not built, with the command that builds it.
pub fn program(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not there; build it with: cargo build --workspace --bins", path.display());
    let mut command = Command::new(path);
    command.env("NO_COLOR", "1").env("TZ", "Europe/Berlin").env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// A running program. It is killed when this is dropped; what it said is shown when the test has failed by then.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: Output,
    errors: Output,
}

/// What came out of one of its streams.
#[derive(Debug)]
struct Output {
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts it. Standard output and standard error are read to the end whether anybody asks or not.
    ///
    /// # Panics
    /// When the system can't start it.
    pub fn start(mut command: Command) -> Self {
        let path = Path::new(command.get_program());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = Output::of(child.stdout.take().unwrap());
        let errors = Output::of(child.stderr.take().unwrap());
        Self { name, child, output, errors }
    }

    /// Writes a line to its standard input, which has to be a pipe.
    ///
    /// # Panics
    /// When it is none, or the program doesn't listen any more.
    pub fn tell(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The system's number for it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines of standard output up to now.
    pub fn output(&self) -> Vec<String> {
        self.output.lines.lock().unwrap().clone()
    }

    /// The lines of standard error up to now.
    pub fn errors(&self) -> Vec<String> {
        self.errors.lines.lock().unwrap().clone()
    }

    /// Waits for a line that contains `text` in either stream, and gives what follows `text` in it.
    ///
    /// # Panics
    /// When it doesn't come.
    pub async fn says(&self, text: &str) -> String {
        let what = format!("{} says {text:?}", self.name);
        let find =
            |lines: Vec<String>| lines.iter().find_map(|line| Some(line.split_once(text)?.1.to_owned()));
        let look = async || find(self.output()).or_else(|| find(self.errors()));
        eventually(&what, look, Option::is_some).await.unwrap()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        // It may have ended by itself; whoever waits for its end learns how.
        let _ = kill_process(self.pid(), signal);
    }

    /// Waits for its end, and for all that it said.
    ///
    /// # Panics
    /// When it doesn't end.
    pub async fn ended(&mut self) -> ExitStatus {
        let what = format!("{} ends", self.name);
        let child = Mutex::new(&mut self.child);
        let look = async || child.lock().unwrap().try_wait().unwrap();
        let status = eventually(&what, look, Option::is_some).await.unwrap();
        self.output.finish();
        self.errors.finish();
        status
    }

    /// Kills it without a word, as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.output.finish();
        self.errors.finish();
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("---- what {} wrote:\n{}", self.name, self.output().join("\n"));
            eprintln!("---- what {} logged:\n{}", self.name, self.errors().join("\n"));
        }
    }
}

impl Output {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let reader = thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                sink.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
            }
        });
        Self { lines, reader: Some(reader) }
    }

    fn finish(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }
}

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}
