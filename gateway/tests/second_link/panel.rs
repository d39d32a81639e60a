//! A panel that is reached by nothing but a channel, and speaks values: no bytes, no addresses, no keys.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use gateway::links::card_table::{self, Frame};
use gateway::sync::{Answer, EventsWaiting, Operation, Room};
use panel_protocol::credential::Credential;
use panel_protocol::panel::{Panel, PanelConfig};
use panel_protocol::table::{Profile, Row, SortedRows};
use panel_protocol::time::Micros;
use tokio::sync::{mpsc, oneshot, watch};

/// Most items of one message: so few that a table takes several.
const ITEMS: usize = 3;

/// What this dialect says to its panel.
#[derive(Clone, Debug, Default)]
pub(crate) enum Message {
    #[default]
    Empty,
    Forget(Vec<Credential>),
    Keep(Vec<Row>),
    Stage(u16, Vec<Profile>),
    Do(Operation),
}

impl Room for Message {
    fn delete(&mut self, card: Credential) -> bool {
        match self {
            Self::Empty => *self = Self::Forget(vec![card]),
            Self::Forget(cards) if cards.len() < ITEMS => cards.push(card),
            _ => return false,
        }
        true
    }

    fn put(&mut self, row: &Row) -> bool {
        match self {
            Self::Empty => *self = Self::Keep(vec![*row]),
            Self::Keep(rows) if rows.len() < ITEMS => rows.push(*row),
            _ => return false,
        }
        true
    }

    fn stage_profiles(&mut self, first: u16, profiles: &[Profile]) -> usize {
        if !matches!(self, Self::Empty) {
            return 0;
        }
        let staged = &profiles[..profiles.len().min(ITEMS)];
        *self = Self::Stage(first, staged.to_vec());
        staged.len()
    }

    fn operation(&mut self, operation: &Operation) -> bool {
        let room = matches!(self, Self::Empty);
        if room {
            *self = Self::Do(operation.clone());
        }
        room
    }
}

/// The panel's own side: what it holds, and whether anybody can reach it.
pub(crate) struct Device {
    panel: Mutex<Box<Panel<SortedRows<100>, 4, 16>>>,
    plug: watch::Sender<bool>,
    news: mpsc::UnboundedSender<EventsWaiting>,
    /// How often its output was switched.
    pub(crate) switched: AtomicU32,
}

/// The gateway's side of the channel.
pub(crate) struct Wire {
    pub(crate) device: Arc<Device>,
    pub(crate) plugged: watch::Receiver<bool>,
    pub(crate) news: mpsc::UnboundedReceiver<EventsWaiting>,
    asks: mpsc::Sender<(Message, oneshot::Sender<Answer>)>,
}

impl Wire {
    /// A panel that is plugged in.
    pub(crate) fn new() -> Self {
        let panel = Box::new(Panel::new(PanelConfig { readers: 1 }, SortedRows::new()));
        let (plug, plugged) = watch::channel(true);
        let (news, heard) = mpsc::unbounded_channel();
        let device = Arc::new(Device { panel: Mutex::new(panel), plug, news, switched: AtomicU32::new(0) });
        let (asks, mut asked) = mpsc::channel::<(Message, oneshot::Sender<Answer>)>(1);
        let answering = Arc::clone(&device);
        tokio::spawn(async move {
            while let Some((message, answer)) = asked.recv().await {
                if let Some(said) = answering.answer(&message) {
                    drop(answer.send(said));
                }
            }
        });
        Self { device, plugged, news: heard, asks }
    }

    /// The panel's answer; `None` if there is none.
    pub(crate) async fn ask(&self, message: Message) -> Option<Answer> {
        let (done, answer) = oneshot::channel();
        self.asks.send((message, done)).await.ok()?;
        answer.await.ok()
    }
}

impl Device {
    /// Pulls the plug, or puts it in again.
    pub(crate) fn plug(&self, there: bool) {
        self.plug.send_replace(there);
    }

    /// Somebody presents a card.
    pub(crate) fn present(&self, card: Credential) {
        let mut panel = self.panel.lock().unwrap();
        panel.present(Micros(0), 0, card);
        let mut bytes = [0; 64];
        if let Some(len) = panel.waiting(&mut bytes) {
            let _ = self.news.send(card_table::waiting(&bytes[..len]).unwrap()); // the link may have ended
        }
    }

    /// Whether it would open for the card.
    pub(crate) fn knows(&self, card: Credential) -> bool {
        self.panel.lock().unwrap().table().get(card).is_some()
    }

    /// Its output goes on.
    pub(crate) fn switch(&self) {
        self.switched.fetch_add(1, Ordering::SeqCst);
    }

    fn answer(&self, message: &Message) -> Option<Answer> {
        let (mut asked, mut said) = ([0; 512], [0; 4096]);
        let mut frame = Frame::new(&mut asked);
        match message {
            Message::Empty => return None,
            Message::Forget(cards) => cards.iter().for_each(|card| assert!(frame.delete(*card))),
            Message::Keep(rows) => rows.iter().for_each(|row| assert!(frame.put(row))),
            Message::Stage(first, profiles) => {
                assert_eq!(frame.stage_profiles(*first, profiles), profiles.len());
            }
            Message::Do(operation) => assert!(frame.operation(operation)),
        }
        let len = frame.filled().unwrap();
        let len = self.panel.lock().unwrap().operate(Micros(0), &asked[..len], &mut said);
        card_table::answer(&said[..len])
    }
}
