//! The native dialect behind the face that the driver knows.

use panel_protocol::time::Micros;

use super::conversation::{Conversation, Input as NativeInput};
use crate::links::card_table::Frame;
use crate::links::mqtt::limits::SENT_OPERATION_LEN;
use crate::links::mqtt::talk::{Done, Input, Output, Standing, Talk, Wish};
use crate::sync::{Failure, Room};

impl Talk for Conversation {
    fn hears(&self, topic: &str) -> bool {
        self.said(topic).is_some()
    }

    fn handle(&mut self, now: Micros, input: Input<'_>) {
        let input = match input {
            Input::BrokerUp => NativeInput::BrokerUp,
            Input::BrokerDown => NativeInput::BrokerDown,
            Input::Due => NativeInput::Due,
            Input::Said { topic, payload, retained } => match self.said(topic) {
                Some(what) => NativeInput::Said { what, payload, retained },
                None => return,
            },
        };
        self.take_input(now, input);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.output()
    }

    fn deadline(&self) -> Option<Micros> {
        self.due()
    }

    fn is_free(&self, now: Micros) -> bool {
        self.room(now).is_some()
    }

    fn spared_until(&self) -> Option<Micros> {
        self.spared()
    }

    fn offer(&mut self, now: Micros, fill: &mut dyn FnMut(&mut dyn Room) -> bool) -> bool {
        let Some(room) = self.room(now) else { return false };
        let mut bytes = [0; SENT_OPERATION_LEN];
        let mut frame = Frame::new(&mut bytes[..room]);
        if !fill(&mut frame) {
            return false;
        }
        match frame.filled() {
            Some(len) => self.send(now, &bytes[..len]),
            None => self.lost(Failure::Lost),
        }
        true
    }

    fn actuate(&mut self, _: Micros, wish: Wish, done: Done) {
        let Wish { output, tenths, until, not_after } = wish;
        self.switch(output, tenths, not_after, until, done);
    }

    fn standing(&self) -> Standing<'_> {
        let (faults, sent, received) = self.counted();
        Standing {
            condition: self.condition(),
            identity: self.identity(),
            last_heard: self.last_heard(),
            faults,
            sent,
            received,
        }
    }
}
