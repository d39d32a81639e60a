//! Hardware as the installer described it: what devices hang on, and what they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::mqtt::Broker;
use crate::domain::{ControllerId, DoorId, DoorParts, Feedback, LineId, Place};
use crate::links::modbus::Reach;
use crate::links::modbus::map::RegisterMap;
use crate::links::mqtt::Dialect;
use crate::links::wiegand_serial::{Place as AdapterPlace, Profile};

/// What devices hang on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Unique among lines.
    pub id: LineId,
    /// What is spoken on it, and where.
    pub protocol: Protocol,
}

/// What is spoken on a line, with what that needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// OSDP 2.2 on an RS-485 pair, secure channel always.
    Osdp {
        /// The serial device; unique among lines.
        port: PathBuf,
        /// Bits a second, one of [`BAUD_RATES`](super::BAUD_RATES).
        baud: u32,
    },
    /// Modbus, on a pair, through a network adapter, or TCP.
    Modbus {
        /// Where; unique among lines.
        reach: Reach,
        /// Nothing is sent for so long after a reply.
        gap: Duration,
    },
    /// An adapter that turns a reader's Wiegand pulses into characters.
    WiegandSerial {
        /// Where it is; unique among lines.
        place: AdapterPlace,
        /// How it writes cards down.
        profile: Profile,
    },
    /// MQTT, at the site's broker; there is one at most.
    Mqtt(Broker),
}

impl Protocol {
    /// The serial device, where it is spoken on one.
    pub fn port(&self) -> Option<&Path> {
        match self {
            Self::Osdp { port, .. }
            | Self::Modbus { reach: Reach::Port { path: port, .. }, .. }
            | Self::WiegandSerial { place: AdapterPlace::Serial { port, .. }, .. } => Some(port),
            Self::Modbus { .. } | Self::WiegandSerial { .. } | Self::Mqtt(_) => None,
        }
    }
}

/// A device that has doors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Controller {
    /// Unique among controllers.
    pub id: ControllerId,
    /// Who decides.
    pub kind: ControllerKind,
    /// Where it is reached.
    pub attachment: Attachment,
    /// What its readers show people.
    pub feedback: Arc<Feedback>,
    /// Its doors; none where the doors of others use it.
    pub doors: Vec<Door>,
}

impl Controller {
    /// The line that it hangs on, or the broker.
    pub const fn line(&self) -> &LineId {
        match &self.attachment {
            Attachment::Osdp { line, .. }
            | Attachment::Modbus { line, .. }
            | Attachment::WiegandSerial { line }
            | Attachment::Mqtt { broker: line, .. } => line,
        }
    }

    /// What it can do, if it is a board on a Modbus line.
    pub fn register_map(&self) -> Option<Arc<RegisterMap>> {
        match &self.attachment {
            Attachment::Modbus { map, .. } => Some(Arc::clone(map)),
            Attachment::Osdp { .. } | Attachment::WiegandSerial { .. } | Attachment::Mqtt { .. } => None,
        }
    }
}

/// Where a controller is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attachment {
    /// On an OSDP line.
    Osdp {
        /// Which.
        line: LineId,
        /// Its address there, 0 to 126, unique on the line.
        address: u8,
        /// Where its secure-channel key is kept; no such file until it is enrolled. `None`: by the installer's word it is
        /// talked to in clear, and whoever touches the line can read and forge it.
        scbk_file: Option<PathBuf>,
    },
    /// On a Modbus line.
    Modbus {
        /// Which.
        line: LineId,
        /// Its address there, 1 to 247, unique on the line.
        address: u8,
        /// What it can do.
        map: Arc<RegisterMap>,
        /// It has so long to answer.
        timeout: Duration,
    },
    /// The reader behind a line's adapter.
    WiegandSerial {
        /// Which line.
        line: LineId,
    },
    /// At the site's broker.
    Mqtt {
        /// The broker, as it is called among the lines.
        broker: LineId,
        /// What it speaks there, and under which name.
        dialect: Dialect,
        /// Its name as user of the broker; unique there.
        user: String,
    },
}

/// Who decides at a controller's doors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ControllerKind {
    /// The device itself, by the card table that it holds.
    Panel,
    /// The gateway; the doors stop when the box stops.
    Reader,
    /// The gateway; it has outputs and inputs alone, for doors of its own or of others.
    Io,
}

/// One door of a controller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Door {
    /// Unique among all doors of the site.
    pub id: DoorId,
    /// What people call it; the id where nothing else was given.
    pub name: String,
    /// Where it is, as people say it: "Harbour Street / Lobby".
    pub place: Option<Place>,
    /// The controller's reader number, 0 to 15, unique there. A panel's door has one.
    pub reader: Option<u8>,
    /// What the gateway drives of it; `None`: the panel does.
    pub parts: Option<DoorParts>,
}
