//! Who may use the page: what `web` needs to know of the accounts that `store::users` keeps.

/// Accounts of the page.
pub trait Accounts: Send + Sync {
    /// The account, if name and password are right. Slow on purpose: call it where blocking is allowed. Takes as
    /// long for a name that doesn't exist.
    ///
    /// # Errors
    /// When the accounts can't be read.
    fn verify(&self, name: &str, password: &str) -> Result<Option<Account>, AccountsError>;

    /// The account as it is now. Quick.
    ///
    /// # Errors
    /// When the accounts can't be read.
    fn find(&self, name: &str) -> Result<Option<Account>, AccountsError>;
}

/// One account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The name that they sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Changes with the password, so that a new password ends the sessions of the old one. Tells nothing of it.
    pub seal: [u8; 32],
}

/// What an account may do. Each may do all that the ones before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
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

/// The accounts can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the accounts can't be read: {0}")]
pub struct AccountsError(pub String);
