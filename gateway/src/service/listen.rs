//! The sockets: the page, the API and SCIM for the network, and the same for commands on the box itself.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Socket;
use super::StartError;
use super::certificate;
use super::open::Opened;
use crate::config::{Config, Tls};
use crate::domain::Level;
use crate::domain::remote::Transport;
use crate::site::{self, clock};
use crate::sources::scim::{self, Address, Gate, Scim};
use crate::sources::webhook;
use crate::store::sessions::SessionFile;
use crate::web::connections::{Bounded, Connections, bound_heads};
use crate::web::limits::PENDING_CONNECTIONS;
use crate::web::tls::{self, Origin, Served};
use crate::web::{self, LocalOperator, Metrics, WebState};

/// What listens.
pub(super) struct Servers {
    handle: Handle<SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Servers {
    pub(super) async fn stop(mut self, drain: Duration) {
        self.handle.graceful_shutdown(Some(drain));
        self.stop.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(drain + Duration::from_secs(1), ended).await.is_err() {
            tracing::warn!("some requests did not end and are cut off");
        }
    }
}

pub(super) fn web_state(config: &Config, opened: &Opened) -> WebState {
    let accounts = Arc::clone(opened.site.accounts());
    WebState::new(
        Arc::clone(&opened.site),
        accounts,
        Arc::clone(&opened.metrics),
        transport(config),
        Some(SessionFile::open(&config.site.data_dir)),
    )
}

fn transport(config: &Config) -> Transport {
    match (&config.web.tls, config.web.behind_proxy) {
        (_, true) => Transport::BehindProxy,
        (Tls::Off, false) => Transport::PlainLoopback,
        _ => Transport::Tls,
    }
}

/// The SCIM endpoint.
pub(super) fn scim(config: &Config, opened: &Opened) -> Scim {
    let (site, tokens) = (Arc::clone(&opened.site), Arc::clone(opened.site.providers().tokens()));
    let check = move |token: &str| tokens.check(token, clock::now());
    let observe = move |operation| {
        site.audit_scim(&operation);
        site.providers().answered(operation);
    };
    let gate = Gate::new(Box::new(check), transport(config), Box::new(observe));
    let policy = site::card_policy(&config.cards);
    let address = Address::FromHost { scheme: config.web.scheme() };
    let directory = opened.site.directory().clone();
    Scim::new(directory, gate, policy, address, clock::now)
}

/// The page, with SCIM and webhooks beside it.
pub(super) fn app(opened: &Opened, web: WebState, scim: Scim) -> Router {
    let count = middleware::from_fn_with_state(Arc::clone(&opened.metrics), count_answer);
    let transport = web.transport();
    let events = webhook::router(site::webhooks(&opened.site));
    web::shielded(web::router(web).merge(scim::router(scim).layer(count)).merge(events), transport)
}

/// Listens on the configured address and on the box's own socket.
pub(super) fn serve(
    config: &Config,
    opened: &Opened,
    app: Router,
    socket: Socket,
) -> Result<(Servers, SocketAddr), StartError> {
    let no = |error| StartError::Listen { address: config.web.listen, error };
    let listener = TcpListener::bind(config.web.listen).map_err(no)?;
    listener.set_nonblocking(true).map_err(no)?;
    // The standard library asks for 128; whoever comes beyond that is not heard, and tries again after a second.
    rustix::net::listen(&listener, PENDING_CONNECTIONS).map_err(|error| no(error.into()))?;
    let address = listener.local_addr().map_err(no)?;
    let handle = Handle::new();
    let mut tasks = JoinSet::new();
    let service = app.clone().into_make_service_with_connect_info::<SocketAddr>();
    let bounded = Bounded(connections(config, opened));
    let (stop, mut stopped) = watch::channel(false);
    match shown(config)? {
        Some(served) => {
            opened.site.providers().certificate(served.certificate().validity());
            let tls = RustlsConfig::from_config(Arc::new(served.server_config()));
            tasks.spawn(certificate::keep(served, Arc::clone(&opened.site), stopped.clone()));
            let server = axum_server::from_tcp(listener).map_err(no)?.handle(handle.clone());
            let server = bound_heads(server.acceptor(RustlsAcceptor::new(tls).acceptor(bounded)));
            tasks.spawn(async move { ended(server.serve(service).await) });
        }
        None => {
            let server = axum_server::from_tcp(listener).map_err(no)?.handle(handle.clone());
            let server = bound_heads(server.acceptor(bounded));
            tasks.spawn(async move { ended(server.serve(service).await) });
        }
    }
    let local = app.layer(Extension(LocalOperator));
    let until = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
    tasks.spawn(async move { ended(socket.serve(local, until).await) });
    Ok((Servers { handle, stop, tasks }, address))
}

fn connections(config: &Config, opened: &Opened) -> Connections {
    let site = Arc::clone(&opened.site);
    let tell = move |text: &str| {
        tracing::warn!("{text}");
        site.notice(Level::Attention, text.to_owned());
    };
    let by_address = transport(config) != Transport::BehindProxy;
    Connections::new(Arc::clone(&opened.metrics), by_address, Box::new(tell))
}

/// The certificate to show; `None` where TLS doesn't end here.
fn shown(config: &Config) -> Result<Option<Arc<Served>>, StartError> {
    let origin = match &config.web.tls {
        Tls::Off => return Ok(None),
        Tls::Files { cert, key } => Origin::Files { cert: cert.clone(), key: key.clone() },
        Tls::SelfSigned => Origin::Made {
            folder: config.site.data_dir.join("tls"),
            names: tls::local_names(config.web.listen),
        },
    };
    let served = Served::new(origin, clock::now())?;
    certificate::tell("certificate", &served.certificate());
    Ok(Some(Arc::new(served)))
}

fn ended(result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "a listener ended");
    }
}

async fn count_answer(
    axum::extract::State(metrics): axum::extract::State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> axum::response::Response {
    let response = next.run(request).await;
    metrics.scim_answered(response.status().as_u16());
    response
}
