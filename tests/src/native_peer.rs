//! The gateway's side of the native dialect, by hand: what a controller on a broker is tested with.

use panel_protocol::panel::{Answer, ChangeBuilder, Info, Operation, ProfileList};
use panel_protocol::table::{BucketDigests, DigestKey, Profile, Row};
use rumqttc::v5::MqttOptions;

use crate::mqtt::{Heard, MqttClient};

/// Somebody who speaks to one controller.
#[derive(Debug)]
pub struct NativePeer {
    client: MqttClient,
    base: String,
    session: [u8; 4],
    number: u32,
}

impl NativePeer {
    /// Listens to a controller at a broker on this machine. It says nothing yet.
    pub async fn listen(port: u16, site: &str, controller: &str) -> Self {
        Self::over(MqttOptions::new("peer", "127.0.0.1", port), site, controller).await
    }

    /// The same, connected with these options.
    pub async fn over(options: MqttOptions, site: &str, controller: &str) -> Self {
        let base = format!("gatehouse/v1/{site}/{controller}");
        let client = MqttClient::with(options, &[&format!("{base}/from/#")]).await;
        Self { client, base, session: [0; 4], number: 0 }
    }

    /// Its client, for what else there is to be said and heard.
    pub fn client(&self) -> &MqttClient {
        &self.client
    }

    /// The controller's topic of that name, as `to/hello` or `from/state`.
    pub fn topic(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    /// Waits until the controller says that it is `online` or `offline`.
    pub async fn state(&self, mark: usize, state: &str) {
        self.client.after(mark, &self.topic("from/state"), |heard| heard.payload == state.as_bytes()).await;
    }

    /// Begins a session with that nonce and gives the welcome.
    ///
    /// # Panics
    /// When no welcome comes, or one that is too short.
    pub async fn hello(&mut self, nonce: [u8; 8]) -> Vec<u8> {
        let mark = self.client.mark();
        self.client.publish(&self.topic("to/hello"), nonce).await;
        let welcome = self.from(mark, "welcome", |payload| payload.starts_with(&nonce)).await;
        let session = welcome[8..12].try_into().unwrap();
        if self.session != session {
            (self.session, self.number) = (session, 0);
        }
        welcome
    }

    /// The session of the latest welcome.
    pub fn session(&self) -> [u8; 4] {
        self.session
    }

    /// Has an operation carried out and gives the answer.
    pub async fn operate(&mut self, operation: &[u8]) -> Vec<u8> {
        let (head, mark) = (self.next_head(), self.client.mark());
        self.client.publish(&self.topic("to/operation"), [&head, operation].concat()).await;
        self.from(mark, "answer", |payload| payload.starts_with(&head)).await.split_off(8)
    }

    /// The same for one that is not yet bytes.
    ///
    /// # Panics
    /// When it is too long.
    pub async fn operate_one(&mut self, operation: &Operation<'_>) -> Vec<u8> {
        let mut bytes = [0; 8_192];
        let len = operation.encode(&mut bytes).unwrap();
        self.operate(&bytes[..len]).await
    }

    /// What the controller is and holds.
    ///
    /// # Panics
    /// When it doesn't say so.
    pub async fn info(&mut self) -> Info {
        let answer = self.operate_one(&Operation::Info).await;
        let Some(Answer::Info(info)) = Answer::decode(&answer) else { panic!("{answer:02x?}") };
        info
    }

    /// Has an output switched on for so many tenths of a second, and gives the status.
    pub async fn actuate(&mut self, not_after: u32, output: u8, tenths: u16) -> u8 {
        let (head, mark) = (self.next_head(), self.client.mark());
        let wish = [&head[..], &not_after.to_le_bytes(), &[output], &tenths.to_le_bytes()].concat();
        self.client.publish(&self.topic("to/actuate"), wish).await;
        self.from(mark, "actuated", |payload| payload.starts_with(&head)).await[8]
    }

    /// Loads rows and one profile that opens these readers, under a key of its own, and gives the digest that came out.
    ///
    /// # Panics
    /// When the controller doesn't come to that digest.
    pub async fn load(&mut self, rows: &[Row], profile: Profile) -> u64 {
        let key = DigestKey::new([7; 16]);
        let mut digests = BucketDigests::new(key.clone());
        rows.iter().for_each(|row| digests.add(row));
        self.operate_one(&Operation::Adopt { epoch: 1, key }).await;
        let mut left = rows;
        while !left.is_empty() {
            let mut bytes = [0; 512];
            let mut change = ChangeBuilder::put_rows(&mut bytes).unwrap();
            let fitted = left.iter().take_while(|row| change.row(row)).count();
            let len = change.len();
            self.operate(&bytes[..len]).await;
            left = &left[fitted..];
        }
        let profiles = ProfileList::checked(profile.as_bytes()).unwrap();
        self.operate_one(&Operation::StageProfiles { first: 0, profiles }).await;
        let wanted = digests.table(&[profile]);
        let answer = self.operate_one(&Operation::CommitProfiles { count: 1, digest: wanted }).await;
        let Some(Answer::Change { digest, .. }) = Answer::decode(&answer) else { panic!("{answer:02x?}") };
        assert_eq!(digest, wanted, "{answer:02x?}");
        digest
    }

    /// Session and number of the next operation.
    pub fn next_head(&mut self) -> [u8; 8] {
        self.number += 1;
        let mut head = [0; 8];
        head[..4].copy_from_slice(&self.session);
        head[4..].copy_from_slice(&self.number.to_le_bytes());
        head
    }

    /// Waits for something from the controller, since `mark`.
    pub async fn from(&self, mark: usize, name: &str, fits: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let fits = |heard: &Heard| fits(&heard.payload);
        self.client.after(mark, &self.topic(&format!("from/{name}")), fits).await.payload
    }
}
