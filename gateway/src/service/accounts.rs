//! The store's accounts as the page wants them.

use crate::store::users::{self, User, Users};
use crate::web::{Account, Accounts, AccountsError, Role};

/// The accounts of the data folder.
pub(super) struct StoredAccounts(pub(super) Users);

impl Accounts for StoredAccounts {
    fn verify(&self, name: &str, password: &str) -> Result<Option<Account>, AccountsError> {
        answer(self.0.verify(name, password))
    }

    fn find(&self, name: &str) -> Result<Option<Account>, AccountsError> {
        answer(self.0.find(name))
    }
}

fn answer(found: Result<Option<User>, crate::store::StoreError>) -> Result<Option<Account>, AccountsError> {
    match found {
        Ok(user) => Ok(user.map(account)),
        Err(error) => Err(AccountsError(error.to_string())),
    }
}

fn account(user: User) -> Account {
    let role = match user.role {
        users::Role::Viewer => Role::Viewer,
        users::Role::Manager => Role::Manager,
        users::Role::Installer => Role::Installer,
    };
    Account { name: user.name, role, seal: user.seal }
}
