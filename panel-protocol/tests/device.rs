//! A panel's device behind its PD machine, over hardware that has little and may fail.

use panel_protocol::osdp::command::{Buzzer, Command, Tone};
use panel_protocol::osdp::frame::{Check, Frame, Header, emit};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::pd::{Input, Key, Output, Pd, PdConfig, PdHandler};
use panel_protocol::osdp::reply::{Capability, Contact, DeviceId, LocalStatus, NakReason, Reply, function};
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::panel::{Device, DeviceConfig, Hardware, OUI, Panel, PanelConfig};
use panel_protocol::table::SortedRows;
use panel_protocol::time::Micros;

/// Two inputs, one output, a buzzer, and a place for a key that may be broken.
#[derive(Default)]
struct Bench {
    memory_broken: bool,
    buzzed: usize,
}

impl Hardware for Bench {
    fn keep_key(&mut self, _: &Scbk) -> bool {
        !self.memory_broken
    }

    fn random(&mut self) -> [u8; 8] {
        [7; 8]
    }

    fn input(&self, number: usize) -> Option<Contact> {
        [Contact::Active, Contact::Inactive].get(number).copied()
    }

    fn output(&self, number: usize) -> Option<Contact> {
        (number == 0).then_some(Contact::Active)
    }

    fn carry_out(&mut self, _: Micros, command: &Command<'_>) -> bool {
        let buzzer = matches!(command, Command::Buzzer(_));
        self.buzzed += usize::from(buzzer);
        buzzer
    }
}

type TestDevice = Device<Box<Panel<SortedRows<10>, 2, 4>>, Bench>;

const ID: DeviceId = DeviceId { vendor: OUI, model: 9, version: 1, serial: 77, firmware: [1, 2, 3] };

fn device(extras: &[Capability]) -> TestDevice {
    let panel = Box::new(Panel::new(PanelConfig { readers: 3 }, SortedRows::new()));
    let about = DeviceConfig { id: ID, receive_buffer: 256, extras };
    Device::new(about, panel, None, Bench::default())
}

/// Sends a command in clear and gives what the reply is found to be.
fn ask<T>(device: &mut TestDevice, command: &Command<'_>, found: impl FnOnce(Reply<'_>) -> T) -> T {
    let mut pd = Pd::<256>::new(PdConfig { address: 0, require_secure: false });
    let header = Header { address: 0, reply: false, sequence: 0, check: Check::Crc };
    let mut buf = [0; 256];
    let bytes = emit(&mut buf, header, None, command).expect("a short command");
    pd.handle(Micros(0), Input::Received(bytes), device);
    while let Some(output) = pd.poll_output() {
        if let Output::Transmit(bytes) = output {
            let frame = Frame::parse(&bytes[1..]).expect("a frame behind its mark");
            return found(Reply::parse(frame.code(), frame.data()).expect("a reply"));
        }
    }
    panic!("no answer to {command:?}")
}

fn refusal(device: &mut TestDevice, command: &Command<'_>) -> NakReason {
    ask(device, command, |reply| match reply {
        Reply::Nak(nak) => nak.reason,
        other => panic!("{other:?}"),
    })
}

#[test]
fn it_shows_as_many_contacts_as_the_hardware_has() {
    let mut device = device(&[]);
    let inputs = |reply: Reply<'_>| match reply {
        Reply::InputStatus(contacts) | Reply::OutputStatus(contacts) => contacts.iter().collect(),
        other => panic!("{other:?}"),
    };
    let both: Vec<_> = ask(&mut device, &Command::InputStatus, inputs);
    assert_eq!(both, [Contact::Active, Contact::Inactive]);
    let one: Vec<_> = ask(&mut device, &Command::OutputStatus, inputs);
    assert_eq!(one, [Contact::Active]);
    let readers = ask(&mut device, &Command::ReaderStatus, |reply| match reply {
        Reply::ReaderStatus(states) => states.len(),
        other => panic!("{other:?}"),
    });
    assert_eq!(readers, 3);
    let calm = |reply: Reply<'_>| reply == Reply::LocalStatus(LocalStatus::default());
    assert!(ask(&mut device, &Command::LocalStatus, calm));
}

#[test]
fn it_says_what_it_can_do_and_no_more() {
    let buzzer = Capability { function: function::AUDIBLE, compliance: 1, count: 3 };
    let mut device = device(&[buzzer]);
    let said = ask(&mut device, &Command::Capabilities, |reply| match reply {
        Reply::Capabilities(records) => records.iter().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    });
    let of = |function| said.iter().find(|capability| capability.function == function).copied();
    assert_eq!(of(function::AUDIBLE), Some(buzzer));
    assert_eq!(of(function::CONTACTS).map(|inputs| inputs.count), Some(2));
    assert_eq!(of(function::RECEIVE_BUFFER).map(|size| size.size()), Some(256));
    assert_eq!((of(function::OUTPUTS), of(function::LED)), (None, None));
}

#[test]
fn what_the_hardware_does_not_do_is_refused() {
    let mut device = device(&[]);
    let buzz = Buzzer { reader: 0, tone: Tone::Default, on_100ms: 1, off_100ms: 1, count: 1 };
    ask(&mut device, &Command::Buzzer(buzz), |reply| assert_eq!(reply, Reply::Ack));
    assert_eq!(device.hardware.buzzed, 1);
    assert_eq!(refusal(&mut device, &Command::Abort), NakReason::UnknownCommand);
    assert_eq!(refusal(&mut device, &Command::KeepActive(5)), NakReason::UnknownCommand);
}

#[test]
fn the_card_table_is_out_of_reach_in_clear_and_to_another_vendors_code() {
    let mut device = device(&[]);
    let info = |oui| Command::Manufacturer(Manufacturer { oui, data: &[0x01] });
    assert_eq!(refusal(&mut device, &info(OUI)), NakReason::Security);
    assert_eq!(refusal(&mut device, &info([1, 2, 3])), NakReason::UnknownCommand);
}

#[test]
fn a_key_that_could_not_be_kept_is_not_used() {
    let mut device = device(&[]);
    device.hardware.memory_broken = true;
    assert!(!device.set_key(&Scbk::new([1; 16])));
    assert_eq!(device.key(), Key::Factory);
    device.hardware.memory_broken = false;
    assert!(device.set_key(&Scbk::new([2; 16])));
    assert_eq!(device.key(), Key::Installed(&Scbk::new([2; 16])));
}
