//! Whether a path can be a line's port. Nothing is opened: that alone moves a port's control wires, and a service that
//! runs has the port for itself.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{Access, access, major, minor};

/// The system's numbers for pseudo-terminals, which are in no list of hardware.
const PSEUDO_TERMINALS: std::ops::RangeInclusive<u32> = 136..=143;

/// What is wrong with a port.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    /// There is nothing of that name.
    #[error("isn't there; plug the adapter in, or correct `port`{}", others(.0))]
    Missing(Vec<String>),
    /// It is something else.
    #[error("is no serial port; name one such as /dev/ttyUSB0{}", others(.0))]
    NotSerial(Vec<String>),
    /// It belongs to others.
    #[error("can't be used by you; the service's user has to be in the group that owns it, often dialout")]
    NotAllowed,
    /// The system doesn't say.
    #[error("can't be looked at: {0}")]
    Io(#[from] io::Error),
}

/// Looks at a port from outside.
pub(super) fn check(path: &Path) -> Result<(), Unfit> {
    let data = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Unfit::Missing(adapters()),
        _ => error.into(),
    })?;
    if !is_serial(&data) {
        return Err(Unfit::NotSerial(adapters()));
    }
    access(path, Access::READ_OK | Access::WRITE_OK).map_err(|_| Unfit::NotAllowed)
}

/// A terminal by the system's list of devices. Where that list can't be read, any device may be one.
fn is_serial(data: &Metadata) -> bool {
    if !data.file_type().is_char_device() {
        return false;
    }
    let (major, minor) = (major(data.rdev()), minor(data.rdev()));
    let device = fs::canonicalize(format!("/sys/dev/char/{major}:{minor}"));
    PSEUDO_TERMINALS.contains(&major)
        || device.map_or(!Path::new("/sys/dev/char").is_dir(), |device| {
            device.components().any(|part| part.as_os_str() == "tty")
        })
}

/// Serial adapters by their lasting names.
fn adapters() -> Vec<String> {
    let adapters = fs::read_dir("/dev/serial/by-id").into_iter().flatten().flatten();
    adapters.map(|entry| entry.path().display().to_string()).collect()
}

fn others(there: &[String]) -> String {
    if there.is_empty() { String::new() } else { format!("; there is {}", there.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    #[test]
    fn a_pseudo_terminal_is_a_port() {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        check(Path::new(name.to_str().unwrap())).unwrap();
    }

    #[test]
    fn what_is_not_there_and_what_is_no_port_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let missing = check(&folder.path().join("ttyUSB9"));
        assert!(matches!(missing, Err(Unfit::Missing(_))), "{missing:?}");
        for path in [folder.path(), Path::new("/dev/null")] {
            let other = check(path);
            assert!(matches!(other, Err(Unfit::NotSerial(_))), "{other:?}");
        }
    }
}
