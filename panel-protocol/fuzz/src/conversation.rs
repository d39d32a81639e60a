//! An operation list to a CP and its PDs: whatever line, devices and operator do, nothing wrong is carried out.
//!
//! The input is a list of steps on a line with a virtual clock: commands, files, keys and news, frames lost, doubled,
//! damaged, delayed, forged and replayed, devices that restart, are busy, have another key or are swapped. A PD
//! carries out only what the CP sent it in that session, once; each piece of news is told in order; nobody speaks or
//! waits without end. When the list is over the faults stop, and within a minute all is well again.

mod caller;
mod device;
mod line;
mod world;

use std::time::Duration;

use super::choices::Choices;
use super::sound_frame::sound_frame;
use world::World;

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
    let mut world = World::new(choices.byte());
    for _ in 0..MAX_STEPS {
        if choices.is_over() {
            break;
        }
        step(&mut world, &mut choices);
    }
    world.heal();
    world.recover(RECOVERY);
    world.judge();
}

fn step(world: &mut World, choices: &mut Choices<'_>) {
    let (tag, pd) = (choices.byte(), choices.below(PDS));
    match tag {
        0 => world.run_for(Duration::from_millis(u64::from(choices.byte()))),
        1 => world.run_for(Duration::from_millis(u64::from(choices.u16() % 12_000))),
        2 => world.command(pd, choices.byte(), false),
        3 => world.command(pd, choices.byte(), true),
        4 => world.news(pd),
        5 => world.line.fates.extend(choices.list()),
        6 => world.toggle_power(pd),
        7 => world.toggle_line(),
        8 => world.install(pd, Duration::from_secs(u64::from(choices.byte() % 64))),
        9 => world.devices[pd].firmware.toggle_foreign_key(),
        10 => world.devices[pd].firmware.busy = choices.byte() % 8,
        11 => world.inject(choices.list()),
        12 => {
            let (address, control) = (choices.byte(), choices.byte());
            world.inject(&sound_frame(address, control, choices.list()));
        }
        13 => world.replay(choices.byte()),
        14 => world.devices[pd].firmware.toggle_swapped(),
        15 => world.send_file(pd, 1 + u32::from(choices.u16() % 2000)),
        16 => world.abort_file(pd),
        17 => {
            let manner = [choices.byte(), choices.byte(), choices.byte(), choices.byte()];
            world.devices[pd].firmware.file_manner = Some(manner);
        }
        18 => world.devices[pd].firmware.keeps_keys ^= true,
        19 => world.devices[pd].thinking = Duration::from_millis(u64::from(choices.byte())),
        20 => world.reset_to_factory(pd),
        21 => world.rotate(pd, Duration::from_secs(u64::from(choices.byte() % 64))),
        22 => world.relocate(pd, choices.byte() % 8),
        _ => {}
    }
}
