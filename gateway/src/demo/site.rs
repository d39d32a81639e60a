//! The demo's site: simulated controllers, and the real service on them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use tokio::task::JoinHandle;

use super::{Demo, hardware};
use crate::config::{self, Config, NamedFiles};
use crate::service::Service;
use crate::site::{Site, clock};
use crate::store::tokens::Tokens;
use crate::store::users::{Role, Users};

/// The account that the demo makes.
pub(super) const USER: &str = "demo";
/// The name of its SCIM token.
pub(super) const TOKEN_NAME: &str = "demo";

const TEMPLATE: &str = include_str!("../../../config/demo.toml");
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The running demo.
pub(super) struct DemoSite {
    service: Service,
    simulator: Arc<firmware_sim::Site>,
    control: SocketAddr,
    control_task: JoinHandle<()>,
    password: String,
    token: String,
    folder: Folder,
}

/// Where the demo's data is; one that was made for it goes with it.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl DemoSite {
    pub(super) async fn start(demo: &Demo) -> anyhow::Result<Self> {
        let folder = Folder::new(demo.data.clone())?;
        let listen = demo.listen.unwrap_or_else(usual_address);
        let mut config = parse(&folder.path, listen)?;
        let simulator = hardware::start(&config)?;
        hardware::connect(&mut config, &simulator)?;
        let password = random_text()?;
        let data = config.site.data_dir.clone();
        let listener = firmware_sim::control::listen(demo.control.unwrap_or(free_port())).await?;
        let control = listener.local_addr()?;
        let router = firmware_sim::control::router(Arc::clone(&simulator));
        let control_task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the simulator's control API ended");
            }
        });
        // The service takes the data folder's lock, so no running demo's accounts are changed.
        let service = Service::start(config).await?;
        let token = open_accounts(&data, &password)?;
        Ok(Self { service, simulator, control, control_task, password, token, folder })
    }

    pub(super) fn site(&self) -> &Arc<Site> {
        self.service.site()
    }

    pub(super) fn simulator(&self) -> &Arc<firmware_sim::Site> {
        &self.simulator
    }

    pub(super) fn page(&self) -> String {
        format!("http://{}/", self.service.address())
    }

    pub(super) fn scim(&self) -> String {
        format!("http://{}/scim/v2", self.service.address())
    }

    pub(super) fn control(&self) -> String {
        format!("http://{}", self.control)
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) async fn stop(self) {
        self.control_task.abort();
        self.service.stop().await;
        drop(self.simulator);
        drop(self.folder);
    }
}

impl Folder {
    fn new(wanted: Option<PathBuf>) -> anyhow::Result<Self> {
        let temporary = wanted.is_none();
        let path = match wanted {
            Some(path) => std::path::absolute(path)?,
            None => std::env::temp_dir().join(format!("gatehouse-demo-{}", random_text()?)),
        };
        fs::create_dir_all(&path).with_context(|| format!("can't make {}", path.display()))?;
        Ok(Self { path, temporary })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, "{} could not be removed", self.path.display());
        }
    }
}

/// The demo's configuration, read as any site's is.
fn parse(folder: &Path, listen: SocketAddr) -> anyhow::Result<Config> {
    let file = folder.join("demo.toml");
    let broker = TcpListener::bind(free_port())?.local_addr().context("no port for the broker")?;
    let text = TEMPLATE.replace("127.0.0.1:8080", &listen.to_string());
    let text = text.replace("127.0.0.1:1883", &broker.to_string());
    config::parse(&file, &text, NamedFiles::Ignored)
        .map_err(|problems| anyhow::anyhow!("{}", problems.render(false)))
}

fn open_accounts(data: &Path, password: &str) -> anyhow::Result<String> {
    fs::create_dir_all(data).with_context(|| format!("can't make {}", data.display()))?;
    let users = Users::open(data);
    if users.find(USER)?.is_some() {
        users.set_password(USER, password)?;
    } else {
        users.add(USER, Role::Installer, password, clock::now())?;
    }
    let tokens = Tokens::open(data);
    if tokens.list()?.iter().any(|token| token.name == TOKEN_NAME) {
        tokens.revoke(TOKEN_NAME)?;
    }
    Ok(tokens.create(TOKEN_NAME, None, None, clock::now())?.expose().to_owned())
}

/// The usual address, or any free one if that is taken.
fn usual_address() -> SocketAddr {
    if TcpListener::bind(DEFAULT_LISTEN).is_ok() { DEFAULT_LISTEN } else { free_port() }
}

fn free_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Sixteen characters that nobody can guess.
fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
