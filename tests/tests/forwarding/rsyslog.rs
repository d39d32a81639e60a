//! A real syslog receiver: rsyslog, with TLS by OpenSSL and a certificate wanted of each sender.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tests::{Process, eventually, known_port};

/// How often another port is tried when somebody was faster.
const ATTEMPTS: usize = 5;

/// A running receiver. It is killed when this is dropped.
pub(crate) struct Rsyslog {
    _process: Process,
    port: u16,
    folder: TempDir,
}

impl Rsyslog {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("gatehouse-test-").tempdir().unwrap();
        certificates(folder.path());
        for _ in 0..ATTEMPTS {
            let port = known_port();
            if let Some(process) = launch(folder.path(), port).await {
                return Self { _process: process, port, folder };
            }
        }
        panic!("rsyslogd didn't come up in {ATTEMPTS} attempts");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The authority of its certificate.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate that it believes, and its key.
    pub(crate) fn client(&self) -> (PathBuf, PathBuf) {
        (self.folder.path().join("client.pem"), self.folder.path().join("client.key"))
    }

    /// What it has written, one message a line.
    pub(crate) fn messages(&self) -> Vec<String> {
        let written = fs::read_to_string(self.folder.path().join("out.log")).unwrap_or_default();
        written.lines().map(str::to_owned).collect()
    }
}

async fn launch(folder: &Path, port: u16) -> Option<Process> {
    let dir = folder.display();
    let config = format!(
        "global(workDirectory=\"{dir}\" DefaultNetstreamDriver=\"ossl\" DefaultNetstreamDriverCAFile=\"{dir}/ca.pem\" \
         DefaultNetstreamDriverCertFile=\"{dir}/server.pem\" DefaultNetstreamDriverKeyFile=\"{dir}/server.key\")\n\
         module(load=\"imtcp\" StreamDriver.Name=\"ossl\" StreamDriver.Mode=\"1\" StreamDriver.AuthMode=\"x509/certvalid\")\n\
         template(name=\"J\" type=\"string\" string=\"PRI=%pri% APP=%app-name% MSGID=%msgid% SD=%structured-data% MSG=%msg%\\n\")\n\
         input(type=\"imtcp\" port=\"{port}\" address=\"127.0.0.1\" ruleset=\"r\")\n\
         ruleset(name=\"r\"){{ action(type=\"omfile\" file=\"{dir}/out.log\" template=\"J\") }}\n"
    );
    let file = folder.join("rsyslog.conf");
    fs::write(&file, config).unwrap();
    let mut command = Command::new("/usr/sbin/rsyslogd");
    command.arg("-n").arg("-f").arg(&file).arg("-i").arg(folder.join("pid"));
    let process = std::sync::Mutex::new(Process::start(command));
    let listens = async || {
        let is_up = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        (is_up, process.lock().unwrap().runs())
    };
    let (is_up, _) = eventually("rsyslogd listens or ends", listens, |(is_up, runs)| *is_up || !runs).await;
    is_up.then(|| process.into_inner().unwrap())
}

/// An authority, a certificate for the receiver and one for the sender.
fn certificates(folder: &Path) {
    let write = |name: &str, pem: String| fs::write(folder.join(name), pem).unwrap();
    let named = |name: &str, hosts: Vec<String>| {
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let mut params = named("authority", Vec::new());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    write("ca.pem", authority.pem());
    for (name, host) in [("server", "localhost"), ("client", "gateway")] {
        let key = KeyPair::generate().unwrap();
        let made = named(name, vec![host.to_owned()]).signed_by(&key, &authority).unwrap();
        write(&format!("{name}.pem"), made.pem());
        write(&format!("{name}.key"), key.serialize_pem());
    }
}
