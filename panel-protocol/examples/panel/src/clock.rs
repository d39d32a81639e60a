//! The chip's clock, and the reader's two wires.
//!
//! SysTick counts 100 µs at a time. The chip notes a falling edge on a wire by itself; each tick collects what was
//! noted. So no pulse is lost however busy the processor is, and a wire that picks up noise can't flood it with
//! interrupts.

use core::cell::RefCell;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::Mutex;
use embassy_stm32::pac::EXTI;
use panel_protocol::credential::Credential;
use panel_protocol::pulses::Pulses;
use panel_protocol::time::Micros;

/// Microseconds of a tick. Readers leave 200 µs at least from one pulse to the next.
const TICK: u32 = 100;

/// The lines of the chip's edge detector: pins 0 and 1 of port A, where they are after a reset.
pub(crate) const D0: usize = 0;
pub(crate) const D1: usize = 1;

struct Clock {
    now: Micros,
    pulses: Pulses,
}

static CLOCK: Mutex<RefCell<Clock>> =
    Mutex::new(RefCell::new(Clock { now: Micros(0), pulses: Pulses::new() }));

/// Starts the clock, and listening to the reader.
pub(crate) fn start(mut timer: SYST, core_hz: u32) {
    for line in [D0, D1] {
        EXTI.ftsr(0).modify(|lines| lines.set_line(line, true));
        // Unmasked here, or the chip notes nothing; the interrupt itself stays off.
        EXTI.imr(0).modify(|lines| lines.set_line(line, true));
    }
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(core_hz / 1_000_000 * TICK - 1);
    timer.clear_current();
    timer.enable_counter();
    timer.enable_interrupt();
}

/// Time since the reset.
pub(crate) fn now() -> Micros {
    critical_section::with(|lock| CLOCK.borrow_ref(lock).now)
}

/// A card that the reader has read since the last call.
pub(crate) fn card() -> Option<Credential> {
    critical_section::with(|lock| {
        let Clock { now, pulses } = &mut *CLOCK.borrow_ref_mut(lock);
        pulses.card(*now)
    })
}

#[exception]
fn SysTick() {
    critical_section::with(|lock| {
        let Clock { now, pulses } = &mut *CLOCK.borrow_ref_mut(lock);
        now.0 += u64::from(TICK);
        let fallen = EXTI.fpr(0).read();
        EXTI.fpr(0).write_value(fallen); // writing a one clears it
        pulses.pulse(*now, fallen.line(D0), fallen.line(D1));
    });
}
