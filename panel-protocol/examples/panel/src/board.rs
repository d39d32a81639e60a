//! The board: an STM32G081KB, an RS-485 transceiver, a relay, and what hangs on its pins.
//!
//! | pin | what |
//! | --- | --- |
//! | PA9, PA10, PA12 | transceiver: data out, data in, driver enable (held low by a resistor) |
//! | PA0, PA1 | reader: D0, D1, pulled up |
//! | PA4 | relay of the door's strike, high to unlock; held low by a resistor, so that a reset locks |
//! | PA5, PA6 | door contact, request-to-exit button, each to ground |
//! | PB0–PB2 | address switches, each to ground: 0 to 7 |
//! | PB3 | factory jumper: on at power-up, the key is forgotten |
//! | PB4 | tamper switch of the housing, to ground while it is closed |

use core::time::Duration;

use cortex_m_rt::exception;
use embassy_stm32::flash::{Blocking, Flash};
use embassy_stm32::gpio::{Input, Level, Output, Pull, Speed};
use embassy_stm32::peripherals::{IWDG, RNG, USART1};
use embassy_stm32::rcc::{self, mux::Rngsel};
use embassy_stm32::usart::{BufferedInterruptHandler, BufferedUart};
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_stm32::{Config, bind_interrupts, pac, rng, usart};
use embedded_io::{Read, Write};
use panel_protocol::osdp::reply::{Contact, LocalStatus};
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::panel::Hardware;
use panel_protocol::time::Micros;

use crate::clock;
use crate::keys::KeyStore;

/// Speed of the line in bits a second, as the gateway's configuration says it.
const BAUD: u32 = 115_200;

/// Two characters of ten bits: the silence before a reply (OSDP 2.2, 5.7).
const IDLE: Duration = Duration::from_micros(20 * 1_000_000 / BAUD as u64);

/// The processor's clock after [`clocks`].
const CORE_HZ: u32 = 64_000_000;

/// The pages of flash that memory.x leaves to the key.
const KEY_PAGES: [u32; 2] = [124 * 1024, 126 * 1024];

bind_interrupts!(struct Interrupts {
    USART1 => BufferedInterruptHandler<USART1>;
    AES_RNG => rng::InterruptHandler<RNG>;
});

/// The RS-485 line.
pub(crate) struct Line {
    uart: BufferedUart<'static>,
    heard: Micros,
}

/// The door, and all else that the panel has to do with.
pub(crate) struct Door {
    strike: Output<'static>,
    relock_at: Option<Micros>,
    contact: Input<'static>,
    exit_button: Input<'static>,
    tamper: Input<'static>,
    random: rng::Rng<'static, RNG>,
    keys: KeyStore<Flash<'static, Blocking>>,
}

/// What [`start`] finds.
pub(crate) struct Board {
    pub(crate) line: Line,
    pub(crate) door: Door,
    pub(crate) watchdog: IndependentWatchdog<'static, IWDG>,
    pub(crate) address: u8,
    pub(crate) key: Option<Scbk>,
}

/// Sets the chip up, the strike first. `received` and `sending` are the line's buffers.
///
/// # Panics
/// When called twice, which the chip's peripherals don't allow.
#[inline(never)] // what it needs on the stack is free again when the loop begins
pub(crate) fn start(received: &'static mut [u8], sending: &'static mut [u8]) -> Board {
    let chip = embassy_stm32::init(clocks());
    let strike = Output::new(chip.PA4, Level::Low, Speed::Low);
    let mut watchdog = IndependentWatchdog::new(chip.IWDG, 2_000_000);
    watchdog.unleash();

    for wire in [Input::new(chip.PA0, Pull::Up), Input::new(chip.PA1, Pull::Up)] {
        core::mem::forget(wire); // dropped, it would be switched off
    }
    let core = cortex_m::Peripherals::take().expect("taken here only");
    clock::start(core.SYST, CORE_HZ);

    let mut speed = usart::Config::default();
    speed.baudrate = BAUD;
    // The chip itself drives the enable pin: half a bit before the first bit, and half a bit longer than the last.
    (speed.de_assertion_time, speed.de_deassertion_time) = (8, 8);
    let uart = BufferedUart::new_with_de(
        chip.USART1,
        chip.PA10,
        chip.PA9,
        chip.PA12,
        Interrupts,
        sending,
        received,
        speed,
    )
    .expect("the speed is one that the chip can do");

    let switches =
        [Input::new(chip.PB0, Pull::Up), Input::new(chip.PB1, Pull::Up), Input::new(chip.PB2, Pull::Up)];
    let factory = Input::new(chip.PB3, Pull::Up);
    cortex_m::asm::delay(CORE_HZ / 10_000); // until the pull-ups have charged their wires
    let address = switches.iter().rev().fold(0, |address, switch| address << 1 | u8::from(switch.is_low()));
    let mut keys = KeyStore::new(Flash::new_blocking(chip.FLASH), KEY_PAGES);
    if factory.is_low() {
        keys.forget();
    }
    let key = keys.load();
    let door = Door {
        strike,
        relock_at: None,
        contact: Input::new(chip.PA5, Pull::Up),
        exit_button: Input::new(chip.PA6, Pull::Up),
        tamper: Input::new(chip.PB4, Pull::Up),
        random: rng::Rng::new(chip.RNG, Interrupts),
        keys,
    };
    Board { line: Line { uart, heard: Micros(0) }, door, watchdog, address, key }
}

