//! Composition: opens the store, starts the tasks, serves, stops in order.

mod certificate;
mod lines;
mod listen;
mod open;
mod socket;
mod watchdog;

pub use socket::Socket;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use lines::Lines;
pub use lines::MakeLink;

use crate::config::Config;
use crate::site::{Pulse, Site};
use crate::store::{BeforeRead, StoreError};
use crate::web::WebState;

/// How long running requests may take to end when the service stops.
const DRAIN: Duration = Duration::from_secs(5);

/// How long the page and the log tell why, before a service that can't go on ends.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Why the service didn't start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder's contents can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refuses something.
    #[error("{what} {}: {error}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Nobody can be served at that address.
    #[error("can't listen on {address}: {error}; another service may have it, see [web] listen")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// There is no usable certificate.
    #[error("{error}; {}", error.remedy())]
    Tls {
        /// Why.
        #[from]
        error: crate::web::tls::TlsError,
    },
    /// It ran, and can't go on without a new start.
    #[error("the service can't go on and is to be started anew: {why}")]
    StartAnew {
        /// Why.
        why: String,
    },
    /// A key file can't be used.
    #[error("{error}; {}", error.remedy())]
    Key {
        /// Why.
        #[from]
        error: crate::config::KeyFileError,
    },
}

/// What a service is started with besides its configuration.
pub struct StartWith {
    /// Makes its links.
    pub links: Box<MakeLink>,
    /// What happens before every read of the directory: a slow disk.
    pub before_read: Option<BeforeRead>,
}

impl Default for StartWith {
    /// The configuration's links, and the disk as it is.
    fn default() -> Self {
        Self { links: Box::new(crate::site::link), before_read: None }
    }
}

/// The running service.
pub struct Service {
    site: Arc<Site>,
    web: WebState,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    lines: Lines,
    servers: listen::Servers,
}

impl Service {
    /// Opens everything and starts serving. When this returns, the service answers.
    ///
    /// # Errors
    /// When anything that it needs can't be had; nothing is left running then.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_with(config, StartWith::default()).await
    }

    /// The same with something in the place of what is usual, for tests.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn start_with(config: Config, with: StartWith) -> Result<Self, StartError> {
        let config = Arc::new(config);
        let (opening, before_read) = (Arc::clone(&config), with.before_read);
        let opened = tokio::task::spawn_blocking(move || open::open(&opening, before_read));
        let opened =
            opened.await.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(crate::site::record(Arc::clone(&opened.site), stopped.clone()));
        tasks.spawn(crate::site::keep_alarms(Arc::clone(&opened.site), stopped.clone()));
        tasks.spawn(crate::site::parts(Arc::clone(&opened.site), stopped.clone()));
        tasks.spawn(crate::site::tell_of_doors(Arc::clone(&opened.site), stopped.clone()));
        tasks.spawn(crate::site::recompile(Arc::clone(&opened.site), stopped.clone()));
        let lines = start_lines(&opened.site, with.links, &stopped).await?;
        let socket = Socket::bind(&config.socket_path()).map_err(|error| StartError::Io {
            what: "can't make the socket",
            path: config.socket_path(),
            error,
        })?;
        let web = listen::web_state(&config, &opened);
        let scim = listen::scim(&config, &opened);
        let app = listen::app(&opened, web.clone(), scim.clone());
        let (servers, address) = listen::serve(&config, &opened, app, socket)?;
        tasks.spawn(watchdog::feed(Pulse::of(&opened.site), stopped.clone()));
        tasks.spawn(crate::site::subscriptions(Arc::clone(&opened.site), stopped.clone()));
        tasks.spawn(crate::site::watch_secrets(Arc::clone(&opened.site), stopped.clone()));
        tasks.spawn(crate::site::ended_cards(Arc::clone(&opened.site), stopped.clone()));
        tasks.spawn(crate::site::watch_providers(Arc::clone(&opened.site), scim, stopped));
        Ok(Self { site: opened.site, web, address, stop, tasks, lines, servers })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What runs.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// Returns why, once the service can't go on without a new start, and everybody has had the time to read it.
    async fn fatal(&self) -> String {
        let why = self.site.fatal().await;
        tracing::error!("{why}: the service ends in {} s, to be started anew", LAST_WORDS.as_secs());
        tokio::time::sleep(LAST_WORDS).await;
        why
    }

    /// Stops in order: no new requests, lines silent, everything written. What was answered is on the disk anyway.
    pub async fn stop(mut self) {
        self.web.close();
        self.servers.stop(DRAIN).await;
        self.stop.send_replace(true);
        self.lines.ended().await;
        while self.tasks.join_next().await.is_some() {}
        let directory = self.site.directory().clone();
        // The writer's thread ends when what waits is done.
        let _ = tokio::task::spawn_blocking(move || directory.close()).await;
    }
}

async fn start_lines(
    site: &Arc<Site>,
    make: Box<MakeLink>,
    stopped: &watch::Receiver<bool>,
) -> Result<Lines, StartError> {
    let (site, stopped) = (Arc::clone(site), stopped.clone());
    let started = tokio::task::spawn_blocking(move || Lines::start(&site, make.as_ref(), &stopped));
    let started = started.await.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()));
    started.map_err(|error| StartError::Io {
        what: "can't start the lines' threads",
        path: PathBuf::new(),
        error,
    })
}

/// Runs the service until it is told to stop, by Ctrl-C or by SIGTERM.
///
/// # Errors
/// When it can't start.
pub async fn run(config: Config) -> Result<(), StartError> {
    let mut stop = Stop::listen()?;
    let service = Service::start(config).await?;
    let scheme = service.site().config().web.scheme();
    let page = format!("{scheme}://{}/", service.address());
    tracing::info!("the page is at {page}");
    watchdog::ready(&page);
    let fatal = tokio::select! {
        () = stop.wait() => None,
        why = service.fatal() => Some(why),
    };
    watchdog::stopping(service.site().doors_decided_here());
    service.stop().await;
    fatal.map_or(Ok(()), |why| Err(StartError::StartAnew { why }))
}

/// The system's wish that the program stop.
pub struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    /// Begins to listen for it.
    ///
    /// # Errors
    /// When the system has no room for signal handlers.
    pub fn listen() -> Result<Self, StartError> {
        use tokio::signal::unix::{SignalKind, signal};
        let no_signals =
            |error| StartError::Io { what: "can't listen for signals", path: PathBuf::new(), error };
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(no_signals)?,
            interrupt: signal(SignalKind::interrupt()).map_err(no_signals)?,
        })
    }

    /// Returns when the program shall stop.
    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
