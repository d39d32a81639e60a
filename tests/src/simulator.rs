//! `firmware-sim run` and its control API.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Client;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::process::{Process, program};

/// Simulated controllers in a process of their own.
#[derive(Debug)]
pub struct Simulator {
    process: Process,
    http: Client,
    control: String,
}

impl Simulator {
    /// Starts it on a configuration, with its control API on a free port.
    ///
    /// # Panics
    /// When it doesn't come up.
    pub async fn start(config: &Path) -> Self {
        let mut command = program("firmware-sim");
        command.arg("run").arg("--config").arg(config).args(["--control", "127.0.0.1:0"]);
        let process = Process::start(command);
        let control = process.says("control: ").await;
        Self { process, http: crate::gateway::http(None), control }
    }

    /// The process, for its log.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Somebody else who does something there: a swipe that waits holds nobody up.
    pub fn person(&self) -> Person {
        Person { http: self.http.clone(), control: self.control.clone() }
    }

    /// Kills it: its lines are gone.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// The control API's address, `http://…`.
    pub fn control(&self) -> &str {
        &self.control
    }

    /// The answer of the control API to a GET.
    ///
    /// # Panics
    /// When it is no good one.
    pub async fn get(&self, path: &str) -> Value {
        Answer::to(self.http.get(format!("{}{path}", self.control))).await.unwrap().good()
    }

    /// The answer of the control API to a POST.
    ///
    /// # Panics
    /// When it is no good one.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        Answer::to(self.http.post(format!("{}{path}", self.control)).json(body)).await.unwrap().good()
    }

    /// How a panel is: `online`, `secure`, `key`, `digest`, `counts`, `power`, ….
    pub async fn controller(&self, id: &str) -> Value {
        self.get(&format!("/controllers/{id}")).await
    }

    /// The rows of a panel's own memory.
    ///
    /// # Panics
    /// When the answer is no list.
    pub async fn cards(&self, id: &str) -> Vec<Value> {
        self.get(&format!("/controllers/{id}/cards")).await.as_array().unwrap().clone()
    }

    /// The card numbers in a panel's own memory.
    ///
    /// # Panics
    /// When a row has none.
    pub async fn numbers(&self, id: &str) -> BTreeSet<u64> {
        self.cards(id).await.iter().map(|card| card["number"].as_u64().unwrap()).collect()
    }

    /// Presents the card of that number, with the sites' facility code 100, at reader 0.
    pub async fn swipe(&self, id: &str, number: u64) -> Value {
        self.person().swipe(id, number).await
    }

    /// Switches a panel: `on`, `off`, `wiped` (table and events are gone) or `factory` (its key too).
    pub async fn power(&self, id: &str, state: &str) -> Value {
        self.post(&format!("/controllers/{id}/power"), &json!({ "state": state })).await
    }

    /// How a line is: `faults`, `counters`, `path`, ….
    pub async fn line(&self, id: &str) -> Value {
        self.get(&format!("/lines/{id}")).await
    }

    /// Sets a line's faults: `bit_error_rate`, `drop_rate`, `damage_rate`, `delay_ms`, `cut`, `seed`; `{}` heals it.
    pub async fn faults(&self, line: &str, faults: &Value) -> Value {
        let set = self.post(&format!("/lines/{line}/faults"), faults).await;
        println!("faults of line {line}: {set}");
        set
    }
}

/// Somebody at a simulated site.
#[derive(Clone, Debug)]
pub struct Person {
    http: Client,
    control: String,
}

impl Person {
    /// Somebody at the site whose control API is there.
    pub fn at(control: &str) -> Self {
        Self { http: crate::gateway::http(None), control: control.to_owned() }
    }

    /// Presents the card of that number, with the sites' facility code 100, at reader 0.
    ///
    /// # Panics
    /// When there is no good answer.
    pub async fn swipe(&self, id: &str, number: u64) -> Value {
        let card = json!({ "format": "H10301", "facility": 100, "number": number });
        let url = format!("{}/controllers/{id}/swipe", self.control);
        let request = self.http.post(url).json(&json!({ "reader": 0, "card": card }));
        Answer::to(request).await.unwrap().good()
    }
}
