//! A door controller, whole: OSDP to the gateway, a Wiegand reader, a strike, a thousand cards.
//!
//! The gateway keeps the card table up to date over the secure channel; the panel decides by itself, with or without
//! a gateway. `board.rs` is the chip and its pins, `clock.rs` time and the reader's wires, `keys.rs` the key's place
//! in flash. What is here would be the same on any other chip.
#![no_std]
#![no_main]

mod board;
mod clock;
mod keys;

use core::panic::PanicInfo;
use core::time::Duration;

use cortex_m::peripheral::SCB;
use cortex_m_rt::entry;
use panel_protocol::osdp::pd::{Input, Output, Pd, PdConfig};
use panel_protocol::osdp::reply::DeviceId;
use panel_protocol::panel::{Device, DeviceConfig, Panel};
use panel_protocol::table::SortedRows;

use board::Board;

/// Cards that the table holds, 25 bytes each.
const CARDS: usize = 1_000;

/// Profiles, 16 bytes each, twice: those in force and those being staged.
const PROFILES: usize = 16;

/// Events that are kept for a gateway that is away, 40 bytes each.
const EVENTS: usize = 32;

/// Schedules, and as many calendars. Without room for any it speaks version 1 of the card-table commands; 4 would make it
/// one of version 2, for 12 KiB of flash and 1.1 KiB of RAM more.
const SCHEDULES: usize = 0;

/// Cards of which is remembered where they went and their wrong PINs, 64 bytes each, in version 2.
const MEMORY: usize = 0;

/// Longest frame. The PD machine has three buffers of this size: one that is being received, the last command and its
/// answer, both kept for the case of a retry. 256 bytes carry 32 rows, 16 % less payload than 1,024 would.
const FRAME: usize = 256;

/// How long a card, or the button, unlocks the door.
const UNLOCK_TIME: Duration = Duration::from_secs(5);

/// How long the door stays unlocked after its hours or its mode have ended, at most.
const UNLOCKED_STEP: Duration = Duration::from_secs(1);

/// Fewer bits than this are a key of a keypad reader, or noise on the wires.
const SHORTEST_CARD: u8 = 24;

/// Who this is. Take your own organisation's identifier (OUI), and each device's own serial number.
const IDENTITY: DeviceId =
    DeviceId { vendor: [0x0A, 0x47, 0x48], model: 2, version: 1, serial: 1, firmware: [0, 1, 0] };

#[entry]
fn main() -> ! {
    // 1. Memory. `entry` gives these to this function alone, as `&'static mut`, and the linker sees that they fit. The
    //    panel is all zeros, so it takes no flash.
    static mut PANEL: Panel<SortedRows<CARDS>, PROFILES, EVENTS, SCHEDULES, MEMORY> = Panel::in_ram();
    static mut PD: Pd<FRAME> = Pd::new(PdConfig { address: 0, require_secure: true });
    static mut RECEIVED: [u8; FRAME] = [0; FRAME];
    static mut SENDING: [u8; FRAME] = [0; FRAME];

    // 2. The board. The door is locked from here on: a reset has let go of the relay, and the first thing that is set
    //    up holds it there. A key in flash is what the gateway gave; without one, the device waits for its first.
    let Board { mut line, door, mut watchdog, address, key } = board::start(RECEIVED, SENDING);

    // 3. The machines. `Pd` speaks OSDP, and asks the device for all that makes it this one: who it is, its key, its
    //    panel with table, clock and events, its contacts. Nothing is shared, nothing is allocated.
    let about = DeviceConfig { id: IDENTITY, receive_buffer: FRAME as u16, extras: &[] };
    PANEL.set_readers(1);
    let mut device = Device::new(about, PANEL, key, door);
    PD.set_address(address);

    loop {
        let now = clock::now();

        // 4. The line: bytes in, or news that time has passed; then whatever the machine wants sent.
        let mut bytes = [0; 32];
        let count = line.receive(now, &mut bytes);
        if count > 0 {
            PD.handle(now, Input::Received(&bytes[..count]), &mut device);
        } else if PD.deadline().is_some_and(|deadline| now >= deadline) {
            PD.handle(now, Input::Tick, &mut device);
        }
        while let Some(output) = PD.poll_output() {
            match output {
                Output::Transmit(frame) => line.send(frame),
                Output::Event(_) => {} // for a light: online, secured, key installed
            }
        }

        // 5. The reader: the table decides, and remembers for the gateway. Granted or not, the reason is in the event.
        if let Some(card) = clock::card().filter(|card| card.bits() >= SHORTEST_CARD)
            && device.panel.present(now, 0, card).granted()
        {
            device.hardware.unlock(now + UNLOCK_TIME);
        }

        // 6. The door: a card, the button, somebody at the gateway, or its hours. Whatever unlocked it, it locks again.
        if device.hardware.exit_requested() {
            device.hardware.unlock(now + UNLOCK_TIME);
        }
        while let Some((_, time)) = device.panel.take_unlock() {
            device.hardware.unlock(now + time);
        }
        if device.panel.is_unlocked(now, 0) {
            device.hardware.unlock(now + UNLOCKED_STEP);
        }
        device.hardware.relock_when_due(now);

        // 7. A loop that stands still is ended by the watchdog, with the door locked.
        watchdog.pet();
        cortex_m::asm::wfi();
    }
}

/// A defect: begin anew. The reset lets go of the relay, so the door locks; key and address are found again, and the
/// gateway finds an empty table and fills it.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    SCB::sys_reset()
}
