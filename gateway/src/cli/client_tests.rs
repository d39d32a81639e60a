use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::service::Socket;

/// A service at a socket of its own, until it is told to stop.
struct Service {
    folder: TempDir,
    stop: oneshot::Sender<()>,
    running: JoinHandle<io::Result<()>>,
}

impl Service {
    fn start(app: Router) -> Self {
        let folder = tempdir().unwrap();
        let socket = Socket::bind(&folder.path().join("gateway.sock")).unwrap();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(socket.serve(app, async { stopped.await.unwrap() }));
        Self { folder, stop, running }
    }

    fn client(&self) -> Client {
        client(&self.folder.path().join("gateway.sock"))
    }
}

fn client(socket: &Path) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new(socket.to_owned()).unwrap()
}

#[tokio::test]
async fn questions_and_actions_reach_the_service() {
    let echo = |Json(body): Json<Value>| async move { Json(json!({ "heard": body })) };
    let app = Router::new().route("/site", get(|| async { "well" })).route("/action", post(echo));
    let service = Service::start(app);
    assert_eq!(service.client().get("/site").await.unwrap(), b"well");
    let answer = service.client().post("/action", &json!({ "minutes": 10 })).await.unwrap();
    assert_eq!(answer, br#"{"heard":{"minutes":10}}"#);
}

#[tokio::test]
async fn a_refusal_is_told_in_the_services_words() {
    let body = json!({ "error": { "message": "there is no controller lobby", "remedy": "Look it up." } });
    let refuse = move || async move { (StatusCode::NOT_FOUND, Json(body)) };
    let nonsense = || async { (StatusCode::BAD_GATEWAY, "<html>") };
    let service = Service::start(Router::new().route("/a", get(refuse)).route("/b", get(nonsense)));
    let error = service.client().get("/a").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no controller lobby. Look it up.");
    assert!(matches!(error, ClientError::Refused { status: StatusCode::NOT_FOUND, .. }));
    let error = service.client().get("/b").await.unwrap_err();
    assert!(error.to_string().contains("502"), "{error}");
}

#[tokio::test]
async fn nobody_but_the_owner_can_open_the_socket() {
    let service = Service::start(Router::new());
    let data = fs::metadata(service.folder.path().join("gateway.sock")).unwrap();
    assert_eq!(data.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(service.folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_service_that_stops_takes_its_socket_along() {
    let service = Service::start(Router::new());
    let client = service.client();
    service.stop.send(()).unwrap();
    service.running.await.unwrap().unwrap();
    assert_eq!(fs::read_dir(service.folder.path()).unwrap().count(), 0);
    assert!(matches!(client.get("/").await.unwrap_err(), ClientError::NotRunning(_)));
}

#[tokio::test]
async fn what_a_killed_service_left_behind_is_no_obstacle() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("gateway.sock");
    std::mem::forget(Socket::bind(&path).unwrap());
    fs::write(folder.path().join("gateway.sock.new"), "").unwrap();
    let socket = Socket::bind(&path).unwrap();
    tokio::spawn(socket.serve(Router::new().route("/", get(|| async { "new" })), std::future::pending()));
    assert_eq!(client(&path).get("/").await.unwrap(), b"new");
}

#[tokio::test]
async fn a_file_that_nobody_listens_at_means_not_running() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("gateway.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(matches!(client(&path).get("/").await.unwrap_err(), ClientError::NotRunning(_)));
}
