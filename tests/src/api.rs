//! The gateway's own JSON API, over the box's Unix socket as its commands use it, or with a name and a password.

use std::path::Path;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::answer::Answer;

/// Somebody at the API.
#[derive(Clone, Debug)]
pub struct Api {
    http: Client,
    base: String,
    account: Option<(String, String)>,
}

impl Api {
    /// The local operator, for the service whose socket is at that path.
    pub fn new(socket: &Path) -> Self {
        let http = crate::gateway::http(Some(socket));
        Self { http, base: "http://localhost".to_owned(), account: None }
    }

    /// Somebody with an account, for the service at `base`, such as `http://127.0.0.1:8080`.
    pub fn with_password(base: &str, user: &str, password: &str) -> Self {
        let account = Some((user.to_owned(), password.to_owned()));
        Self { http: crate::gateway::http(None), base: base.to_owned(), account }
    }

    /// What a browser is shown that is not signed in.
    ///
    /// # Panics
    /// When there is no good answer.
    pub async fn page(&self, path: &str) -> String {
        let response = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        response.error_for_status().unwrap().text().await.unwrap()
    }

    /// The good answer of any other server.
    ///
    /// # Panics
    /// When there is none.
    pub async fn anywhere(&self, url: &str) -> Value {
        Answer::to(self.http.get(url)).await.unwrap().good()
    }

    /// The good answer to a GET.
    ///
    /// # Panics
    /// When there is none.
    pub async fn get(&self, path: &str) -> Value {
        self.send(self.http.get(format!("{}{path}", self.base))).await.good()
    }

    /// The answer to a POST.
    ///
    /// # Panics
    /// When there is none.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// The answer to a PUT, whatever state is there.
    ///
    /// # Panics
    /// When there is none.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        let request = self.http.put(format!("{}{path}", self.base)).header("if-match", "*");
        self.send(request.json(body)).await
    }

    /// The answer to a DELETE.
    ///
    /// # Panics
    /// When there is none.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.http.delete(format!("{}{path}", self.base))).await
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let request = match &self.account {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        };
        Answer::to(request).await.unwrap()
    }

    /// Everything that the page shows.
    pub async fn site(&self) -> Value {
        self.get("/api/v1/site").await
    }

    /// One controller, as the page shows it.
    ///
    /// # Panics
    /// When there is no controller of that id.
    pub async fn controller(&self, id: &str) -> Value {
        let all = self.get("/api/v1/controllers").await;
        let mut controllers = all["controllers"].as_array().unwrap().iter();
        controllers.find(|controller| controller["id"] == id).unwrap().clone()
    }

    /// The latest receipts, newest first.
    ///
    /// # Panics
    /// When the answer has none.
    pub async fn receipts(&self) -> Vec<Value> {
        self.get("/api/v1/receipts").await["receipts"].as_array().unwrap().clone()
    }

    /// Who is revoked and not yet proven where.
    ///
    /// # Panics
    /// When the answer has no such list.
    pub async fn exposed(&self) -> Vec<Value> {
        self.get("/api/v1/exposed").await["exposed"].as_array().unwrap().clone()
    }

    /// Opens install mode for a controller.
    pub async fn open_install_mode(&self, controller: &str, minutes: u64) -> Answer {
        let path = format!("/api/v1/controllers/{controller}/install-mode");
        self.post(&path, &json!({ "minutes": minutes })).await
    }
}
