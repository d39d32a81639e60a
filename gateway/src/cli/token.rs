//! `gateway token`

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use super::table::Table;
use super::{Failure, SiteFile, audited, meant, say, tell};
use crate::domain::{ClientKind, LocalClock, TokenInfo};
use crate::store::tokens::{TokenError, Tokens};

/// SCIM bearer tokens: create, list, rotate, revoke
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
    Rotate(Rotate),
    Revoke(Revoke),
}

/// Make a token, and print it: the only time that it can be seen
#[derive(Args)]
#[command(after_help = "Example:
  gateway token create --name entra --client entra --expires 180d > entra.token")]
struct Create {
    #[command(flatten)]
    site: SiteFile,

    /// What to call it; the audit names it
    #[arg(long)]
    name: String,

    /// Who will use it: entra, okta or generic [default: guessed from what requests say]
    #[arg(long, value_name = "KIND")]
    client: Option<ClientKind>,

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

/// Give a token a new secret, and print it; the old one lives on for the overlap
///
/// Put the new one into the identity provider within that time: nothing is refused meanwhile. The new one is valid for
/// as long as the old one was made for.
#[derive(Args)]
#[command(after_help = "Example:
  gateway token rotate entra --overlap 2h > entra.token")]
struct Rotate {
    #[command(flatten)]
    site: SiteFile,

    #[command(flatten)]
    token: Existing,

    /// How much longer the old one is taken: up to 14d; 0s ends it at once
    #[arg(long, value_name = "TIME", value_parser = overlap, default_value = "1h")]
    overlap: SignedDuration,
}

/// Make a token invalid, at once and for ever
#[derive(Args)]
#[command(after_help = "Example:\n  gateway token revoke entra")]
struct Revoke {
    #[command(flatten)]
    site: SiteFile,

    #[command(flatten)]
    token: Existing,
}

/// A token that there is.
#[derive(Args)]
struct Existing {
    /// The token's name
    #[arg(required_unless_present = "option")]
    name: Option<String>,

    /// The same, as `create` takes it.
    #[arg(id = "option", long = "name", value_name = "NAME", conflicts_with = "name", hide = true)]
    option: Option<String>,
}

impl Existing {
    fn name(&self) -> &str {
        self.name.as_deref().or(self.option.as_deref()).unwrap_or_default()
    }
}

impl Token {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Create(create) => create.run(),
            Action::List(list) => list.run(),
            Action::Rotate(rotate) => rotate.run(),
            Action::Revoke(revoke) => revoke.run(),
        }
    }
}

impl Create {
    fn run(&self) -> Result<(), Failure> {
        let (tokens, clock) = (tokens(&self.site)?, self.site.clock()?);
        let now = clock.now();
        let expires = self.expires.map(|lifetime| end(now, lifetime)).transpose()?;
        let token =
            tokens.create(&self.name, self.client, expires, now).map_err(|error| failure(error, &tokens))?;
        if let Err(unseen) = say(token.expose()) {
            tokens.revoke(&self.name).map_err(|error| failure(error, &tokens))?;
            return Err(match unseen {
                Failure::OutputClosed => {
                    Failure::Failed(anyhow::anyhow!("nobody read the token; it was revoked"))
                }
                other => other,
            });
        }
        let valid =
            expires.map_or("until it is revoked".into(), |end| format!("until {}", clock.dated(&end)));
        tell(format_args!("Token \"{}\" is valid {valid}. It is not shown again.", self.name));
        let what = format!("the token {} was made, valid {valid}", self.name);
        audited(&self.site, "gateway token create", &what)
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
        let clock = self.site.clock()?;
        let now = clock.now();
        let mut table =
            Table::new(["NAME", "CLIENT", "SCOPE", "CREATED", "EXPIRES", "LAST USED", "OLD ONE UNTIL"]);
        for token in &tokens {
            table.row([
                token.name.clone(),
                token.client.map_or("guessed", ClientKind::word).into(),
                token.scope.word().into(),
                clock.dated(&token.created),
                expiry(token, &clock),
                token.last_used.map_or("never".into(), |at| clock.dated(&at)),
                token
                    .previous_until
                    .filter(|until| *until > now)
                    .map_or(String::new(), |at| clock.dated(&at)),
            ]);
        }
        say(table)
    }
}

