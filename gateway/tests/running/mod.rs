//! The service with one link of the test's own, and a client of its SCIM endpoint.

use std::fs;
use std::path::Path;

use gateway::config::{self, NamedFiles};
use gateway::service::{Service, StartWith};
use gateway::site;
use gateway::store::tokens::Tokens;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

const SCIM_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What the configuration has besides lines and controllers.
const CONFIG: &str = r#"
[site]
name = "Trial"
time_zone = "Europe/Berlin"
data_dir = "data"

[web]
listen = "127.0.0.1:0"
tls = "off"

[cards]
default_format = "H10301"
default_facility = 100
"#;

/// A service that runs.
pub(super) struct Running {
    pub(super) service: Service,
    client: Client,
    token: String,
    folder: TempDir,
}

impl Running {
    /// Starts it in this folder, with these lines and controllers.
    pub(super) async fn start(folder: TempDir, hardware: &str, with: StartWith) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let token = token(&folder.path().join("data"));
        let text = format!("{CONFIG}\n{hardware}");
        let config = config::parse(&folder.path().join("site.toml"), &text, NamedFiles::Ignored);
        let config = config.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let service = Service::start_with(config, with).await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { service, client, token, folder }
    }

    /// A person with this card; their id.
    pub(super) async fn person(&self, number: u64) -> String {
        let user = json!({
            "schemas": [SCIM_USER, ENTERPRISE],
            "userName": format!("p{number}@example.org"),
            "displayName": format!("Person {number}"),
            "active": true,
            ENTERPRISE: { "cardNumber": number.to_string() },
        });
        let answer = self.scim(Method::POST, "Users").json(&user).send().await.unwrap();
        let made: Value = answer.error_for_status().unwrap().json().await.unwrap();
        made["id"].as_str().unwrap().to_owned()
    }

    /// Deletes a person.
    pub(super) async fn delete(&self, person: &str) {
        let answer = self.scim(Method::DELETE, &format!("Users/{person}")).send().await.unwrap();
        answer.error_for_status().unwrap();
    }

    /// A request to the SCIM endpoint, with the token.
    pub(super) fn scim(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}/scim/v2/{path}", self.service.address());
        self.client.request(method, url).bearer_auth(&self.token)
    }

    /// Stops it. Its folder goes last.
    pub(super) async fn stop(self) {
        self.service.stop().await;
        drop(self.folder);
    }
}

fn token(data: &Path) -> String {
    fs::create_dir_all(data).unwrap();
    Tokens::open(data).create("trial", None, None, site::clock::now()).unwrap().expose().to_owned()
}
