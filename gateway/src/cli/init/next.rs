//! What `gateway init` tells whoever ran it: what to do next, and from where the page can be reached.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::path::Path;

use super::owner::{Owner, SERVICE_USER};

/// The steps after `init`.
pub(super) struct Next<'a> {
    /// The configuration that was written.
    pub(super) config: &'a Path,
    /// Where the page will be served.
    pub(super) listen: SocketAddr,
    /// Whose the files are.
    pub(super) owner: Owner,
}

impl Display for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = self.config.display();
        self.ownership(f)?;
        writeln!(f, "Next, edit {config} where it says so, then:")?;
        if self.owner == Owner::Yours {
            writeln!(f, "  gateway check {config}")?;
            writeln!(f, "  gateway run --config {config}")?;
            writeln!(f, "  gateway user add NAME --role installer --config {config}")?;
        } else {
            writeln!(f, "  sudo -u {SERVICE_USER} gateway check {config}")?;
            writeln!(f, "  sudo systemctl enable --now gatehouse")?;
            writeln!(f, "  sudo -u {SERVICE_USER} gateway user add NAME --role installer --config {config}")?;
        }
        writeln!(f, "and open the page at {}", self.page())?;
        if self.listen.ip().is_loopback() {
            let (address, port) = (self.listen.ip(), self.listen.port());
            write!(f, "{address} can be reached from this box alone; for other computers, set ")?;
            writeln!(f, "[web] listen = \"0.0.0.0:{port}\"")?;
        }
        Ok(())
    }
}

impl Next<'_> {
    fn page(&self) -> String {
        let port = self.listen.port();
        if self.listen.ip().is_unspecified() {
            format!("https://ADDRESS-OF-THIS-BOX:{port}/")
        } else {
            format!("https://{}/", self.listen)
        }
    }

    fn ownership(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Owner::Yours => Ok(()),
            Owner::Service => writeln!(f, "The service's user, {SERVICE_USER}, can read these files."),
            Owner::NoServiceUser => {
                let folder = self.config.parent().unwrap_or(Path::new(".")).display();
                writeln!(
                    f,
                    "Only root can read these files, and the service runs as the user {SERVICE_USER}:"
                )?;
                writeln!(
                    f,
                    "  useradd --system --home-dir /var/lib/gatehouse --shell /usr/sbin/nologin --groups dialout {SERVICE_USER}"
                )?;
                writeln!(f, "  chown -R root:{SERVICE_USER} {folder} && chmod -R u=rwX,g=rX,o= {folder}")?;
                writeln!(f, "  chown -R {SERVICE_USER}: {folder}/keys && chmod -R go= {folder}/keys")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(listen: &str, owner: Owner) -> String {
        let config = Path::new("/etc/gatehouse/gateway.toml");
        Next { config, listen: listen.parse().unwrap(), owner }.to_string()
    }

    #[test]
    fn the_page_and_who_reaches_it_are_told() {
        let alone = told("127.0.0.1:8443", Owner::Yours);
        assert!(alone.contains("open the page at https://127.0.0.1:8443/"), "{alone}");
        assert!(alone.contains("from this box alone"), "{alone}");
        let open = told("0.0.0.0:443", Owner::Service);
        assert!(open.contains("https://ADDRESS-OF-THIS-BOX:443/") && !open.contains("alone"), "{open}");
        assert!(open.contains("systemctl enable --now gatehouse"), "root doesn't run it by hand: {open}");
    }

    #[test]
    fn a_user_that_is_missing_comes_with_the_commands() {
        let told = told("0.0.0.0:8443", Owner::NoServiceUser);
        assert!(
            told.contains("useradd ") && told.contains("chown -R root:gatehouse /etc/gatehouse"),
            "{told}"
        );
    }
}
