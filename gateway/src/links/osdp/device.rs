//! One device of a line: how it is, and whose command is on its way to it.

use std::sync::Arc;

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::cp::{Capabilities, DeviceIdentity, PdIndex};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::secure::Message;
use panel_protocol::panel::OUI;
use panel_protocol::time::Micros;

use super::event;
use super::heard::heard;
use super::limits::{REFUSED_PAUSE, UNSUPPORTED_PAUSE};
use super::outputs::{self, Done};
use crate::domain::{Became, DeviceCondition, Feedback};
use crate::links::card_table;
use crate::links::{ActuateError, DeviceClient};
use crate::sync::{Answer, Failure};

/// One device.
pub(super) struct Device {
    pub pd: PdIndex,
    /// What the client calls it.
    pub device: usize,
    pub condition: DeviceCondition,
    /// The device that is remembered for it.
    pub identity: Option<DeviceIdentity>,
    /// Until when it is given no operation, because it refused one or there was none.
    pub spared_until: Micros,
    pub asked: Asked,
    /// What it shows people.
    pub feedback: Arc<Feedback>,
    /// What is still to be asked of how it stands.
    pub questions: Questions,
    /// What was told of its last answer, if that was none: told again only when it changes.
    refusal: Option<Became>,
}

/// What the command that is on its way to a device is.
pub(super) enum Asked {
    /// The client's operation, or none.
    Operation,
    /// An output to be switched, before `until`.
    Output { until: Micros, done: Done },
    /// Something that is shown to people. Whether it was is of no matter.
    Shown,
    /// How it stands.
    Status,
}

/// What a device without a card table is asked when its session is up: it tells only what changes afterwards.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Questions {
    asks: bool,
    local: bool,
    inputs: bool,
    outputs: bool,
}

impl Questions {
    /// None of a device that holds a card table: what it says of its doors is its own affair.
    pub(super) fn of(holds_table: bool) -> Self {
        Self { asks: !holds_table, ..Self::default() }
    }

    /// All are to be asked, as far as the device can answer.
    pub(super) fn begin(&mut self, can: &Capabilities) {
        (self.local, self.inputs, self.outputs) = (self.asks, can.inputs > 0, can.outputs > 0);
    }

    pub(super) fn any(self) -> bool {
        self.asks && (self.local || self.inputs || self.outputs)
    }

    /// The next one.
    pub(super) fn take(&mut self) -> Option<Command<'static>> {
        if !self.asks {
            None
        } else if std::mem::take(&mut self.inputs) {
            Some(Command::InputStatus)
        } else if std::mem::take(&mut self.local) {
            Some(Command::LocalStatus)
        } else {
            std::mem::take(&mut self.outputs).then_some(Command::OutputStatus)
        }
    }
}

impl Device {
    /// One that was not heard yet.
    pub(super) fn new(
        pd: PdIndex,
        device: usize,
        identity: Option<DeviceIdentity>,
        holds_table: bool,
        feedback: Arc<Feedback>,
    ) -> Self {
        Self {
            pd,
            device,
            condition: DeviceCondition::Starting,
            identity,
            spared_until: Micros(0),
            asked: Asked::Operation,
            feedback,
            questions: Questions::of(holds_table),
            refusal: None,
        }
    }

    /// Tells what it became.
    pub(super) fn became(&mut self, client: &dyn DeviceClient, became: &Became) {
        self.refusal = None;
        match became {
            Became::Condition { is, .. } => self.condition = *is,
            Became::Identified { .. } | Became::SecurityIncident { .. } => {
                self.condition = DeviceCondition::Starting;
            }
            Became::InstallModeOver { .. } | Became::Remark { .. } => {}
        }
        client.became(self.device, became);
    }

    /// Hands the reply to a command to whoever wanted it.
    pub(super) fn take_reply(&mut self, now: Micros, client: &dyn DeviceClient, message: Message<'_>) {
        match std::mem::replace(&mut self.asked, Asked::Operation) {
            Asked::Operation => self.take_answer(now, client, message),
            Asked::Output { done, .. } => {
                if let Some(outputs) = heard(message, None) {
                    client.heard(self.device, &outputs);
                }
                outputs::answer(done, switched(message));
            }
            Asked::Shown => {}
            Asked::Status => {
                if let Some(status) = heard(message, None) {
                    client.heard(self.device, &status);
                }
            }
        }
    }

    /// The command that was on its way will not be answered.
    pub(super) fn lose_command(&mut self, client: &dyn DeviceClient) {
        match std::mem::replace(&mut self.asked, Asked::Operation) {
            Asked::Operation => client.failed(self.device, Failure::Lost),
            Asked::Output { done, .. } => outputs::answer(done, Err(ActuateError::Unconfirmed)),
            Asked::Shown | Asked::Status => {}
        }
    }

    /// The reply to an operation. One that is no answer is a failure, and may tell what the device is.
    fn take_answer(&mut self, now: Micros, client: &dyn DeviceClient, message: Message<'_>) {
        let (failure, became) = match Reply::parse(message.code, message.data) {
            Ok(Reply::Manufacturer(Manufacturer { oui: OUI, data })) => match card_table::answer(data) {
                Some(answer) => return self.take_good_answer(client, &answer),
                None => return client.failed(self.device, Failure::Malformed),
            },
            Ok(Reply::Nak(nak)) => (Failure::Refused, event::refused(nak.reason)),
            _ => (Failure::Malformed, event::nonsense()),
        };
        client.failed(self.device, failure);
        if self.refusal.as_ref() != Some(&became) {
            self.became(client, &became);
            self.refusal = Some(became);
        }
        let unsupported = self.condition == DeviceCondition::Unsupported;
        self.spared_until = now + if unsupported { UNSUPPORTED_PAUSE } else { REFUSED_PAUSE };
    }

    /// Whatever it did not understand before, it does now.
    fn take_good_answer(&mut self, client: &dyn DeviceClient, answer: &Answer) {
        self.refusal = None;
        if self.condition == DeviceCondition::Unsupported {
            self.became(client, &event::understands());
        }
        client.answered(self.device, answer);
    }
}

/// What the reply to a switched output says.
fn switched(message: Message<'_>) -> Result<(), ActuateError> {
    match Reply::parse(message.code, message.data) {
        Ok(Reply::Ack | Reply::OutputStatus(_)) => Ok(()),
        Ok(Reply::Nak(nak)) => Err(ActuateError::Refused(nak.reason.to_string())),
        _ => Err(ActuateError::Unconfirmed),
    }
}
