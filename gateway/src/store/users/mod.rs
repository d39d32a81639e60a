//! Accounts of the page, in `users.json`. Passwords are kept as Argon2id (RFC 9106) with a salt each.
//!
//! Checking a password takes tens of milliseconds and 19 MiB on purpose; only one is checked at a time, so that a flood of
//! sign-ins costs time and not memory. The command line and the service share the file.

use std::path::Path;
use std::str::FromStr;
use std::sync::{Mutex, OnceLock, PoisonError};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::limits::{MAX_PASSWORD_LEN, MAX_USERS, MIN_PASSWORD_LEN};
use super::secret_file::SecretFile;
use crate::domain::{NameError, check_name};

/// What an account may do. Each may do all that the ones before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees the page, card numbers masked.
    Viewer,
    /// Sees card numbers, and looks after people.
    Manager,
    /// Looks after hardware as well.
    Installer,
}

impl Role {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Manager => "manager",
            Self::Installer => "installer",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let all = [Self::Viewer, Self::Manager, Self::Installer];
        all.into_iter().find(|role| role.word() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// A word that is no role.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is no role; use viewer, manager or installer")]
pub struct UnknownRole(pub String);

/// An account, without its password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// What they sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When it was made.
    pub created: Timestamp,
    /// Changes whenever the password is set, and tells nothing of it: sessions begun under another seal are over.
    pub seal: [u8; 32],
}

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The name can't be one.
    #[error("the account's name {0}")]
    Name(#[from] NameError),
    /// There is an account of that name.
    #[error("there is an account named {0:?} already")]
    Taken(String),
    /// There is none of that name.
    #[error("there is no account named {0:?}")]
    Unknown(String),
    /// Too short or too long.
    #[error("a password has at least {MIN_PASSWORD_LEN} characters and at most {MAX_PASSWORD_LEN} bytes")]
    Password,
    /// As many as there may be.
    #[error("there are {MAX_USERS} accounts already; remove some")]
    TooMany,
    /// The password can't be hashed.
    #[error("the password can't be hashed: {0}")]
    Hash(String),
    /// The file can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserFile {
    users: Vec<Stored>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    name: String,
    role: Role,
    /// PHC string.
    password: String,
    created: Timestamp,
}

impl Stored {
    fn user(&self) -> User {
        let seal = Sha256::digest(self.password.as_bytes()).into();
        User { name: self.name.clone(), role: self.role, created: self.created, seal }
    }
}

/// The accounts of a data folder.
pub struct Users {
    file: SecretFile<UserFile>,
    /// Held while a password is checked.
    turn: Mutex<()>,
}

impl Users {
    /// The accounts in the data folder `dir`. Reads nothing yet.
    pub fn open(dir: &Path) -> Self {
        Self { file: SecretFile::new(dir.join("users.json")), turn: Mutex::default() }
    }

    /// Makes an account.
    ///
    /// # Errors
    /// When the name is taken or none, the password is too short or too long, or the file can't be written.
    pub fn add(&self, name: &str, role: Role, password: &str, now: Timestamp) -> Result<(), UserError> {
        check_name(name)?;
        let stored = Stored { name: name.to_owned(), role, password: hash(password)?, created: now };
        self.file.change(|file| {
            if file.users.iter().any(|user| user.name == name) {
                return Err(UserError::Taken(name.to_owned()));
            }
            if file.users.len() >= MAX_USERS {
                return Err(UserError::TooMany);
            }
            file.users.push(stored);
            Ok(())
        })
    }

    /// Gives an account another password; its sessions are over.
    ///
    /// # Errors
    /// When there is no such account, the password won't do, or the file can't be written.
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), UserError> {
        let password = hash(password)?;
        self.change(name, |user| user.password = password)
    }

    /// Gives an account another role.
    ///
    /// # Errors
    /// When there is no such account, or the file can't be written.
    pub fn set_role(&self, name: &str, role: Role) -> Result<(), UserError> {
        self.change(name, |user| user.role = role)
    }

    /// Removes an account.
    ///
    /// # Errors
    /// When there is no such account, or the file can't be written.
    pub fn remove(&self, name: &str) -> Result<(), UserError> {
        self.file.change(|file| {
            let place = file.users.iter().position(|user| user.name == name);
            file.users.remove(place.ok_or_else(|| UserError::Unknown(name.to_owned()))?);
            Ok(())
        })
    }

    /// All accounts, the oldest first.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn list(&self) -> Result<Vec<User>, StoreError> {
        Ok(self.file.read()?.users.iter().map(Stored::user).collect())
    }

    /// Why the accounts could not be read anew, while they can't; those that were read before go on.
    pub fn trouble(&self) -> Option<String> {
        self.file.trouble()
    }

    /// The account as it is now. Quick.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn find(&self, name: &str) -> Result<Option<User>, StoreError> {
        Ok(self.file.read_whatever_it_holds()?.users.iter().find(|user| user.name == name).map(Stored::user))
    }

    /// The account, if name and password are right. Blocks, and takes as long for a name that doesn't exist.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn verify(&self, name: &str, password: &str) -> Result<Option<User>, StoreError> {
        let file = self.file.read_whatever_it_holds()?;
        let found = file.users.iter().find(|user| user.name == name);
        if password.len() > MAX_PASSWORD_LEN {
            return Ok(None);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let phc = match found {
            Some(user) => &user.password,
            None => nobodys(),
        };
        let right = Argon2::default().verify_password(password.as_bytes(), phc).is_ok();
        Ok(found.filter(|_| right).map(Stored::user))
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Stored)) -> Result<(), UserError> {
        self.file.change(|file| {
            let user = file.users.iter_mut().find(|user| user.name == name);
            change(user.ok_or_else(|| UserError::Unknown(name.to_owned()))?);
            Ok(())
        })
    }
}

/// A hash that no account has, to be checked against when the name is unknown.
fn nobodys() -> &'static str {
    static NOBODYS: OnceLock<String> = OnceLock::new();
    NOBODYS.get_or_init(|| hash("the password of nobody").unwrap_or_default())
}

fn hash(password: &str) -> Result<String, UserError> {
    if password.chars().count() < MIN_PASSWORD_LEN || password.len() > MAX_PASSWORD_LEN {
        return Err(UserError::Password);
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| UserError::Hash(error.to_string()))
}

#[cfg(test)]
mod tests;