/// 64 MHz from the internal oscillator, which is exact enough for a UART, and 32 MHz for random numbers (48 at most).
fn clocks() -> Config {
    let mut config = Config::default();
    config.rcc.pll = Some(rcc::Pll {
        source: rcc::PllSource::HSI,
        prediv: rcc::PllPreDiv::DIV1,
        mul: rcc::PllMul::MUL8,
        divp: None,
        divq: Some(rcc::PllQDiv::DIV4),
        divr: Some(rcc::PllRDiv::DIV2),
    });
    config.rcc.sys = rcc::Sysclk::PLL1_R;
    config.rcc.mux.rngsel = Rngsel::PLL1_Q;
    config
}

impl Line {
    /// What has come since the last call; how many bytes.
    pub(crate) fn receive(&mut self, now: Micros, bytes: &mut [u8]) -> usize {
        let count = self.uart.read(bytes).unwrap_or(0);
        if count > 0 {
            self.heard = now;
        }
        count
    }

    /// Sends when the line has been silent for long enough.
    pub(crate) fn send(&mut self, frame: &[u8]) {
        while clock::now() < self.heard + IDLE {}
        let _ = self.uart.write_all(frame);
    }
}

impl Door {
    /// Unlocks until then, or longer if that was said before.
    pub(crate) fn unlock(&mut self, until: Micros) {
        self.relock_at = self.relock_at.max(Some(until));
        self.strike.set_high();
    }

    /// Locks again when the time has come.
    pub(crate) fn relock_when_due(&mut self, now: Micros) {
        if self.relock_at.is_some_and(|due| now >= due) {
            self.relock_at = None;
            self.strike.set_low();
        }
    }

    /// Whether somebody inside wants to leave.
    pub(crate) fn exit_requested(&self) -> bool {
        self.exit_button.is_low()
    }
}

impl Hardware for Door {
    fn keep_key(&mut self, key: &Scbk) -> bool {
        self.keys.store(key)
    }

    fn random(&mut self) -> [u8; 8] {
        self.random.next_u64().to_le_bytes()
    }

    fn local_status(&self) -> LocalStatus {
        LocalStatus { tamper: self.tamper.is_high(), power_failure: false }
    }

    /// Input 0 is the door's contact, active while the door is open; input 1 the request-to-exit button.
    fn input(&self, number: usize) -> Option<Contact> {
        match number {
            0 => Some(active(self.contact.is_high())),
            1 => Some(active(self.exit_requested())),
            _ => None,
        }
    }

    /// Output 0 is the strike, active while it is unlocked. It takes no commands: only a card or the button unlocks.
    fn output(&self, number: usize) -> Option<Contact> {
        (number == 0).then(|| active(self.strike.is_set_high()))
    }
}

fn active(active: bool) -> Contact {
    if active { Contact::Active } else { Contact::Inactive }
}

/// A key record that power failed on can be unreadable to the chip, which says so by this interrupt. What was read is
/// refused by its check; here is only said that it was heard.
#[exception]
#[allow(unsafe_code, reason = "the handler of an interrupt that nothing masks must be; it takes no lock")]
unsafe fn NonMaskableInt() {
    pac::FLASH.eccr().modify(|ecc| ecc.set_eccd(true)); // writing a one clears it
}
