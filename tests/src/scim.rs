//! An identity provider's side of SCIM.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::answer::Answer;

/// The schema of the enterprise user, which card numbers come in.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A SCIM client with a bearer token. Cheap to clone; for one start of the gateway, as its port changes.
#[derive(Clone, Debug)]
pub struct ScimClient {
    http: Client,
    base: String,
    token: String,
}

impl ScimClient {
    /// For the endpoint at `base`, such as `http://127.0.0.1:8080/scim/v2`. Certificates are not verified.
    pub fn new(base: &str, token: &str) -> Self {
        Self { http: crate::gateway::http(None), base: base.to_owned(), token: token.to_owned() }
    }

    /// One request. An error means that nobody answered: what was asked may have happened or not.
    ///
    /// # Errors
    /// When the connection broke or nobody listens.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.header("content-type", "application/scim+json").body(body.to_string()),
            None => request,
        };
        Answer::to(request).await
    }

    /// One request that gets an answer.
    ///
    /// # Panics
    /// When it gets none.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.ask(method, path, body).await.unwrap()
    }

    /// One request with any body, which need not be JSON, and any `Authorization`.
    ///
    /// # Panics
    /// When it gets no answer.
    pub async fn raw(&self, method: Method, path: &str, authorization: Option<&str>, body: &str) -> Answer {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = request.header("content-type", "application/scim+json").body(body.to_owned());
        let request = match authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        };
        Answer::to(request).await.unwrap()
    }

    /// The header that lets this client in.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// A person as identity providers describe one.
    pub fn person(user_name: &str, card: Option<&str>) -> Value {
        let mut person = json!({
            "schemas": [USER, ENTERPRISE],
            "userName": user_name,
            "displayName": user_name,
            "active": true,
        });
        if let Some(card) = card {
            person[ENTERPRISE] = json!({ "cardNumber": card });
        }
        person
    }

    /// Creates a person and gives their id.
    ///
    /// # Panics
    /// When the gateway refuses.
    pub async fn create(&self, user_name: &str, card: Option<&str>) -> String {
        let made = self.send(Method::POST, "/Users", Some(&Self::person(user_name, card))).await.refused(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Replaces one attribute by PATCH.
    pub async fn replace(&self, id: &str, path: &str, value: &Value) -> Answer {
        let operation = json!({ "op": "replace", "path": path, "value": value });
        let body = json!({ "schemas": [PATCH], "Operations": [operation] });
        self.send(Method::PATCH, &format!("/Users/{id}"), Some(&body)).await
    }

    /// Gives a person another card number.
    ///
    /// # Panics
    /// When the gateway refuses.
    pub async fn set_card(&self, id: &str, card: &str) {
        self.replace(id, &format!("{ENTERPRISE}:cardNumber"), &json!(card)).await.good();
    }

    /// Sets `active`.
    ///
    /// # Panics
    /// When the gateway refuses.
    pub async fn set_active(&self, id: &str, active: bool) {
        self.replace(id, "active", &json!(active)).await.good();
    }

    /// Deletes a person.
    ///
    /// # Panics
    /// When the gateway refuses.
    pub async fn delete(&self, id: &str) {
        self.send(Method::DELETE, &format!("/Users/{id}"), None).await.refused(204);
    }

    /// The person of that id.
    pub async fn get(&self, id: &str) -> Answer {
        self.send(Method::GET, &format!("/Users/{id}"), None).await
    }

    /// All people, page after page.
    ///
    /// # Panics
    /// When the gateway refuses.
    pub async fn everybody(&self) -> Vec<Value> {
        let mut people = Vec::new();
        loop {
            let start = people.len() + 1;
            let path = format!("/Users?startIndex={start}&count=500");
            let page = self.send(Method::GET, &path, None).await.good();
            let found = page["Resources"].as_array().cloned().unwrap_or_default();
            if found.is_empty() {
                return people;
            }
            people.extend(found);
        }
    }
}
