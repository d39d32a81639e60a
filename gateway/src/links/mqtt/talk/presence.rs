//! Whether a device is there that decides nothing: asked when the broker comes, when the device does, and when nothing has
//! been heard of it for a while. What a broker has kept makes it be asked, and nothing else.

use panel_protocol::time::Micros;

use crate::links::mqtt::limits::{HELLO_PAUSE, HELLO_TIMEOUT, HELLO_TRIES, QUIET_TIME};

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::links::mqtt) enum Step {
    Nothing,
    /// To ask whether it is there.
    Ask,
    /// It has come, or may have begun anew.
    Arrived,
    /// It has gone.
    Gone,
}

/// Whether it is there.
#[derive(Debug, Default)]
pub(in crate::links::mqtt) struct Presence {
    stage: Stage,
    last_heard: Option<Micros>,
    /// It has told that it has connected, so it may have begun anew.
    is_anew: bool,
    pub(in crate::links::mqtt) timeouts: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Stage {
    /// The broker is away.
    #[default]
    Cut,
    /// It has been asked so many times since it was last heard, and is asked again then.
    Asking {
        tries: u32,
        until: Micros,
        /// It was there before.
        present: bool,
    },
    Resting {
        until: Micros,
    },
    Present,
}

impl Presence {
    pub(in crate::links::mqtt) fn broker_up(&mut self, now: Micros) -> Step {
        self.stage = Stage::Asking { tries: 1, until: now + HELLO_TIMEOUT, present: false };
        Step::Ask
    }

    /// Says whether it was there.
    pub(in crate::links::mqtt) fn broker_down(&mut self) -> bool {
        let was = self.is_there();
        self.stage = Stage::Cut;
        was
    }

    /// It tells that it has come, or somebody tells that it was there.
    pub(in crate::links::mqtt) fn online(&mut self, now: Micros, retained: bool) -> Step {
        match self.stage {
            Stage::Cut => Step::Nothing,
            Stage::Asking { .. } | Stage::Present if retained => Step::Nothing,
            _ => {
                self.is_anew = true;
                self.broker_up(now)
            }
        }
    }

    /// The broker tells that it has gone; what it had kept doesn't count against a device that has answered.
    pub(in crate::links::mqtt) fn offline(&mut self, now: Micros, retained: bool) -> Step {
        if self.stage == Stage::Cut || (retained && self.is_there()) {
            return Step::Nothing;
        }
        self.rest(now)
    }

    /// It has answered.
    pub(in crate::links::mqtt) fn answered(&mut self, now: Micros) -> Step {
        if self.stage == Stage::Cut {
            return Step::Nothing;
        }
        let was = self.is_there() && !std::mem::take(&mut self.is_anew);
        self.heard(now);
        self.stage = Stage::Present;
        if was { Step::Nothing } else { Step::Arrived }
    }

    /// It has said something without being asked.
    pub(in crate::links::mqtt) fn heard(&mut self, now: Micros) {
        self.last_heard = Some(now);
    }

    pub(in crate::links::mqtt) fn due(&mut self, now: Micros) -> Step {
        match self.stage {
            Stage::Asking { tries, until, present } if until <= now => {
                self.timeouts += 1;
                if tries >= HELLO_TRIES {
                    return self.rest(now);
                }
                self.stage = Stage::Asking { tries: tries + 1, until: now + HELLO_TIMEOUT, present };
                Step::Ask
            }
            Stage::Resting { until } if until <= now => {
                self.stage = Stage::Resting { until: now + HELLO_PAUSE };
                Step::Ask
            }
            Stage::Present if self.quiet_at() <= now => {
                self.stage = Stage::Asking { tries: 1, until: now + HELLO_TIMEOUT, present: true };
                Step::Ask
            }
            _ => Step::Nothing,
        }
    }

    fn rest(&mut self, now: Micros) -> Step {
        let is_news = !matches!(self.stage, Stage::Resting { .. });
        self.stage = Stage::Resting { until: now + HELLO_PAUSE };
        if is_news { Step::Gone } else { Step::Nothing }
    }

    pub(in crate::links::mqtt) const fn is_there(&self) -> bool {
        matches!(self.stage, Stage::Present | Stage::Asking { present: true, .. })
    }

    pub(in crate::links::mqtt) fn deadline(&self) -> Option<Micros> {
        match self.stage {
            Stage::Cut => None,
            Stage::Asking { until, .. } | Stage::Resting { until } => Some(until),
            Stage::Present => Some(self.quiet_at()),
        }
    }

    pub(in crate::links::mqtt) const fn last_heard(&self) -> Option<Micros> {
        self.last_heard
    }

    fn quiet_at(&self) -> Micros {
        self.last_heard.unwrap_or(Micros(0)) + QUIET_TIME
    }
}
