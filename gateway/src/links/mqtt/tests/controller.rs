//! A controller as a maker would build it from the guide: its session, its numbers, and panel-protocol's panel behind.

use panel_protocol::credential::Credential;
use panel_protocol::panel::{Panel, PanelConfig};
use panel_protocol::table::SortedRows;
use panel_protocol::time::Micros;

/// Longest operation that it takes.
const RECEIVE: u16 = 256;

pub(super) struct Controller {
    pub(super) panel: Box<Panel<SortedRows<400>, 4, 16>>,
    /// The hello that it answered last, and the session that it made then.
    session: Option<([u8; 8], u32)>,
    next_session: u32,
    /// The highest number that came in this session.
    highest: u32,
    /// How often its output was switched on.
    pub(super) switched: u32,
}

impl Controller {
    pub(super) fn new() -> Self {
        let panel = Box::new(Panel::new(PanelConfig { readers: 1 }, SortedRows::new()));
        Self { panel, session: None, next_session: 100, highest: 0, switched: 0 }
    }

    /// What a loss of power does.
    pub(super) fn restart(&mut self) {
        self.panel.reboot();
        self.session = None;
    }

    /// Back to the factory.
    pub(super) fn wipe(&mut self) {
        *self = Self { next_session: self.next_session + 1, switched: self.switched, ..Self::new() };
    }

    pub(super) fn holds(&self, card: Credential) -> bool {
        self.panel.table().get(card).is_some()
    }

    /// A message reaches it; what it says to that.
    pub(super) fn take(
        &mut self,
        now: Micros,
        what: &str,
        payload: &[u8],
        retained: bool,
    ) -> Option<(&'static str, Vec<u8>)> {
        if retained {
            return None;
        }
        if what == "hello" {
            return Some(("welcome", self.welcome(payload.try_into().ok()?)));
        }
        let (tag, body) = payload.split_first_chunk::<8>()?;
        let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
        let (session, number) = (number(&tag[..4]), number(&tag[4..]));
        if self.session.is_none_or(|(_, own)| own != session) || number <= self.highest {
            return None;
        }
        self.highest = number;
        match what {
            "operation" => {
                let mut answer = [0; 512];
                let len = self.panel.operate(now, body, &mut answer);
                Some(("answer", [&tag[..], &answer[..len]].concat()))
            }
            "actuate" => {
                let not_after = u32::from_le_bytes(*body.first_chunk()?);
                let in_time = self.panel.clock(now).is_some_and(|clock| clock.0 <= not_after);
                self.switched += u32::from(in_time);
                Some(("actuated", [&tag[..], &[if in_time { 0 } else { 3 }]].concat()))
            }
            _ => None,
        }
    }

    fn welcome(&mut self, nonce: [u8; 8]) -> Vec<u8> {
        let session = match self.session {
            Some((last, session)) if last == nonce => session,
            _ => {
                self.next_session += 1;
                self.highest = 0;
                self.panel.begin_session();
                self.next_session
            }
        };
        self.session = Some((nonce, session));
        [&nonce[..], &session.to_le_bytes(), &RECEIVE.to_le_bytes(), b"Acme DC-1"].concat()
    }
}
