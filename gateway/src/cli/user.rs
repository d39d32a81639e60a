//! `gateway user`

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::password::{NewPassword, PasswordSource};
use super::table::Table;
use super::{Failure, SiteFile, audited, meant, say, tell};
use crate::store::users::{Role, UserError, Users};

/// Accounts of the page: add, list, remove, and new passwords
///
/// They work whether or not the service runs; a running one knows of a change at once.
#[derive(Args)]
pub(super) struct User {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Add(Add),
    List(List),
    Remove(Remove),
    Password(Password),
}

/// Make an account
///
/// The password is asked for on a terminal. Elsewhere one is made up and printed, the only time that it can be seen,
/// unless --password-stdin gives one.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway user add anna --role manager
  gateway user add kiosk --role viewer --password-stdin < password.txt")]
struct Add {
    /// What they sign in with
    name: String,

    #[command(flatten)]
    site: SiteFile,

    /// viewer: sees the page, card numbers masked. manager: sees card numbers, looks after people. installer: looks
    /// after hardware as well
    #[arg(long, value_parser = str::parse::<Role>)]
    role: Role,

    #[command(flatten)]
    password: PasswordSource,
}

/// Show all accounts
#[derive(Args)]
#[command(after_help = "Example:\n  gateway user list")]
struct List {
    #[command(flatten)]
    site: SiteFile,
}

/// Remove an account, and end its sessions
#[derive(Args)]
#[command(after_help = "Example:\n  gateway user remove anna")]
struct Remove {
    /// The account's name
    name: String,

    #[command(flatten)]
    site: SiteFile,
}

/// Give an account another password, and end its sessions
#[derive(Args)]
#[command(after_help = "Example:\n  gateway user password anna")]
struct Password {
    /// The account's name
    name: String,

    #[command(flatten)]
    site: SiteFile,

    #[command(flatten)]
    password: PasswordSource,
}

impl User {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Add(add) => add.run(),
            Action::List(list) => list.run(),
            Action::Remove(remove) => remove.run(),
            Action::Password(password) => password.run(),
        }
    }
}

impl Add {
    fn run(&self) -> Result<(), Failure> {
        let users = accounts(&self.site)?;
        if users.find(&self.name).map_err(anyhow::Error::new)?.is_some() {
            return Err(failure(UserError::Taken(self.name.clone()), &users));
        }
        let password = self.password.get()?;
        users
            .add(&self.name, self.role, password.text(), Timestamp::now())
            .map_err(|error| failure(error, &users))?;
        if let Err(unseen) = show(&password) {
            users.remove(&self.name).map_err(|error| failure(error, &users))?;
            return Err(unseen);
        }
        tell(format_args!("{} may sign in as {}.", self.name, self.role.word()));
        let what = format!("the account {} was made, as {}", self.name, self.role.word());
        audited(&self.site, "gateway user add", &what)
    }
}

impl List {
    fn run(&self) -> Result<(), Failure> {
        let clock = self.site.clock()?;
        let users = accounts(&self.site)?.list().map_err(anyhow::Error::new)?;
        if users.is_empty() {
            tell("There are no accounts; `gateway user add` makes one.");
            return Ok(());
        }
        let mut table = Table::new(["NAME", "ROLE", "CREATED"]);
        for user in users {
            table.row([user.name, user.role.word().to_owned(), clock.dated(&user.created)]);
        }
        say(table)
    }
}

impl Remove {
    fn run(&self) -> Result<(), Failure> {
        let users = accounts(&self.site)?;
        users.remove(&self.name).map_err(|error| failure(error, &users))?;
        tell(format_args!("{} is removed.", self.name));
        audited(&self.site, "gateway user remove", &format!("the account {} was removed", self.name))
    }
}

impl Password {
    fn run(&self) -> Result<(), Failure> {
        let users = accounts(&self.site)?;
        if users.find(&self.name).map_err(anyhow::Error::new)?.is_none() {
            return Err(failure(UserError::Unknown(self.name.clone()), &users));
        }
        let password = self.password.get()?;
        show(&password)?;
        users.set_password(&self.name, password.text()).map_err(|error| failure(error, &users))?;
        tell(format_args!("{} has a new password.", self.name));
        let what = format!("the account {} was given another password", self.name);
        audited(&self.site, "gateway user password", &what)
    }
}

fn accounts(site: &SiteFile) -> Result<Users, Failure> {
    site.own_data_dir().map(|folder| Users::open(&folder))
}

/// A password that was made up is a result, a given one is nobody's business.
fn show(password: &NewPassword) -> Result<(), Failure> {
    match password {
        NewPassword::Given(_) => Ok(()),
        NewPassword::MadeUp(text) => match say(text.as_str()) {
            Err(Failure::OutputClosed) => {
                Err(anyhow::anyhow!("nobody read the password; nothing was changed").into())
            }
            shown => shown,
        },
    }
}

/// What the caller could have got right is bad usage.
fn failure(error: UserError, users: &Users) -> Failure {
    match &error {
        UserError::Unknown(name) => {
            let known = users.list().unwrap_or_default();
            Failure::Usage(format!("{error}{}", meant(name, known.iter().map(|user| user.name.as_str()))))
        }
        UserError::Taken(name) => {
            let remedy = format!("`gateway user password {name}` gives it another password");
            Failure::Usage(format!("{error}; {remedy}, or choose another name"))
        }
        UserError::Name(_) | UserError::Password => Failure::Usage(error.to_string()),
        _ => Failure::Failed(error.into()),
    }
}
