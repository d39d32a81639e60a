//! A polled device: its machine, a power switch, the time that it takes to reply, and whatever is behind it.

use core::time::Duration;
use std::boxed::Box;
use std::vec::Vec;

use crate::osdp::pd::{Event, Input, Output, Pd, PdConfig, PdHandler};
use crate::time::Micros;

/// Most outputs of a machine at one moment.
const MAX_OUTPUTS: usize = 200;

/// A device with frames of at most `N` bytes, mark included.
#[derive(Debug)]
pub struct Device<H, const N: usize> {
    /// Its machine.
    pub pd: Box<Pd<N>>,
    /// What makes it the device that it is.
    pub handler: H,
    /// Without power it neither hears nor speaks.
    pub powered: bool,
    /// How long it takes to reply.
    pub reply_time: Duration,
    /// Whether it takes no notice of frames that end with a CRC.
    pub deaf_to_crc: bool,
    /// Where it listens, in bits a second.
    pub baud: u32,
}

/// What a device has to say to something that it heard: its replies as they stand on the line, each to begin at its time.
pub type Said = Vec<(Micros, Vec<u8>)>;

impl<H: PdHandler, const N: usize> Device<H, N> {
    /// A device that has just been switched on, replies within a millisecond, and does nothing in clear that a key
    /// protects.
    pub fn new(address: u8, baud: u32, handler: H) -> Self {
        Self {
            pd: machine(address),
            handler,
            powered: true,
            reply_time: Duration::from_millis(1),
            deaf_to_crc: false,
            baud,
        }
    }

    /// It loses its power and gets it back; where it listens it has stored.
    pub fn restart(&mut self) {
        self.pd = machine(self.pd.address());
    }

    /// It hears bytes that were sent at `baud`, of a frame that ends with a CRC or not. What it says to them; a change of
    /// its speed takes effect behind that.
    pub fn hear(&mut self, now: Micros, baud: u32, crc: bool, bytes: &[u8]) -> Said {
        if baud == self.baud && !(crc && self.deaf_to_crc) {
            self.take(now, Input::Received(bytes))
        } else {
            Vec::new()
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Micros) -> Said {
        self.take(now, Input::Tick)
    }

    fn take(&mut self, now: Micros, input: Input<'_>) -> Said {
        let mut said = Vec::new();
        if !self.powered {
            return said;
        }
        self.pd.handle(now, input, &mut self.handler);
        for _ in 0..MAX_OUTPUTS {
            match self.pd.poll_output() {
                Some(Output::Transmit(reply)) => said.push((now + self.reply_time, reply.to_vec())),
                Some(Output::Event(Event::ComSet(settings))) => self.baud = settings.baud,
                Some(Output::Event(_)) => {}
                None => return said,
            }
        }
        panic!("the PD never ends");
    }
}

fn machine<const N: usize>(address: u8) -> Box<Pd<N>> {
    Box::new(Pd::new(PdConfig { address, require_secure: true }))
}
