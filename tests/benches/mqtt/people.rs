//! The organisation: its people, and the data folder that holds them and that nothing runs on.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Context;
use gateway::service::Service;
use gateway::site::clock;
use gateway::store::tokens::Tokens;
use panel_protocol::credential::Credential;
use panel_protocol::wiegand::H10301;
use tempfile::TempDir;
use tests::ScimClient;
use tokio::task::JoinSet;

use crate::site;

/// The facility code of every card.
const FACILITY: u64 = 100;

/// Clients that create people at once.
const CLIENTS: u16 = 16;

/// A person as the client knows them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) card: Credential,
}

/// Everybody.
pub(crate) struct Organisation {
    pub(crate) people: Vec<Person>,
    pub(crate) token: String,
    folder: TempDir,
}

impl Organisation {
    /// So many people.
    pub(crate) async fn of(count: u16) -> anyhow::Result<Self> {
        let folder = site::new_folder()?;
        let data = folder.path().join("data");
        fs::create_dir_all(&data)?;
        let token = Tokens::open(&data).create("bench", None, None, clock::now())?.expose().to_owned();
        let service = Service::start(site::doorless(folder.path())?).await?;
        let base = format!("http://{}/scim/v2", service.address());
        let next = Arc::new(AtomicU16::new(1));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (scim, next) = (ScimClient::new(&base, &token), Arc::clone(&next));
            clients.spawn(async move {
                let mut made = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number > count {
                        return anyhow::Ok(made);
                    }
                    let name = format!("person.{number}@harbour.example");
                    let id = scim.create(&name, Some(&number.to_string())).await;
                    made.push(Person { id, card: H10301.encode(FACILITY, u64::from(number))? });
                }
            });
        }
        let mut people = Vec::new();
        while let Some(made) = clients.join_next().await {
            people.extend(made??);
        }
        service.stop().await;
        Ok(Self { people, token, folder })
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
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
