//! The serial port's other end: a pseudo-terminal in raw mode, with an optional symbolic link to its changing path.
//!
//! The simulator holds only the master side, so it sees when nobody has the port open, and a killed gateway's
//! exclusive lock goes with it. Bytes for a port that nobody reads are dropped, as a UART does. Never blocks.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

/// The master side of a pseudo-terminal.
#[derive(Debug)]
pub(crate) struct Pty {
    master: OwnedFd,
    path: PathBuf,
    symlink: Option<PathBuf>,
}

/// What one attempt to read from the port gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Read {
    /// So many bytes.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// Nobody has the port open.
    Unplugged,
}

impl Pty {
    /// A new pseudo-terminal, raw and at `baud`.
    pub(crate) fn open(baud: u32) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = PathBuf::from(std::ffi::OsString::from_vec(ptsname(&master, Vec::new())?.into_bytes()));
        let mut termios = tcgetattr(&master)?;
        termios.make_raw();
        termios.set_speed(baud)?;
        tcsetattr(&master, OptionalActions::Now, &termios)?;
        fcntl_setfl(&master, fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
        Ok(Self { master, path, symlink: None })
    }

    /// Where the gateway finds the port, `/dev/pts/…`.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes `link` lead to the port until this value is dropped. A link that is there is replaced in one step;
    /// anything else that is there is left alone and is an error.
    pub(crate) fn link(&mut self, link: &Path) -> io::Result<()> {
        if fs::symlink_metadata(link).is_ok_and(|there| !there.file_type().is_symlink()) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it exists and is no symbolic link"));
        }
        let mut name = link.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.new", std::process::id()));
        let fresh = link.with_file_name(name);
        drop(fs::remove_file(&fresh));
        symlink(&self.path, &fresh)?;
        fs::rename(&fresh, link)?;
        self.symlink = Some(link.to_path_buf());
        Ok(())
    }

    /// Takes what the gateway has written.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Read {
        match rustix::io::read(&self.master, buffer) {
            Ok(0) | Err(Errno::IO) => Read::Unplugged,
            Ok(count) => Read::Bytes(count),
            Err(_) => Read::Nothing,
        }
    }

    /// Hands bytes to the gateway and tells how many found room.
    pub(crate) fn write(&self, bytes: &[u8]) -> usize {
        rustix::io::write(&self.master, bytes).unwrap_or(0)
    }

    /// Forgets what a gateway that has closed the port had not read, as a serial driver does.
    pub(crate) fn discard(&self) {
        let port = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let flushed =
            ioctl_tiocgptpeer(&self.master, port).and_then(|port| tcflush(&port, QueueSelector::IFlush));
        if let Err(error) = flushed {
            tracing::warn!(%error, "the port's next user may read stale bytes");
        }
    }

    /// The baud rate that the gateway has set on its side.
    pub(crate) fn gateway_baud(&self) -> Option<u32> {
        tcgetattr(&self.master).ok().map(|termios| termios.output_speed())
    }
}

impl AsFd for Pty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}

impl Drop for Pty {
    /// Removes the symbolic link, unless it leads elsewhere by now.
    fn drop(&mut self) {
        if let Some(link) = &self.symlink
            && fs::read_link(link).is_ok_and(|target| target == self.path)
            && let Err(error) = fs::remove_file(link)
        {
            tracing::warn!(link = %link.display(), %error, "the symbolic link could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_replaced_in_one_step_and_gone_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("line");
        symlink("/nowhere", &link).unwrap();
        let mut pty = Pty::open(9_600).unwrap();
        pty.link(&link).unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), pty.path());
        drop(pty);
        assert!(fs::symlink_metadata(&link).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left over");
    }

    #[test]
    fn a_file_is_never_replaced_by_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("precious");
        fs::write(&file, "data").unwrap();
        let mut pty = Pty::open(9_600).unwrap();
        assert_eq!(pty.link(&file).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        drop(pty);
        assert_eq!(fs::read_to_string(&file).unwrap(), "data");
    }

    #[test]
    fn a_link_that_another_has_taken_over_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("line");
        let (mut first, mut second) = (Pty::open(9_600).unwrap(), Pty::open(9_600).unwrap());
        first.link(&link).unwrap();
        second.link(&link).unwrap();
        drop(first);
        assert_eq!(fs::read_link(&link).unwrap(), second.path());
    }

    #[test]
    fn the_port_begins_at_the_lines_baud_rate_and_open() {
        let pty = Pty::open(115_200).unwrap();
        assert_eq!(pty.gateway_baud(), Some(115_200));
        assert_eq!(pty.read(&mut [0; 8]), Read::Nothing);
        drop(fs::OpenOptions::new().read(true).write(true).open(pty.path()).unwrap());
        assert_eq!(pty.read(&mut [0; 8]), Read::Unplugged);
    }
}
