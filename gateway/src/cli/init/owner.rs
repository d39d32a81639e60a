//! Who may read what `gateway init` has written: the service's user, where there is one.
//!
//! Below /etc root writes, and the service runs as another user. The configuration belongs to root, who edits it, and is
//! read by that user's group; keys belong to the user, who writes them when controllers are enrolled. Elsewhere files
//! stay with whoever ran the command.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The folder of keys, beside the configuration.
pub(super) const KEYS_NAME: &str = "keys";

/// The user that the shipped systemd unit runs the service as.
pub(super) const SERVICE_USER: &str = "gatehouse";

/// A user of this machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Account {
    user: u32,
    group: u32,
}

/// What came of handing over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// Whoever ran the command keeps the files.
    Yours,
    /// The service's user can read them.
    Service,
    /// They belong to root, and there is no user of the service yet.
    NoServiceUser,
}

/// Whether a folder is the place of a box's own configuration.
pub(super) fn is_of_the_box(folder: &Path) -> bool {
    std::path::absolute(folder).is_ok_and(|folder| folder.starts_with("/etc"))
}

/// Gives the service's user what it needs of a box's own files.
pub(super) fn hand_over(folder: &Path, written: &[PathBuf]) -> anyhow::Result<Owner> {
    if !is_of_the_box(folder) || !rustix::process::geteuid().is_root() {
        return Ok(Owner::Yours);
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    match account(&accounts, SERVICE_USER) {
        Some(service) => give(folder, written, service).map(|()| Owner::Service),
        None => Ok(Owner::NoServiceUser),
    }
}

fn give(folder: &Path, written: &[PathBuf], service: Account) -> anyhow::Result<()> {
    let keys = folder.join(KEYS_NAME);
    set(folder, None, service.group, 0o750)?;
    set(&keys, Some(service.user), service.group, 0o700)?;
    for path in written {
        let is_key = path.starts_with(&keys);
        let (owner, mode) = if is_key { (Some(service.user), 0o600) } else { (None, 0o640) };
        set(path, owner, service.group, mode)?;
    }
    Ok(())
}

fn set(path: &Path, owner: Option<u32>, group: u32, mode: u32) -> anyhow::Result<()> {
    let change = || -> io::Result<()> {
        chown(path, owner, Some(group))?;
        fs::set_permissions(path, Permissions::from_mode(mode))
    };
    change().with_context(|| format!("{} can't be given to the user {SERVICE_USER}", path.display()))
}

/// An account of `/etc/passwd`: name, password, user, group, and more.
fn account(accounts: &str, name: &str) -> Option<Account> {
    let mut fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let fields = fields.find(|fields| fields.first() == Some(&name))?;
    let number = |at: usize| fields.get(at)?.parse().ok();
    Some(Account { user: number(2)?, group: number(3)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0::/root:/bin/sh\ngatehouse2:x:7:7::/:\ngatehouse:x:998:997::/var/lib/gatehouse:/usr/sbin/nologin\n";
        assert_eq!(account(accounts, "gatehouse"), Some(Account { user: 998, group: 997 }));
        assert_eq!(account(accounts, "gate"), None);
        assert_eq!(account("gatehouse:x:many\n", "gatehouse"), None);
    }

    #[test]
    fn the_service_reads_the_configuration_and_owns_the_keys() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join(KEYS_NAME);
        fs::create_dir(&keys).unwrap();
        let written = [keys.join("panel-1.scbk"), folder.path().join("gateway.toml")];
        for path in &written {
            fs::write(path, "").unwrap();
        }
        let me =
            Account { user: rustix::process::geteuid().as_raw(), group: rustix::process::getegid().as_raw() };
        give(folder.path(), &written, me).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([folder.path(), &keys].map(mode), [0o750, 0o700]);
        assert_eq!([&written[0], &written[1]].map(|path| mode(path)), [0o600, 0o640]);
    }
}
