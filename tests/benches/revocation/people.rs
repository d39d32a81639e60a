//! The organisation: its people, where they are kept, and its SCIM client.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use panel_protocol::credential::Credential;
use panel_protocol::table::bucket_of;
use panel_protocol::wiegand::H10301;
use tempfile::TempDir;
use tests::ScimClient;

/// The facility code of every card.
pub(crate) const FACILITY: u64 = 100;

/// A person as the client knows them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// What SCIM calls them.
    pub(crate) id: String,
    /// Their card.
    pub(crate) card: Credential,
}

/// Everybody, and a data folder that holds them and that nothing runs on.
pub(crate) struct Organisation {
    /// By bucket and card, which is the order in which an empty panel is loaded.
    pub(crate) people: Vec<Person>,
    /// A SCIM token.
    pub(crate) token: String,
    /// Where the data folder is.
    pub(crate) folder: TempDir,
}

impl Organisation {
    pub(crate) fn new(mut people: Vec<Person>, token: String, folder: TempDir) -> Self {
        people.sort_by_key(|person| (bucket_of(person.card), person.card));
        Self { people, token, folder }
    }

    /// Copies the data folder, so that each measurement begins with the same.
    pub(crate) fn copy_data(&self, to: &Path) -> anyhow::Result<()> {
        copy(&self.folder.path().join("data"), to).context("the data folder can't be copied")
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A SCIM client of a service; it keeps its connection.
pub(crate) fn scim(service: SocketAddr, token: &str) -> ScimClient {
    ScimClient::new(&format!("http://{service}/scim/v2"), token)
}

/// Has the person with a card number created.
pub(crate) async fn create(scim: &ScimClient, number: u16) -> anyhow::Result<Person> {
    let user_name = format!("person.{number}@harbour.example");
    let id = scim.create(&user_name, Some(&number.to_string())).await;
    Ok(Person { id, card: H10301.encode(FACILITY, u64::from(number))? })
}
