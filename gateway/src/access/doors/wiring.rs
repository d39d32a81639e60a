//! Which input, output, reader and device belongs to which door, and what each of them last showed.

use std::collections::{BTreeMap, BTreeSet};

use panel_protocol::door::{Contact, Input};

use crate::domain::{DoorParts, InputPlace, InputState, OutputPlace, ReaderPlace};

/// A door for which the gateway decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DoorSpec {
    /// The controller under which the configuration has it: its access is decided there.
    pub controller: usize,
    /// Its reader's number there.
    pub reader: Option<u8>,
    /// What it is made of.
    pub parts: DoorParts,
}

/// Whose a reader is, and as which reader of which controller a card at it is decided on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReaderOf {
    /// The door.
    pub door: usize,
    /// The controller under which the configuration has the door.
    pub controller: usize,
    /// The door's reader there, whichever side the card was at.
    pub reader: u8,
}

/// What an input is for.
#[derive(Clone, Copy, Debug)]
enum Use {
    Contact { door: usize, open_when_active: bool },
    RequestToExit { door: usize },
}

#[derive(Debug)]
pub(super) struct Wiring {
    locks: Vec<OutputPlace>,
    readers: BTreeMap<ReaderPlace, ReaderOf>,
    inputs: BTreeMap<InputPlace, Use>,
    /// As it last was; absent before it was told since its device is there.
    states: BTreeMap<InputPlace, InputState>,
    /// The devices of each door.
    devices: Vec<BTreeSet<usize>>,
    tampered: BTreeSet<usize>,
    without_power: BTreeSet<usize>,
}

impl Wiring {
    pub(super) fn of(specs: &[DoorSpec]) -> Self {
        let mut wiring = Self {
            locks: specs.iter().map(|spec| spec.parts.lock.output).collect(),
            readers: BTreeMap::new(),
            inputs: BTreeMap::new(),
            states: BTreeMap::new(),
            devices: specs.iter().map(devices_of).collect(),
            tampered: BTreeSet::new(),
            without_power: BTreeSet::new(),
        };
        for (door, spec) in specs.iter().enumerate() {
            if let Some(reader) = spec.reader {
                let of = ReaderOf { door, controller: spec.controller, reader };
                let own = ReaderPlace { device: spec.controller, reader };
                wiring
                    .readers
                    .extend([Some(own), spec.parts.exit_reader].into_iter().flatten().map(|it| (it, of)));
            }
            if let Some(contact) = spec.parts.contact {
                let used = Use::Contact { door, open_when_active: contact.open_when_active };
                wiring.inputs.insert(contact.input, used);
            }
            if let Some(button) = spec.parts.request_to_exit {
                wiring.inputs.insert(button, Use::RequestToExit { door });
            }
        }
        wiring
    }

    pub(super) fn reader(&self, at: ReaderPlace) -> Option<ReaderOf> {
        self.readers.get(&at).copied()
    }

    pub(super) fn readers_of(&self, door: usize) -> impl Iterator<Item = ReaderPlace> {
        self.readers.iter().filter(move |(_, of)| of.door == door).map(|(place, _)| *place)
    }

    pub(super) fn lock(&self, door: usize) -> OutputPlace {
        self.locks[door]
    }

    /// What a report on all inputs of a device means.
    pub(super) fn inputs(&mut self, device: usize, states: &[InputState]) -> Vec<(usize, Input)> {
        let mut happened = Vec::new();
        for (input, state) in (0..=u8::MAX).zip(states) {
            let place = InputPlace { device, input };
            let Some(used) = self.inputs.get(&place) else { continue };
            let before = self.states.insert(place, *state);
            if before != Some(*state) {
                happened.extend(used.changed(before, *state));
            }
        }
        happened
    }

    /// What a device says of itself, as a door of several has it: tampered as long as one of them is.
    pub(super) fn itself(
        &mut self,
        device: usize,
        tampered: bool,
        power_failed: bool,
    ) -> Vec<(usize, Input)> {
        set(&mut self.tampered, device, tampered);
        set(&mut self.without_power, device, power_failed);
        let of_device = self.doors_with(device);
        let told = of_device.into_iter().flat_map(|door| {
            let any = |of: &BTreeSet<usize>| !of.is_disjoint(&self.devices[door]);
            let (tampered, failed) = (any(&self.tampered), any(&self.without_power));
            [(door, Input::Tamper(tampered)), (door, Input::PowerFailed(failed))]
        });
        told.collect()
    }

    /// What it means that a device can be used, or can't any more: what its inputs showed says nothing then.
    pub(super) fn device(&mut self, device: usize, online: bool) -> Vec<(usize, Input)> {
        let mut happened = Vec::new();
        if !online {
            let lost: Vec<_> = self.states.keys().filter(|place| place.device == device).copied().collect();
            for place in lost {
                self.states.remove(&place);
                if let Some(Use::Contact { door, .. }) = self.inputs.get(&place) {
                    happened.push((*door, Input::Contact(Contact::Unknown)));
                }
            }
        }
        let locks = self.locks.iter().enumerate().filter(|(_, lock)| lock.device == device);
        let input = if online { Input::LockBack } else { Input::LockLost };
        happened.extend(locks.map(|(door, _)| (door, input)));
        happened
    }

    fn doors_with(&self, device: usize) -> Vec<usize> {
        let with = self.devices.iter().enumerate().filter(|(_, devices)| devices.contains(&device));
        with.map(|(door, _)| door).collect()
    }
}

impl Use {
    /// A button that was down when it was first seen was pressed by nobody: a device that comes back opens no door.
    fn changed(self, before: Option<InputState>, state: InputState) -> Option<(usize, Input)> {
        match self {
            Self::Contact { door, open_when_active } => {
                Some((door, Input::Contact(super::contact(state, open_when_active))))
            }
            Self::RequestToExit { door } => {
                let pressed = before == Some(InputState::Inactive) && state == InputState::Active;
                pressed.then_some((door, Input::RequestToExit))
            }
        }
    }
}

fn devices_of(spec: &DoorSpec) -> BTreeSet<usize> {
    let DoorParts { lock, contact, request_to_exit, exit_reader, .. } = spec.parts;
    let own = spec.reader.map(|_| spec.controller);
    let others = [
        own,
        contact.map(|contact| contact.input.device),
        request_to_exit.map(|button| button.device),
        exit_reader.map(|reader| reader.device),
    ];
    others.into_iter().flatten().chain([lock.output.device]).collect()
}

fn set(of: &mut BTreeSet<usize>, device: usize, is_in: bool) {
    if is_in {
        of.insert(device);
    } else {
        of.remove(&device);
    }
}
