//! The control API: what a person or a test does to the simulated site, as JSON over HTTP on loopback.
//!
//! `GET /controllers`, `GET /controllers/{id}`, `GET /controllers/{id}/cards`, `POST /controllers/{id}/swipe`,
//! `POST /controllers/{id}/power`, `POST /controllers/{id}/door`, `POST /controllers/{id}/inputs`,
//! `POST /controllers/{id}/clock`, `GET /lines`, `GET /lines/{id}`, `POST /lines/{id}/faults`. A broker with its devices counts among the lines. It tells nothing of keys and changes nothing when a body is refused.

mod body;
mod doors;
mod mqtt;
mod refusal;
mod show;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::limits::MAX_CONTROL_BODY;
use crate::site::{LineProtocol, Site, SiteError};
use body::Body;
use refusal::Refusal;

type Answer = Result<Json<Value>, Refusal>;

/// Why the control API can't be offered.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Others than this machine could reach it.
    #[error(
        "the control API can't listen on {0}, where other machines could open simulated doors; use a loopback address such as 127.0.0.1:7070"
    )]
    NotLoopback(SocketAddr),
    /// The system said no.
    #[error("the control API can't listen on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
}

/// A listener for the control API; port 0 picks a free one.
///
/// # Errors
/// When the address isn't a loopback address, or can't be had.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ControlError> {
    if !address.ip().is_loopback() {
        return Err(ControlError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|error| ControlError::Listen { address, error })
}

/// The control API of a site, for any server.
pub fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/controllers", get(controllers))
        .route("/controllers/{id}", get(controller))
        .route("/controllers/{id}/cards", get(cards))
        .route("/controllers/{id}/swipe", post(swipe))
        .route("/controllers/{id}/power", post(power))
        .route("/controllers/{id}/door", post(door))
        .route("/controllers/{id}/inputs", post(inputs))
        .route("/controllers/{id}/clock", post(clock))
        .route("/lines", get(lines))
        .route("/lines/{id}", get(line))
        .route("/lines/{id}/faults", post(faults))
        .fallback(|| async { Refusal::no_such_path() })
        .method_not_allowed_fallback(|| async { Refusal::wrong_method() })
        .layer(DefaultBodyLimit::max(MAX_CONTROL_BODY))
        .with_state(site)
}

async fn controllers(State(site): State<Arc<Site>>) -> Answer {
    let panels = on_site(Arc::clone(&site), Site::panels).await?;
    let decided_for = on_site(Arc::clone(&site), Site::devices).await?;
    let devices = on_site(site, |site| site.brokers().controllers()).await?;
    let mut all = show::controllers(&panels);
    all.extend(decided_for.iter().map(doors::summary));
    all.extend(devices.iter().map(mqtt::summary));
    Ok(Json(all.into()))
}

