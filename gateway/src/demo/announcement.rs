//! Where to look, and how to get in.

use std::io::Write;

use serde::Serialize;

use super::site::{DemoSite, TOKEN_NAME, USER};

/// What whoever started the demo needs to know.
#[derive(Debug, Serialize)]
pub(super) struct Announcement {
    page: String,
    user: &'static str,
    password: String,
    scim: String,
    token: String,
    control: String,
}

impl Announcement {
    pub(super) fn of(site: &DemoSite) -> Self {
        Self {
            page: site.page(),
            user: USER,
            password: site.password().to_owned(),
            scim: site.scim(),
            token: site.token().to_owned(),
            control: site.control(),
        }
    }

    /// Prints it on standard output: as one line of JSON, or for people.
    pub(super) fn print(&self, json: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if json {
            writeln!(out, "{}", serde_json::to_string(self)?)?;
        } else {
            writeln!(
                out,
                "Gatehouse demo: panels on an OSDP line at 38400 baud and at an MQTT broker, and doors of readers.\n"
            )?;
            writeln!(out, "  page      {}", self.page)?;
            writeln!(out, "  sign in   {} / {}", self.user, self.password)?;
            writeln!(out, "  SCIM      {}", self.scim)?;
            writeln!(out, "  token     {} (named {TOKEN_NAME})", self.token)?;
            writeln!(out, "  simulator {}\n", self.control)?;
            writeln!(out, "Ctrl-C ends it.")?;
        }
        Ok(out.flush()?)
    }
}
