//! Recording a line, by API.

use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::domain::osdpcap::{Io, Record};

const PATH: &str = "/api/v1/lines/north/capture";

fn record(data: &[u8]) -> Record {
    Record { at: Some(Timestamp::UNIX_EPOCH), io: Io::Output, data: data.to_vec(), note: None }
}

#[tokio::test]
async fn an_installer_hears_what_passes_as_it_passes() {
    let served = Served::start().await;
    let mut answer = served.get(PATH).basic_auth("ida", Some(PASSWORD)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    for data in [&[0xFF, 0x53][..], &[0x00]] {
        served.site.passing.send(record(data)).unwrap();
        let line = answer.chunk().await.unwrap().unwrap();
        assert_eq!(line, format!("{}\n", record(data)));
    }
    assert_eq!(*served.site.listeners.lock().unwrap(), [Actor::Account("ida".to_owned())]);
    served.state.close();
    assert_eq!(answer.chunk().await.unwrap(), None, "ends with the service");
}

#[tokio::test]
async fn viewers_and_managers_hear_nothing() {
    let served = Served::start().await;
    assert_eq!(served.get(PATH).send().await.unwrap().status(), 401);
    for name in ["vera", "mara"] {
        let answer = served.get(PATH).basic_auth(name, Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{name}");
    }
    assert_eq!(served.site.passing.receiver_count(), 0);
}

#[tokio::test]
async fn a_line_that_is_not_there_is_named() {
    let served = Served::start().await;
    for (id, told) in [("south", "south"), ("%22%3Cb%3E", "\"<b>")] {
        let path = format!("/api/v1/lines/{id}/capture");
        let answer = served.get(&path).basic_auth("ida", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), 404);
        let error = answer.json::<Value>().await.unwrap()["error"].take();
        assert_eq!((&error["field"], &error["value"]), (&"id".into(), &told.into()), "{error}");
        assert!(error["remedy"].is_string(), "{error}");
    }
}

#[tokio::test]
async fn one_recording_too_many_is_refused_until_another_ends() {
    let served = Served::start().await;
    let ask = async || served.get(PATH).basic_auth("ida", Some(PASSWORD)).send().await.unwrap();
    let mut open = Vec::new();
    for _ in 0..limits::MAX_CAPTURES {
        open.push(ask().await);
    }
    assert_eq!(ask().await.status(), 503);
    open.pop();
    let again = async {
        while ask().await.status() != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), again).await.expect("a place is free again");
}
