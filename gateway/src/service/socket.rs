//! Where commands on the box reach the running service: HTTP over a Unix socket in the data folder.
//!
//! The socket has mode 0600. Whoever can open it could as well read every file of the service, so nothing else is
//! asked of them. No data but the API's own passes here.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::Router;
use tokio::net::UnixListener;

/// A socket that waits for commands. Its file is gone when this is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: Option<UnixListener>,
    path: PathBuf,
}

impl Socket {
    /// Makes the socket, in place of one that a killed service left behind. Only the holder of the data folder's
    /// lock may call this. It has mode 0600 from the first instant that it can be found under its name.
    ///
    /// # Errors
    /// What the system says.
    pub fn bind(path: &Path) -> io::Result<Self> {
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&fresh)?;
        fs::set_permissions(&fresh, Permissions::from_mode(0o600))?;
        fs::rename(&fresh, path)?;
        Ok(Self { listener: Some(listener), path: path.to_owned() })
    }

    /// Serves `app` until `stop` is there, then lets running requests end.
    ///
    /// # Errors
    /// What the system says.
    pub async fn serve(
        mut self,
        app: Router,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        match self.listener.take() {
            Some(listener) => axum::serve(listener, app).with_graceful_shutdown(stop).await,
            None => Ok(()),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A file that stays is replaced at the next start.
        let _ = fs::remove_file(&self.path);
    }
}