async fn controller(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Answer {
    if site.brokers().has(&id) {
        let device = on_site(site, move |site| site.brokers().controller(&id)).await?;
        return Ok(Json(mqtt::controller(&device)));
    }
    if decided_for(&site, &id).await? {
        return on_site(site, move |site| site.device(&id)).await.map(|it| Json(doors::controller(&it)));
    }
    on_site(site, move |site| site.panel(&id)).await.map(|panel| show::controller(&panel))
}

async fn cards(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Answer {
    if site.brokers().has(&id) {
        let held = on_site(site, move |site| site.brokers().cards(&id)).await?;
        return Ok(Json(mqtt::cards(&held)));
    }
    on_site(site, move |site| site.cards(&id)).await.map(|rows| show::cards(&rows))
}

async fn swipe(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let body = body::read(body)?;
    let body = Body::new(&body, &["reader", "card", "pin"])?;
    let reader = body.number("reader", 0, u64::from(u8::MAX))?.unwrap_or(0);
    let reader = u8::try_from(reader).unwrap_or(u8::MAX);
    if decided_for(&site, &id).await? {
        let card = if body.has("card") || !body.has("pin") { Some(body.card("card")?) } else { None };
        let keys = body.keys("pin")?;
        let swipe = on_site(site, move |site| site.present(&id, reader, card, &keys)).await?;
        return Ok(Json(doors::swiped(&swipe)));
    }
    let card = body.card("card")?;
    let pin = body.pin("pin")?;
    if site.brokers().has(&id) {
        let swipe = on_site(site, move |site| site.brokers().swipe_with_pin(&id, reader, card, pin)).await?;
        return Ok(Json(mqtt::swiped(&swipe)));
    }
    let swipe = on_site(site, move |site| site.swipe_with_pin(&id, reader, card, pin)).await?;
    Ok(Json(json!({
        "granted": swipe.reason.granted(),
        "reason": swipe.reason,
        "decided_by": "panel",
        "latency_us": u64::try_from(swipe.latency.as_micros()).unwrap_or(u64::MAX),
    })))
}

async fn power(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let body = body::read(body)?;
    let state = Body::new(&body, &["state"])?.power("state")?;
    if site.brokers().has(&id) {
        let device = on_site(site, move |site| site.brokers().power(&id, state)).await?;
        return Ok(Json(mqtt::controller(&device)));
    }
    if decided_for(&site, &id).await? {
        let switched = on_site(site, move |site| {
            site.set_power(&id, state)?;
            site.device(&id)
        });
        return switched.await.map(|it| Json(doors::controller(&it)));
    }
    on_site(site, move |site| site.power(&id, state)).await.map(|panel| show::controller(&panel))
}

async fn door(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let body = body::read(body)?;
    if site.brokers().has(&id) {
        let door = mqtt::Door::read(&body)?;
        let device = on_site(site, move |site| door.put(site, &id)).await?;
        return Ok(Json(mqtt::controller(&device)));
    }
    if decided_for(&site, &id).await? {
        let around = doors::door(&body)?;
        return on_site(site, move |site| site.surround(&id, around))
            .await
            .map(|it| Json(doors::controller(&it)));
    }
    let contact = Body::new(&body, &["contact"])?.contact("contact")?;
    on_site(site, move |site| site.door(&id, contact)).await.map(|panel| show::controller(&panel))
}

async fn inputs(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let around = doors::inputs(&body::read(body)?)?;
    on_site(site, move |site| site.surround(&id, around)).await.map(|it| Json(doors::controller(&it)))
}

async fn clock(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let offset_s = mqtt::clock(&body::read(body)?)?;
    if decided_for(&site, &id).await? {
        return Err(SiteError::NoClock(id).into());
    }
    let device = on_site(site, move |site| site.brokers().clock(&id, offset_s)).await?;
    Ok(Json(mqtt::controller(&device)))
}

async fn lines(State(site): State<Arc<Site>>) -> Answer {
    let lines = on_site(Arc::clone(&site), Site::lines).await?;
    let brokers = on_site(site, |site| site.brokers().brokers()).await?;
    Ok(Json(lines.iter().map(show::line).chain(brokers.iter().map(mqtt::broker)).collect()))
}

async fn line(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Answer {
    if site.brokers().has_broker(&id) {
        let broker = on_site(site, move |site| site.brokers().one_broker(&id)).await?;
        return Ok(Json(mqtt::broker(&broker)));
    }
    on_site(site, move |site| site.line(&id)).await.map(|line| Json(show::line(&line)))
}

async fn faults(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let body = body::read(body)?;
    if site.brokers().has_broker(&id) {
        let faults = mqtt::faults(&body)?;
        let set = on_site(site, move |site| site.brokers().set_faults(&id, faults)).await?;
        return Ok(Json(json!(set)));
    }
    let named = id.clone();
    let protocol = on_site(Arc::clone(&site), move |site| site.line(&named)).await?.protocol;
    if protocol == LineProtocol::WiegandSerial {
        let body = Body::new(&body, body::ADAPTER_FAULTS)?;
        let faults = body.faults()?;
        let of_adapter = doors::adapter_faults(&body, faults.seed)?;
        return on_site(site, move |site| {
            let mut set = json!(site.set_faults(&id, faults)?);
            let of_adapter = site.set_adapter_faults(&id, of_adapter)?;
            set["repeat_rate"] = json!(of_adapter.repeat_rate);
            set["mix_rate"] = json!(of_adapter.mix_rate);
            Ok(Json(set))
        })
        .await;
    }
    let faults = Body::new(&body, body::FAULTS)?.faults()?;
    on_site(site, move |site| site.set_faults(&id, faults)).await.map(|faults| Json(json!(faults)))
}

/// Whether a device of a line is one for which the gateway decides.
async fn decided_for(site: &Arc<Site>, id: &str) -> Result<bool, Refusal> {
    let id = id.to_owned();
    on_site(Arc::clone(site), move |site| Ok(site.is_decided_for(&id))).await
}

/// Works with the site where waiting for a line's thread holds nobody up.
async fn on_site<R: Send + 'static>(
    site: Arc<Site>,
    work: impl FnOnce(&Site) -> Result<R, SiteError> + Send + 'static,
) -> Result<R, Refusal> {
    match tokio::task::spawn_blocking(move || work(&site)).await {
        Ok(done) => done.map_err(Refusal::from),
        Err(error) => {
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), "restart the simulator"))
        }
    }
}
