//! Which device a controller is, remembered beside its key file, so that another one in its place is an alarm even if
//! it came while the service was stopped.
//!
//! Written when a session is up with a device that isn't the remembered one, which only an operator's word allows.
//! It holds no secret. One that is lost is written anew; the key still keeps strangers out.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use panel_protocol::osdp::cp::DeviceIdentity;

use super::key_file;

/// Longest file that is read, in bytes; a right one has about 60.
const MAX_FILE_LEN: u64 = 1024;

/// The device that had the controller's key when it was last in session; `None` when there was none yet.
///
/// # Errors
/// What the system says, or what is wrong with the content.
pub(super) fn read(key_file: &Path) -> io::Result<Option<DeviceIdentity>> {
    let file = match File::open(path(key_file)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut content = Vec::new();
    file.take(MAX_FILE_LEN).read_to_end(&mut content)?;
    serde_json::from_slice(&content).map(Some).map_err(io::Error::other)
}

/// Remembers the device from now on.
///
/// # Errors
/// What the system says.
pub(super) fn write(key_file: &Path, identity: &DeviceIdentity) -> io::Result<()> {
    let mut content = serde_json::to_vec(identity).map_err(io::Error::other)?;
    content.push(b'\n');
    key_file::put(&path(key_file), &content)
}

/// Where the identity of the device with this key file is.
pub(super) fn path(key_file: &Path) -> PathBuf {
    let mut name = OsString::from(key_file);
    name.push(".device");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_remembered_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("keys/lobby.scbk");
        assert_eq!(read(&key_file).unwrap(), None);
        for serial in [1, 0xFFFF_FFFF] {
            let identity = DeviceIdentity { vendor: [0x0A, 0x47, 0x48], model: 1, serial };
            write(&key_file, &identity).unwrap();
            assert_eq!(read(&key_file).unwrap(), Some(identity));
        }
    }

    #[test]
    fn what_is_no_identity_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("lobby.scbk");
        for content in ["", "{}", "[1, 2, 3]", &"9".repeat(5000)] {
            std::fs::write(path(&key_file), content).unwrap();
            assert!(read(&key_file).is_err(), "{content:.20}");
        }
    }
}
