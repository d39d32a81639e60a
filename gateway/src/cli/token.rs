//! `gateway token`

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::table::Table;
use super::{Failure, SiteFile, say, tell};
use crate::store::tokens::{TokenError, TokenInfo, Tokens};

/// SCIM bearer tokens: create, list, revoke
///
/// They work whether or not the service runs; a running one knows of a change at once.
#[derive(Args)]
pub(super) struct Token {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a token, and print it: the only time that it can be seen
#[derive(Args)]
#[command(after_help = "Example:
  gateway token create --name entra --expires 180d > entra.token")]
struct Create {
    #[command(flatten)]
    site: SiteFile,

    /// What to call it; the audit names it
    #[arg(long)]
    name: String,

    /// How long it is valid, such as 180d, 12h or 1y [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    expires: Option<Span>,
}

/// Show all tokens, not the secrets themselves
#[derive(Args)]
#[command(after_help = "Example:\n  gateway token list --json")]
struct List {
    #[command(flatten)]
    site: SiteFile,

    /// As a JSON array
    #[arg(long)]
    json: bool,
}

/// Make a token invalid, at once and for ever
#[derive(Args)]
#[command(after_help = "Example:\n  gateway token revoke --name entra")]
struct Revoke {
    #[command(flatten)]
    site: SiteFile,

    /// The token's name
    #[arg(long)]
    name: String,
}

impl Token {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Create(create) => create.run(),
            Action::List(list) => list.run(),
            Action::Revoke(revoke) => revoke.run(),
        }
    }
}

impl Create {
    fn run(&self) -> Result<(), Failure> {
        let tokens = tokens(&self.site)?;
        let now = Timestamp::now();
        let expires = self.expires.map(|lifetime| end(now, lifetime)).transpose()?;
        let token = tokens.create(&self.name, expires, now).map_err(failure)?;
        if let Err(unseen) = say(token.expose()) {
            tokens.revoke(&self.name).map_err(failure)?;
            return Err(match unseen {
                Failure::OutputClosed => {
                    Failure::Failed(anyhow::anyhow!("nobody read the token; it was revoked"))
                }
                other => other,
            });
        }
        let valid = expires.map_or("until it is revoked".into(), |end| format!("until {}", day(end)));
        tell(format_args!("Token \"{}\" is valid {valid}. It is not shown again.", self.name));
        Ok(())
    }
}

impl List {
    fn run(&self) -> Result<(), Failure> {
        let tokens = tokens(&self.site)?.list().map_err(anyhow::Error::new)?;
        if self.json {
            return say(serde_json::to_string(&tokens).context("the tokens can't be written as JSON")?);
        }
        if tokens.is_empty() {
            tell("There are no tokens; `gateway token create` makes one.");
            return Ok(());
        }
        let now = Timestamp::now();
        let mut table = Table::new(["NAME", "CREATED", "EXPIRES", "LAST USED"]);
        for token in &tokens {
            table.row([token.name.clone(), day(token.created), expiry(token, now), last_use(token)]);
        }
        say(table)
    }
}

impl Revoke {
    fn run(&self) -> Result<(), Failure> {
        tokens(&self.site)?.revoke(&self.name).map_err(failure)?;
        tell(format_args!("Token \"{}\" is revoked.", self.name));
        Ok(())
    }
}

fn tokens(site: &SiteFile) -> Result<Tokens, Failure> {
    site.own_data_dir().map(|folder| Tokens::open(&folder))
}

/// What the caller could have got right is bad usage.
fn failure(error: TokenError) -> Failure {
    match error {
        TokenError::Name(_) | TokenError::Taken(_) | TokenError::Unknown(_) | TokenError::Expired(_) => {
            Failure::Usage(error.to_string())
        }
        other => Failure::Failed(other.into()),
    }
}

fn lifetime(text: &str) -> Result<Span, String> {
    let span = text.parse::<Span>().ok().filter(|span| span.is_positive());
    span.ok_or_else(|| "give a time such as 180d, 12h or 1y".into())
}

fn end(now: Timestamp, lifetime: Span) -> Result<Timestamp, Failure> {
    let end = now.to_zoned(TimeZone::UTC).checked_add(lifetime);
    end.map(|end| end.timestamp()).map_err(|_| Failure::Usage(format!("--expires {lifetime:#} is too long")))
}

/// The day in UTC: a list should not depend on where it is read.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn expiry(token: &TokenInfo, now: Timestamp) -> String {
    match token.expires {
        None => "never".into(),
        Some(end) if end <= now => format!("{} (expired)", day(end)),
        Some(end) => day(end),
    }
}

fn last_use(token: &TokenInfo) -> String {
    token.last_used.map_or("never".into(), |at| at.strftime("%Y-%m-%d %H:%MZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_read_in_days_hours_and_years() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("180d", "2027-05-21T12:00:00Z"),
            ("12h", "2026-11-23T00:00:00Z"),
            ("1y", "2027-11-22T12:00:00Z"),
            ("2 weeks", "2026-12-06T12:00:00Z"),
        ] {
            let end = end(now, lifetime(text).unwrap()).ok().unwrap();
            assert_eq!(end, expected.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_no_lifetime_is_refused() {
        for text in ["", "180", "-3d", "0d", "soon", "d", "99999999999999y"] {
            assert!(lifetime(text).is_err(), "{text}");
        }
        assert!(end(Timestamp::now(), lifetime("9000y").unwrap()).is_err());
    }
}
