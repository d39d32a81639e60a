//! An operation list to a CP and its PDs: whatever line, devices and operator do, nothing wrong is carried out.
//!
//! The input is a list of steps on a line with a virtual clock: commands, files, keys and news, frames lost, doubled,
//! damaged, delayed, forged and replayed, devices that restart, are busy, have another key or are swapped. A PD
//! carries out only what the CP sent it in that session, once; each piece of news is told in order; nobody speaks or
//! waits without end. When the list is over the faults stop, and within a minute all is well again.

mod bus;
mod caller;
mod device;
mod line;

use std::time::Duration;

use super::choices::Choices;
use super::sound_frame::sound_frame;
use bus::Bus;

/// PDs on the line.
const PDS: usize = 2;

/// Longest frame of either side, mark included.
const N: usize = 256;

/// Most steps of one input: a list without end would only be slow.
const MAX_STEPS: usize = 100;

/// By then, without faults, every PD is ready and everything that was asked for is done.
const RECOVERY: Duration = Duration::from_secs(60);

/// Panics unless CP and PDs keep their promises under these steps.
pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let mut bus = Bus::new(choices.byte());
    for _ in 0..MAX_STEPS {
        if choices.is_over() {
            break;
        }
        step(&mut bus, &mut choices);
    }
    bus.heal();
    bus.recover(RECOVERY);
    bus.judge();
}

fn step(bus: &mut Bus, choices: &mut Choices<'_>) {
    let (tag, pd) = (choices.byte(), choices.below(PDS));
    match tag {
        0 => bus.run_for(Duration::from_millis(u64::from(choices.byte()))),
        1 => bus.run_for(Duration::from_millis(u64::from(choices.u16() % 12_000))),
        2 => bus.command(pd, choices.byte(), false),
        3 => bus.command(pd, choices.byte(), true),
        4 => bus.news(pd),
        5 => bus.line.fates.extend(choices.list()),
        6 => bus.toggle_power(pd),
        7 => bus.toggle_line(),
        8 => bus.install(pd, Duration::from_secs(u64::from(choices.byte() % 64))),
        9 => bus.devices[pd].handler.toggle_foreign_key(),
        10 => bus.devices[pd].handler.busy = choices.byte() % 8,
        11 => bus.inject(choices.list()),
        12 => {
            let (address, control) = (choices.byte(), choices.byte());
            bus.inject(&sound_frame(address, control, choices.list()));
        }
        13 => bus.replay(choices.byte()),
        14 => bus.devices[pd].handler.toggle_swapped(),
        15 => bus.send_file(pd, 1 + u32::from(choices.u16() % 2000)),
        16 => bus.abort_file(pd),
        17 => {
            let manner = [choices.byte(), choices.byte(), choices.byte(), choices.byte()];
            bus.devices[pd].handler.file_manner = Some(manner);
        }
        18 => bus.devices[pd].handler.keeps_keys ^= true,
        19 => bus.devices[pd].reply_time = Duration::from_millis(u64::from(choices.byte())),
        20 => bus.reset_to_factory(pd),
        21 => bus.rotate(pd, Duration::from_secs(u64::from(choices.byte() % 64))),
        22 => bus.relocate(pd, choices.byte() % 8),
        _ => {}
    }
}
