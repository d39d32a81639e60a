//! A tap on a line: whoever listens is told every byte as it passes.
//!
//! The line never waits for a listener. One that is slow loses the oldest records and can tell how many; while nobody
//! listens, nothing is copied. What is told begins with a frame of the CP.
//!
//! Keys never pass: a KEYSET would show the new key to whoever knows the old one, and in install mode that is everybody.
//! So it is left out, together with everything that is heard before the next command, as some adapters echo what is sent.

use jiff::Timestamp;
use panel_protocol::osdp::command::code::KEYSET;
use panel_protocol::osdp::frame::{Frame, MARK};
use tokio::sync::broadcast;

use crate::domain::osdpcap::{Io, Record};

pub(super) struct Tap {
    listeners: broadcast::Sender<Record>,
    state: State,
}

/// What is done with bytes that are heard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody listened when the last command was sent.
    Silent,
    /// They are told.
    Open,
    /// They may show a key.
    Withheld,
}

impl Tap {
    pub(super) const fn new(listeners: broadcast::Sender<Record>) -> Self {
        Self { listeners, state: State::Silent }
    }

    /// A frame of the CP has been handed to the port.
    pub(super) fn wrote(&mut self, bytes: &[u8]) {
        if self.listeners.receiver_count() == 0 {
            self.state = State::Silent;
        } else if let Some(address) = key_set(bytes) {
            self.state = State::Withheld;
            let note = format!(
                "osdp_KEYSET to address {address} and its answer are left out, as they would show the new key"
            );
            self.tell(Record::note(Timestamp::now(), note));
        } else {
            self.state = State::Open;
            self.tell(Record {
                at: Some(Timestamp::now()),
                io: Io::Output,
                data: bytes.to_vec(),
                note: None,
            });
        }
    }

    /// Bytes have come from the port.
    pub(super) fn read(&self, bytes: &[u8]) {
        if self.state == State::Open && self.listeners.receiver_count() > 0 {
            self.tell(Record { at: Some(Timestamp::now()), io: Io::Input, data: bytes.to_vec(), note: None });
        }
    }

    fn tell(&self, record: Record) {
        // The last listener may have gone.
        let _ = self.listeners.send(record);
    }
}

/// The address that a KEYSET goes to.
fn key_set(bytes: &[u8]) -> Option<u8> {
    let frame = Frame::parse(bytes.strip_prefix(&[MARK]).unwrap_or(bytes)).ok()?;
    (frame.code() == KEYSET).then(|| frame.header().address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use panel_protocol::osdp::command::{Command, KeySet};
    use panel_protocol::osdp::frame::{Header, emit};
    use panel_protocol::osdp::secure::Scbk;
    use tokio::sync::broadcast::error::TryRecvError;

    use crate::links::limits::TAPPED_RECORDS;

    const POLL: [u8; 9] = [0xFF, 0x53, 0x00, 0x08, 0x00, 0x04, 0x60, 0xEB, 0xAA];

    fn tap() -> (Tap, broadcast::Sender<Record>) {
        let listeners = broadcast::Sender::new(TAPPED_RECORDS);
        (Tap::new(listeners.clone()), listeners)
    }

    #[test]
    fn bytes_pass_as_they_were_from_the_first_command_on() {
        let (mut tap, listeners) = tap();
        tap.wrote(&POLL);
        let mut listener = listeners.subscribe();
        tap.read(b"half an answer");
        tap.wrote(&POLL);
        tap.read(b"an answer");
        for (io, data) in [(Io::Output, &POLL[..]), (Io::Input, b"an answer")] {
            let told = listener.try_recv().unwrap();
            assert_eq!((told.io, told.data.as_slice()), (io, data));
            assert!(told.at.is_some());
        }
        assert_eq!(listener.try_recv(), Err(TryRecvError::Empty));
    }

    #[test]
    fn a_key_and_its_echo_never_pass() {
        let (mut tap, listeners) = tap();
        let mut listener = listeners.subscribe();
        let (mut buf, key) = ([0; 64], Scbk::new([0xA5; 16]));
        let command = Command::KeySet(KeySet::new(&key));
        let frame = emit(&mut buf, Header::command(5, 1), None, &command).unwrap();
        tap.wrote(frame);
        tap.read(frame);
        tap.wrote(&POLL);
        let told = listener.try_recv().unwrap();
        assert!(told.data.is_empty() && told.note.unwrap().contains("osdp_KEYSET to address 5"));
        assert_eq!(listener.try_recv().unwrap().data, POLL);
        assert_eq!(listener.try_recv(), Err(TryRecvError::Empty));
    }

    #[test]
    fn a_slow_listener_loses_the_oldest_and_learns_how_many() {
        let (mut tap, listeners) = tap();
        let mut listener = listeners.subscribe();
        for _ in 0..TAPPED_RECORDS + 3 {
            tap.wrote(&POLL);
        }
        assert_eq!(listener.try_recv(), Err(TryRecvError::Lagged(3)));
        assert!(listener.try_recv().is_ok());
    }
}
