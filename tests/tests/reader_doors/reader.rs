//! A reader that is libosdp's: its PD on a thread of its own, behind a pseudo-terminal that the gateway opens.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use libosdp::{
    Channel, ChannelError, OsdpCommand, OsdpError, OsdpEvent, OsdpEventCardRead, OsdpEventKeyPress,
    OsdpFileOps, OsdpFlag, OsdpStatusReport, OsdpStatusReportType, PdCapEntity, PdCapability, PdId,
    PdInfoBuilder, PeripheralDevice,
};
use panel_protocol::credential::Credential;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// How long it leaves a silent line alone: much less than any of its timers.
const REST: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };

/// Its inputs: the door's contact and the button.
pub(crate) const CONTACT: usize = 0;
pub(crate) const BUTTON: usize = 1;

/// The reader, from outside.
pub(crate) struct TheirReader {
    pub(crate) port: PathBuf,
    orders: Option<Sender<Order>>,
    commands: Arc<Mutex<Vec<OsdpCommand>>>,
    file: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
    /// Keeps the port alive while the gateway has it closed.
    _peer: OwnedFd,
}

enum Order {
    Tell(OsdpEvent),
    Input(usize, bool),
    /// Nothing arrives any more, either way, or does again.
    Cut(bool),
    /// Another reader, of this number, with the same key, takes its place.
    Swap(u8),
}

/// What is on the thread.
struct Behind {
    end: End,
    key: Option<[u8; 16]>,
    inputs: Arc<Mutex<[bool; 2]>>,
    commands: Arc<Mutex<Vec<OsdpCommand>>>,
    file: Arc<Mutex<Vec<u8>>>,
}

impl TheirReader {
    /// One with that key; `None`: it talks in clear. Its door is closed and its button is up.
    pub(crate) fn start(key: Option<[u8; 16]>) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let port = PathBuf::from(ptsname(&master, Vec::new()).unwrap().into_string().unwrap());
        let peer = ioctl_tiocgptpeer(&master, flags).unwrap();
        let mut termios = tcgetattr(&master).unwrap();
        termios.make_raw();
        tcsetattr(&master, OptionalActions::Now, &termios).unwrap();
        fcntl_setfl(&master, fcntl_getfl(&master).unwrap() | OFlags::NONBLOCK).unwrap();
        let (orders, inbox) = channel();
        let commands = Arc::<Mutex<Vec<OsdpCommand>>>::default();
        let file = Arc::<Mutex<Vec<u8>>>::default();
        let behind = Behind {
            end: End { port: Arc::new(master), cut: Arc::default() },
            key,
            inputs: Arc::default(),
            commands: Arc::clone(&commands),
            file: Arc::clone(&file),
        };
        let thread = std::thread::spawn(move || behind.serve(&inbox));
        Self { port, orders: Some(orders), commands, file, thread: Some(thread), _peer: peer }
    }

    /// Somebody presents a card.
    pub(crate) fn present(&self, card: Credential) {
        let bytes = (card.raw() << (64 - card.bits())).to_be_bytes();
        let read = OsdpEventCardRead::new_wiegand(card.bits().into(), bytes[..card.byte_len()].to_vec());
        self.order(Order::Tell(OsdpEvent::CardRead(read.unwrap())));
    }

    /// Somebody types.
    pub(crate) fn type_keys(&self, keys: &[u8]) {
        self.order(Order::Tell(OsdpEvent::KeyPress(OsdpEventKeyPress::new(keys.to_vec()))));
    }

    /// An input changes.
    pub(crate) fn input(&self, number: usize, active: bool) {
        self.order(Order::Input(number, active));
    }

    pub(crate) fn cut(&self, cut: bool) {
        self.order(Order::Cut(cut));
    }

    pub(crate) fn swap(&self, number: u8) {
        self.order(Order::Swap(number));
    }

    /// What its outputs were told, as output, control code and tenths of a second.
    pub(crate) fn switched(&self) -> Vec<(u8, u8, u16)> {
        let commands = self.commands.lock().unwrap();
        let outputs = commands.iter().filter_map(|command| match command {
            OsdpCommand::Output(output) => Some((output.output_no, output.control_code, output.timer_count)),
            _ => None,
        });
        outputs.collect()
    }

    /// The colours that its light was told to show for a while.
    pub(crate) fn colours(&self) -> Vec<libosdp::OsdpLedColor> {
        let commands = self.commands.lock().unwrap();
        let lights = commands.iter().filter_map(|command| match command {
            OsdpCommand::Led(led) => Some(led.temporary.on_color),
            _ => None,
        });
        lights.collect()
    }

    /// As much of a file as it has.
    pub(crate) fn file(&self) -> Vec<u8> {
        self.file.lock().unwrap().clone()
    }

    /// How often it was told to beep, each time.
    pub(crate) fn beeps(&self) -> Vec<u8> {
        let commands = self.commands.lock().unwrap();
        let tones = commands.iter().filter_map(|command| match command {
            OsdpCommand::Buzzer(buzzer) => Some(buzzer.rep_count),
            _ => None,
        });
        tones.collect()
    }

    fn order(&self, order: Order) {
        self.orders.as_ref().unwrap().send(order).unwrap();
    }
}

