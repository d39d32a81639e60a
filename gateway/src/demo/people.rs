//! Made-up people, and the SCIM client that provisions them as an identity provider would.

use anyhow::{Context, ensure};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::site::DemoSite;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A made-up person with a card of the site's facility.
pub(super) struct Person {
    pub(super) user_name: &'static str,
    pub(super) name: &'static str,
    pub(super) card: u16,
}

/// All of them.
pub(super) const EVERYBODY: [Person; 12] = [
    Person { user_name: "ada.quill", name: "Ada Quill", card: 1001 },
    Person { user_name: "bruno.marsh", name: "Bruno Marsh", card: 1002 },
    Person { user_name: "carla.reed", name: "Carla Reed", card: 1003 },
    Person { user_name: "dov.lantern", name: "Dov Lantern", card: 1004 },
    Person { user_name: "elsa.brook", name: "Elsa Brook", card: 1005 },
    Person { user_name: "farid.stone", name: "Farid Stone", card: 1006 },
    Person { user_name: "greta.holm", name: "Greta Holm", card: 1007 },
    Person { user_name: "hugo.vane", name: "Hugo Vane", card: 1008 },
    Person { user_name: "ines.carver", name: "Ines Carver", card: 1009 },
    Person { user_name: "jonas.pike", name: "Jonas Pike", card: 1010 },
    Person { user_name: "kira.sand", name: "Kira Sand", card: 1011 },
    Person { user_name: "lev.harbour", name: "Lev Harbour", card: 1012 },
];

/// A SCIM client.
pub(super) struct Provisioner {
    client: Client,
    base: String,
    token: String,
}

impl Provisioner {
    pub(super) fn new(site: &DemoSite) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().build()?;
        Ok(Self { client, base: site.scim(), token: site.token().to_owned() })
    }

    /// Creates everybody who is not there yet, and the group that they belong to.
    pub(super) async fn provision(&self) -> anyhow::Result<()> {
        let mut members = Vec::new();
        for person in &EVERYBODY {
            let id = match self.find(person.user_name).await? {
                Some(id) => id,
                None => self.create(person).await?,
            };
            members.push(json!({ "value": id }));
        }
        let filter = [("filter", "displayName eq \"Everybody\"")];
        let found: Value = self.send(Method::GET, "Groups", &filter, None).await?.json().await?;
        if found["totalResults"] == 0 {
            let group = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                "displayName": "Everybody",
                "members": members,
            });
            self.send(Method::POST, "Groups", &[], Some(group)).await?;
        }
        Ok(())
    }

    /// Sets `active` of a person, as an identity provider does when somebody leaves or comes back.
    pub(super) async fn set_active(&self, user_name: &str, active: bool) -> anyhow::Result<()> {
        let id = self.find(user_name).await?.with_context(|| format!("{user_name} is not there"))?;
        let patch = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "active", "value": active }],
        });
        self.send(Method::PATCH, &format!("Users/{id}"), &[], Some(patch)).await?;
        Ok(())
    }

    async fn find(&self, user_name: &str) -> anyhow::Result<Option<String>> {
        let filter = format!("userName eq \"{user_name}\"");
        let list: Value = self.send(Method::GET, "Users", &[("filter", &filter)], None).await?.json().await?;
        Ok(list["Resources"][0]["id"].as_str().map(str::to_owned))
    }

    async fn create(&self, person: &Person) -> anyhow::Result<String> {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "userName": person.user_name,
            "displayName": person.name,
            "active": true,
            ENTERPRISE: { "cardNumber": person.card.to_string() },
        });
        let made: Value = self.send(Method::POST, "Users", &[], Some(user)).await?.json().await?;
        made["id"].as_str().map(str::to_owned).context("the answer has no id")
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> anyhow::Result<Response> {
        let mut url = reqwest::Url::parse(&format!("{}/{path}", self.base))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        ensure!(status.is_success(), "SCIM answered {status}: {}", response.text().await.unwrap_or_default());
        Ok(response)
    }
}
