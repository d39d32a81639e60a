//! `gateway run`, and ways to end it.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use reqwest::Client;
use rustix::process::Signal;

use crate::answer::Answer;
use crate::api::Api;
use crate::process::{Process, program};
use crate::scim::ScimClient;
use crate::waiting::eventually;

/// The service in a process of its own.
#[derive(Debug)]
pub struct Gateway {
    config: PathBuf,
    data: PathBuf,
    environment: Vec<(&'static str, PathBuf)>,
    process: Process,
    address: String,
    token: String,
}

impl Gateway {
    /// Starts it on a configuration whose data folder is `data`, and waits until it is ready.
    ///
    /// # Panics
    /// When it doesn't come up.
    pub async fn start(config: &Path, data: &Path) -> Self {
        Self::start_with(config, data, Vec::new()).await
    }

    /// The same with more in its environment.
    ///
    /// # Panics
    /// When it doesn't come up.
    pub async fn start_with(config: &Path, data: &Path, environment: Vec<(&'static str, PathBuf)>) -> Self {
        let token = make_token(data);
        let process = spawn(config, &environment);
        let address = ready(&process).await;
        Self { config: config.to_owned(), data: data.to_owned(), environment, process, address, token }
    }

    /// Starts the service and doesn't wait for it: for starts that are expected to fail.
    pub fn spawn(config: &Path) -> Process {
        spawn(config, &[])
    }

    /// The process, for its log.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The process, to ask whether it still runs.
    pub fn process_mut(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Where the page is, without a slash at the end. Changes with every start.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A SCIM client with a valid token, for this start of the gateway.
    pub fn scim(&self) -> ScimClient {
        self.scim_with(&self.token)
    }

    /// A SCIM client with any token.
    pub fn scim_with(&self, token: &str) -> ScimClient {
        ScimClient::new(&self.scim_base(), token)
    }

    /// The SCIM endpoint.
    pub fn scim_base(&self) -> String {
        format!("{}/scim/v2", self.address)
    }

    /// A valid SCIM token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The box's own socket.
    pub fn socket(&self) -> PathBuf {
        self.data.join("gateway.sock")
    }

    /// The API, as the local operator.
    pub fn api(&self) -> Api {
        Api::new(&self.socket())
    }

    /// Kills it with SIGKILL and waits until it is gone.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after [`Self::kill`], and waits until it is ready.
    ///
    /// # Panics
    /// When it doesn't come up.
    pub async fn restart(&mut self) {
        self.process = spawn(&self.config, &self.environment);
        self.address = ready(&self.process).await;
    }

    /// Asks it to stop by SIGTERM, and waits for its end.
    pub async fn stop(&mut self) -> ExitStatus {
        self.process.signal(Signal::TERM);
        self.process.ended().await
    }

    /// Waits until every controller that is told has proven its table, and no receipt is open.
    pub async fn proven(&self, controllers: &[&str]) {
        let what = format!("{} have proven their tables", controllers.join(", "));
        let api = self.api();
        let open = async || {
            let site = api.site().await;
            let all = site["controllers"].as_array().unwrap().clone();
            let named = all.into_iter().filter(|one| controllers.iter().any(|id| one["id"] == *id));
            named.filter(|one| one["state"] != "online" || one["table"]["proven"] != true).collect::<Vec<_>>()
        };
        eventually(&what, open, Vec::is_empty).await;
    }
}

/// An HTTP client, through a Unix socket if one is given. Certificates are not verified.
pub(crate) fn http(socket: Option<&Path>) -> Client {
    // The first call wins; all of them say the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().danger_accept_invalid_certs(true);
    let client = match socket {
        Some(socket) => client.unix_socket(socket),
        None => client,
    };
    client.build().unwrap()
}

fn spawn(config: &Path, environment: &[(&'static str, PathBuf)]) -> Process {
    let mut command = program("gateway");
    command.arg("run").arg("--config").arg(config).envs(environment.iter().cloned());
    Process::start(command)
}

async fn ready(process: &Process) -> String {
    let address = process.says("the page is at ").await;
    let address = address.trim().trim_end_matches('/').to_owned();
    let url = format!("{address}/readyz");
    let http = http(None);
    let look = async || Answer::to(http.get(&url)).await;
    eventually("the gateway is ready", look, |answer| {
        answer.as_ref().is_ok_and(|answer| answer.status == 200)
    })
    .await
    .unwrap();
    address
}

/// A SCIM token of the name `test`, in place of any that is there.
fn make_token(data: &Path) -> String {
    std::fs::create_dir_all(data).unwrap();
    let tokens = gateway::store::tokens::Tokens::open(data);
    if tokens.list().unwrap().iter().any(|token| token.name == "test") {
        tokens.revoke("test").unwrap();
    }
    tokens.create("test", None, None, gateway::site::clock::now()).unwrap().expose().to_owned()
}