impl Drop for TheirReader {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Behind {
    fn serve(self, inbox: &Receiver<Order>) {
        let mut device = self.device(7);
        loop {
            match inbox.try_recv() {
                Ok(Order::Tell(event)) => drop(device.notify_event(event)),
                Ok(Order::Input(number, active)) => {
                    self.inputs.lock().unwrap()[number] = active;
                    let report =
                        report(OsdpStatusReportType::Input, &self.inputs.lock().unwrap().map(u8::from));
                    drop(device.notify_event(OsdpEvent::Status(report)));
                }
                Ok(Order::Cut(cut)) => *self.end.cut.lock().unwrap() = cut,
                Ok(Order::Swap(number)) => device = self.device(number),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return,
            }
            device.refresh();
            // Woken by a signal is as good as woken by a byte.
            let _ = poll(&mut [PollFd::new(&*self.end.port, PollFlags::IN)], Some(&REST));
        }
    }

    fn device(&self, number: u8) -> PeripheralDevice {
        let some = |count| PdCapEntity::new(1, count);
        let info = PdInfoBuilder::new().address(1).unwrap().baud_rate(115_200).unwrap();
        let info = match self.key {
            Some(key) => info.secure_channel_key(key).flag(OsdpFlag::EnforceSecure),
            None => info,
        };
        let info = info.id(&PdId::from_number(number)).capabilities(&[
            PdCapability::ContactStatusMonitoring(some(2)),
            PdCapability::OutputControl(some(1)),
            PdCapability::LedControl(some(1)),
            PdCapability::AudibleOutput(some(1)),
            PdCapability::Readers(some(1)),
        ]);
        let mut device = PeripheralDevice::new(info, Box::new(self.end.clone())).unwrap();
        device.register_file_ops(Box::new(Store(Arc::clone(&self.file)))).unwrap();
        let (commands, inputs) = (Arc::clone(&self.commands), Arc::clone(&self.inputs));
        device.set_command_callback(move |command| {
            if let OsdpCommand::Status(asked) = command {
                *asked = match asked.type_ {
                    OsdpStatusReportType::Input => report(asked.type_, &inputs.lock().unwrap().map(u8::from)),
                    OsdpStatusReportType::Local => report(asked.type_, &[0, 0]),
                    other => report(other, &[0]),
                };
            }
            commands.lock().unwrap().push(command.clone());
            0
        });
        device
    }
}

fn report(kind: OsdpStatusReportType, entries: &[u8]) -> OsdpStatusReport {
    let mut report = [0; 64];
    report[..entries.len()].copy_from_slice(entries);
    OsdpStatusReport { type_: kind, nr_entries: entries.len(), report }
}

/// Where it puts a file.
struct Store(Arc<Mutex<Vec<u8>>>);

impl OsdpFileOps for Store {
    fn open(&mut self, _: i32, _: bool) -> Result<usize, OsdpError> {
        self.0.lock().unwrap().clear();
        Ok(0)
    }

    fn offset_read(&self, _: &mut [u8], _: u64) -> Result<usize, OsdpError> {
        Err(OsdpError::FileTransfer("it takes files, and gives none"))
    }

    fn offset_write(&self, bytes: &[u8], offset: u64) -> Result<usize, OsdpError> {
        let mut file = self.0.lock().unwrap();
        file.truncate(usize::try_from(offset).unwrap());
        file.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn close(&mut self) -> Result<(), OsdpError> {
        Ok(())
    }
}

/// libosdp's end of the line.
#[derive(Clone)]
struct End {
    port: Arc<OwnedFd>,
    cut: Arc<Mutex<bool>>,
}

impl Channel for End {
    fn get_id(&self) -> i32 {
        1
    }

    fn read(&mut self, room: &mut [u8]) -> Result<usize, ChannelError> {
        // Nothing there, or nobody: both are silence.
        let count = rustix::io::read(&*self.port, room).unwrap_or(0);
        Ok(if *self.cut.lock().unwrap() { 0 } else { count })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, ChannelError> {
        if !*self.cut.lock().unwrap() {
            let _ = rustix::io::write(&*self.port, bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), ChannelError> {
        while self.read(&mut [0; 256])? > 0 {}
        Ok(())
    }

    fn close(&mut self) -> Result<(), ChannelError> {
        Ok(())
    }
}
