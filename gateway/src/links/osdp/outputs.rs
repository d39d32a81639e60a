//! Outputs of one line that are to be switched: each before its deadline or not at all.
//!
//! Nothing here outlives the session of its device. What is not sent is answered, never kept for later.

use std::time::Duration;

use panel_protocol::osdp::command::{OutputAction, OutputControl};
use panel_protocol::time::Micros;
use tokio::sync::oneshot;

use super::limits::WAITING_OUTPUTS;
use crate::links::{ActuateError, Actuation, Switch};

/// Where to say what came of it.
pub(super) type Done = oneshot::Sender<Result<(), ActuateError>>;

/// One output to be switched.
#[derive(Debug)]
pub(super) struct Waiting {
    device: usize,
    pub(super) control: OutputControl,
    pub(super) until: Micros,
    pub(super) done: Done,
}

/// All of a line, oldest first.
#[derive(Debug, Default)]
pub(super) struct Outputs(Vec<Waiting>);

impl Outputs {
    /// Takes one that is to be sent before `until`; answers it at once if there are too many.
    pub(super) fn add(&mut self, actuation: Actuation, until: Micros, done: Done) {
        if self.0.len() >= WAITING_OUTPUTS {
            return answer(done, Err(ActuateError::Busy));
        }
        let (action, timer_100ms) = match actuation.switch {
            Switch::OnFor(span) => (OutputAction::OnFor, tenths(span)),
            Switch::Off => (OutputAction::Off, 0),
        };
        let control = OutputControl { output: actuation.output, action, timer_100ms };
        self.0.push(Waiting { device: actuation.device, control, until, done });
    }

    /// Whether one waits for this device.
    pub(super) fn wait_for(&self, device: usize) -> bool {
        self.0.iter().any(|waiting| waiting.device == device)
    }

    /// The oldest for this device.
    pub(super) fn take(&mut self, device: usize) -> Option<Waiting> {
        let at = self.0.iter().position(|waiting| waiting.device == device)?;
        Some(self.0.remove(at))
    }

    /// Answers those whose time has passed, as they are not sent any more; says when the next one's does.
    pub(super) fn expire(&mut self, now: Micros) -> Option<Micros> {
        for late in self.0.extract_if(.., |waiting| waiting.until <= now) {
            answer(late.done, Err(ActuateError::TooLate));
        }
        self.0.iter().map(|waiting| waiting.until).min()
    }

    /// Answers all for a device that has gone.
    pub(super) fn lose(&mut self, device: usize) {
        for lost in self.0.extract_if(.., |waiting| waiting.device == device) {
            answer(lost.done, Err(ActuateError::NotOnline));
        }
    }
}

/// Whoever asked may have gone.
pub(super) fn answer(done: Done, result: Result<(), ActuateError>) {
    drop(done.send(result));
}

/// Tenths of a second, one at least.
fn tenths(span: Duration) -> u16 {
    u16::try_from(span.as_millis() / 100).unwrap_or(u16::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn actuation(device: usize) -> Actuation {
        let switch = Switch::OnFor(Duration::from_millis(5_050));
        Actuation { device, output: 2, switch, deadline: Instant::now() }
    }

    #[test]
    fn what_is_late_or_lost_is_answered_and_gone() {
        let mut outputs = Outputs::default();
        let (first, mut late) = oneshot::channel();
        let (second, mut lost) = oneshot::channel();
        let (third, mut kept) = oneshot::channel();
        outputs.add(actuation(0), Micros(10), first);
        outputs.add(actuation(1), Micros(20), second);
        outputs.add(actuation(0), Micros(30), third);
        assert_eq!(outputs.expire(Micros(10)), Some(Micros(20)));
        assert_eq!(late.try_recv(), Ok(Err(ActuateError::TooLate)));
        outputs.lose(1);
        assert_eq!(lost.try_recv(), Ok(Err(ActuateError::NotOnline)));
        assert!(outputs.wait_for(0) && !outputs.wait_for(1));
        let taken = outputs.take(0).unwrap();
        assert_eq!((taken.until, taken.control.timer_100ms), (Micros(30), 50));
        assert_eq!((taken.control.output, taken.control.action), (2, OutputAction::OnFor));
        assert!(outputs.take(0).is_none() && outputs.expire(Micros(99)).is_none());
        assert!(kept.try_recv().is_err(), "whoever takes it answers");
    }

    #[test]
    fn more_than_there_is_room_for_are_refused() {
        let mut outputs = Outputs::default();
        let mut waiting: Vec<_> = (0..WAITING_OUTPUTS)
            .map(|_| {
                let (done, answer) = oneshot::channel();
                outputs.add(actuation(0), Micros(10), done);
                answer
            })
            .collect();
        let (done, mut refused) = oneshot::channel();
        outputs.add(actuation(0), Micros(10), done);
        assert_eq!(refused.try_recv(), Ok(Err(ActuateError::Busy)));
        assert!(waiting.iter_mut().all(|answer| answer.try_recv().is_err()));
    }
}
