//! What the machines of doors want done: outputs are switched, readers show it, the rest is told.

use std::time::{Duration, Instant};

use panel_protocol::door::{self, Answer, Mode};
use panel_protocol::time::Micros;
use tokio::sync::oneshot;

use super::state::Told;
use crate::access::doors::{Input, Output};
use crate::domain::{DoorWhat, OutputPlace};
use crate::links::{ActuateError, Actuation, Showing, Switch};
use crate::site::clock;
use crate::site::running::Site;

/// An output that can't be sent for so long is not sent any more: whoever it was for has gone.
const OUTPUT_DEADLINE: Duration = Duration::from_secs(2);

/// The same for what people are shown.
const SIGNAL_DEADLINE: Duration = Duration::from_secs(1);

/// An output that is being switched for a door, or why not.
pub(super) type Begun = Result<oneshot::Receiver<Result<(), ActuateError>>, ActuateError>;

impl Site {
    /// Takes what happened and does what follows; gives what a card or an order came to.
    pub(super) fn doors_handle(&self, now: Micros, input: Input<'_>) -> Option<Answer> {
        let (answer, begun) = self.doors_begin(now, input);
        for (door, begun) in begun {
            self.doors.tell(match begun {
                Ok(answer) => Told::Switching { door, answer },
                Err(error) => Told::not_switched(clock::now(), door, &error),
            });
        }
        answer
    }

    /// The same for whoever waits until outputs have been switched.
    pub(super) fn doors_begin(&self, now: Micros, input: Input<'_>) -> (Option<Answer>, Vec<(usize, Begun)>) {
        let outputs: Vec<Output> = {
            let mut doors = self.doors.lock();
            doors.handle(now, input);
            std::iter::from_fn(|| doors.poll_output()).collect()
        };
        self.doors.moved.notify_one();
        let (mut answered, mut begun) = (None, Vec::new());
        for output in outputs {
            match output {
                Output::Switch { door, output, on_for } => begun.push((door, self.switch(output, on_for))),
                Output::Show { reader, signal } => {
                    if let Some(link) = self.link_of(reader.device) {
                        let deadline = Instant::now() + SIGNAL_DEADLINE;
                        link.show(Showing { device: reader.device, reader: reader.reader, signal, deadline });
                    }
                }
                Output::Answer { answer, .. } => answered = Some(answer),
                Output::Event { door, event } => self.door_happened(door, &event),
                Output::Entered { door, keys } => {
                    self.doors.tell(Told::door(clock::now(), door, DoorWhat::KeysEntered { keys }));
                }
            }
        }
        (answered, begun)
    }

    fn switch(&self, output: OutputPlace, on_for: Option<Duration>) -> Begun {
        let OutputPlace { device, output } = output;
        let switch = on_for.map_or(Switch::Off, Switch::OnFor);
        let deadline = Instant::now() + OUTPUT_DEADLINE;
        let actuation = Actuation { device, output, switch, deadline };
        self.link_of(device).ok_or(ActuateError::Busy)?.begin(actuation)
    }

    /// What a person ordered is told by whoever took the order.
    fn door_happened(&self, door: usize, event: &door::Event) {
        use door::Event as Is;
        let what = match *event {
            Is::Forced => DoorWhat::Forced,
            Is::HeldWarning => DoorWhat::HeldWarning,
            Is::Held => DoorWhat::Held,
            Is::Closed => DoorWhat::Closed,
            Is::Tamper(on) => DoorWhat::Tamper { over: !on },
            Is::RequestToExit => DoorWhat::RequestToExit,
            Is::LockLost => DoorWhat::LockLost,
            Is::LockBack => DoorWhat::LockBack,
            Is::PowerFailed(on) => DoorWhat::PowerFailed { over: !on },
            Is::Mode { ended: false, .. } => return,
            Is::Mode { ended: true, .. } => DoorWhat::Mode { mode: Mode::Normal, until: None, ended: true },
        };
        self.doors.tell(Told::door(clock::now(), door, what));
    }
}