impl Rotate {
    /// A secret that nobody could read is useless, and does no harm: the old one lives on, and the next rotation ends
    /// both. But the operator must hear that he has to act before it ends.
    fn run(&self) -> Result<(), Failure> {
        let (tokens, clock) = (tokens(&self.site)?, self.site.clock()?);
        let token = tokens.rotate(self.token.name(), self.overlap, clock.now());
        let token = token.map_err(|error| failure(error, &tokens))?;
        if let Err(unseen) = say(token.expose()) {
            return Err(match unseen {
                Failure::OutputClosed => Failure::Failed(anyhow::anyhow!(
                    "nobody read the new token of \"{}\"; rotate it again before the old one ends",
                    self.token.name()
                )),
                other => other,
            });
        }
        let old = if self.overlap.is_zero() {
            "The old one is refused from now on".to_owned()
        } else {
            format!("The old one is taken until {}", clock.dated(&(clock.now() + self.overlap)))
        };
        tell(format_args!("{old}. The new one of \"{}\" is not shown again.", self.token.name()));
        let what = format!("the token {} was given a new secret", self.token.name());
        audited(&self.site, "gateway token rotate", &what)
    }
}

impl Revoke {
    fn run(&self) -> Result<(), Failure> {
        let tokens = tokens(&self.site)?;
        tokens.revoke(self.token.name()).map_err(|error| failure(error, &tokens))?;
        tell(format_args!("Token \"{}\" is revoked.", self.token.name()));
        audited(&self.site, "gateway token revoke", &format!("the token {} was revoked", self.token.name()))
    }
}

fn tokens(site: &SiteFile) -> Result<Tokens, Failure> {
    site.own_data_dir().map(|folder| Tokens::open(&folder))
}

/// What the caller could have got right is bad usage.
fn failure(error: TokenError, tokens: &Tokens) -> Failure {
    match &error {
        TokenError::Unknown(name) => {
            let known = tokens.list().unwrap_or_default();
            Failure::Usage(format!("{error}{}", meant(name, known.iter().map(|token| token.name.as_str()))))
        }
        TokenError::Name(_) | TokenError::Taken(_) | TokenError::Expired(_) | TokenError::Overlap => {
            Failure::Usage(error.to_string())
        }
        _ => Failure::Failed(error.into()),
    }
}

fn lifetime(text: &str) -> Result<Span, String> {
    let span = text.parse::<Span>().ok().filter(|span| span.is_positive());
    span.ok_or_else(|| "give a time such as 180d, 12h or 1y".into())
}

fn overlap(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().ok().filter(|span| !span.is_negative());
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    length.ok_or_else(|| "give a time such as 1h, 30m or 7d".into())
}

fn end(now: Timestamp, lifetime: Span) -> Result<Timestamp, Failure> {
    let end = now.to_zoned(TimeZone::UTC).checked_add(lifetime);
    end.map(|end| end.timestamp()).map_err(|_| Failure::Usage(format!("--expires {lifetime:#} is too long")))
}

fn expiry(token: &TokenInfo, clock: &LocalClock) -> String {
    match token.expires {
        None => "never".into(),
        Some(end) if end <= clock.now() => format!("{} (expired)", clock.dated(&end)),
        Some(end) => clock.dated(&end),
    }
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
    fn an_overlap_may_be_nothing_and_is_never_negative() {
        for (text, hours) in [("1h", 1), ("0s", 0), ("7d", 168), ("90m", 1)] {
            assert_eq!(overlap(text).unwrap().as_hours(), hours, "{text}");
        }
        for text in ["", "soon", "-1h", "1"] {
            assert!(overlap(text).is_err(), "{text}");
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
