//! What signing in needs of the page's accounts.
//!
//! [`Users`] has it; tests put accounts without slow passwords in its place.

use crate::store::StoreError;
use crate::store::users::{User, Users};

/// Accounts of the page.
pub trait Accounts: Send + Sync {
    /// The account, if name and password are right. Slow on purpose: call it where blocking is allowed. Takes as
    /// long for a name that doesn't exist.
    ///
    /// # Errors
    /// When the accounts can't be read.
    fn verify(&self, name: &str, password: &str) -> Result<Option<User>, StoreError>;

    /// The account as it is now. Quick.
    ///
    /// # Errors
    /// When the accounts can't be read.
    fn find(&self, name: &str) -> Result<Option<User>, StoreError>;
}

impl Accounts for Users {
    fn verify(&self, name: &str, password: &str) -> Result<Option<User>, StoreError> {
        Users::verify(self, name, password)
    }

    fn find(&self, name: &str) -> Result<Option<User>, StoreError> {
        Users::find(self, name)
    }
}
