//! One board: how it is, what it is to be asked next, and what its answers mean.
//!
//! A board that comes up (at the start, after a cable was pulled, after it was silent) is asked once in vain: its first
//! answer may belong to an earlier question, or be all zeros. Then every output that a door has is switched off, all is
//! read, and only then is it online.

use std::time::Duration;

use panel_protocol::time::Micros;

use super::limits::{
    INPUT_PERIOD, MAX_MISSES, OUTPUT_PERIOD, RETRY_CAP, RETRY_FIRST, UNFIT_PAUSE, WAITING_ORDERS,
};
use super::map::{Outputs, Points};
use super::orders::{Order, Orders, answer};
use super::relays::{Relays, Unexpected};
use super::request::{Answer, Fault, Request, exception};
use super::setup::BoardSetup;
use crate::domain::{Became, DeviceCondition, FaultCounts, Level};
use crate::links::{ActuateError, Heard, InputState, Switch};

/// How far a board has come up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Its first answer is not believed.
    Doubted,
    /// Its outputs are being switched off.
    Closing,
    /// Its outputs are being read.
    Outputs,
    /// Its inputs are being read.
    Inputs,
    /// It is online.
    Up,
}

/// Why it was asked something.
#[derive(Debug)]
pub(super) enum Purpose {
    /// To throw the answer away.
    Doubt,
    /// To read the outputs back.
    Outputs,
    /// To read the inputs.
    Inputs,
    /// To switch off what is ours to switch off.
    Off(u8),
    /// Because of an order; a pulse of the board's own for so long, if that it is.
    Ordered(Order, Option<Duration>),
}

/// What is to be told.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Telling {
    Heard(Heard),
    Became(Became),
}

/// One board.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) setup: BoardSetup,
    /// What was last told of it.
    pub(super) condition: DeviceCondition,
    pub(super) was_online: bool,
    pub(super) last_heard: Option<Micros>,
    pub(super) faults: FaultCounts,
    pub(super) asked: u64,
    pub(super) answered: u64,
    orders: Orders,
    stage: Stage,
    /// The next answer may belong to an earlier question.
    unsure: bool,
    misses: u8,
    retry_at: Micros,
    retry_pause: Duration,
    relays: Relays,
    /// Its own timer is not used: it has refused it.
    refuses_pulses: bool,
    inputs_due: Micros,
    outputs_due: Micros,
    inputs: Option<Vec<bool>>,
    outputs: Option<Vec<bool>>,
}

impl Board {
    /// One of which nothing is known.
    pub(super) fn new(setup: BoardSetup) -> Self {
        Self {
            relays: Relays::new(&setup.driven),
            setup,
            condition: DeviceCondition::Starting,
            was_online: false,
            last_heard: None,
            faults: FaultCounts::default(),
            asked: 0,
            answered: 0,
            orders: Orders::default(),
            stage: Stage::Doubted,
            unsure: true,
            misses: 0,
            retry_at: Micros(0),
            retry_pause: RETRY_FIRST,
            refuses_pulses: false,
            inputs_due: Micros(0),
            outputs_due: Micros(0),
            inputs: None,
            outputs: None,
        }
    }

    fn outputs_of_map(&self) -> Option<&Outputs> {
        self.setup.map.outputs.as_ref()
    }

    /// Takes an order, or answers it at once.
    pub(super) fn order(&mut self, order: Order) {
        let count = self.outputs_of_map().map_or(0, |outputs| outputs.points.count);
        let refused = if order.output >= count {
            let has = format!("it has {count} outputs, and this one would be number {}", order.output);
            Some(ActuateError::Refused(has))
        } else if self.stage != Stage::Up {
            Some(ActuateError::NotOnline)
        } else {
            (self.orders.len() >= WAITING_ORDERS).then_some(ActuateError::Busy)
        };
        match refused {
            Some(why) => answer(order.done, Err(why)),
            None => self.orders.add(order),
        }
    }

    pub(super) fn has_orders(&self) -> bool {
        !self.orders.is_empty()
    }

    /// Answers orders whose time has passed; says when the next one's does.
    pub(super) fn expire(&mut self, now: Micros) -> Option<Micros> {
        self.orders.expire(now)
    }

    /// Whether an output is to be switched off now.
    pub(super) fn must_close(&self, now: Micros) -> bool {
        matches!(self.stage, Stage::Closing | Stage::Up) && self.relays.due(now).is_some()
    }

    /// When it next wants to be asked something; its outputs are only read back if there is time for that.
    pub(super) fn due(&self, reads_back: bool) -> Option<Micros> {
        let reading = match self.stage {
            Stage::Doubted | Stage::Outputs | Stage::Inputs => return Some(self.retry_at),
            Stage::Closing => None,
            Stage::Up if self.unsure => Some(self.retry_at),
            Stage::Up => {
                let inputs = self.setup.map.inputs.map(|_| self.inputs_due);
                let outputs = self.setup.map.outputs.filter(|_| reads_back).map(|_| self.outputs_due);
                [inputs, outputs].into_iter().flatten().min()
            }
        };
        [reading, self.relays.next_due()].into_iter().flatten().min()
    }

    /// What it is to be asked now.
    pub(super) fn next(&mut self, now: Micros, reads_back: bool) -> Option<(Purpose, Request)> {
        let asked = if self.must_close(now) {
            self.close(now)
        } else if self.has_orders() {
            self.obey()
        } else {
            self.reading(now, reads_back)
        };
        self.asked += u64::from(asked.is_some());
        asked
    }

    fn close(&self, now: Micros) -> Option<(Purpose, Request)> {
        let output = self.relays.due(now)?;
        Some((Purpose::Off(output), self.outputs_of_map()?.off.of(output)))
    }

    fn obey(&mut self) -> Option<(Purpose, Request)> {
        let outputs = self.setup.map.outputs?;
        let order = self.orders.take()?;
        let (request, pulse) = match order.switch {
            Switch::Off => (outputs.off.of(order.output), None),
            Switch::OnFor(span) => {
                let pulse = outputs.pulse.filter(|_| !self.refuses_pulses);
                match pulse.and_then(|pulse| pulse.of(order.output, span)) {
                    Some((request, span)) => (request, Some(span)),
                    None => (outputs.on.of(order.output), None),
                }
            }
        };
        Some((Purpose::Ordered(order, pulse), request))
    }

    fn reading(&self, now: Micros, reads_back: bool) -> Option<(Purpose, Request)> {
        let map = &self.setup.map;
        let outputs_due = reads_back && map.outputs.is_some() && self.outputs_due <= now;
        let inputs_due = map.inputs.is_some() && self.inputs_due <= now;
        let outputs = || map.outputs.map(|outputs| (Purpose::Outputs, outputs.points.read()));
        let inputs = || map.inputs.map(|points| (Purpose::Inputs, points.read()));
        match self.stage {
            Stage::Doubted => self.doubt(),
            Stage::Outputs => outputs(),
            Stage::Inputs => inputs(),
            Stage::Closing => None,
            Stage::Up if self.unsure => self.doubt(),
            Stage::Up if inputs_due && !(outputs_due && self.outputs_due <= self.inputs_due) => inputs(),
            Stage::Up => outputs().filter(|_| outputs_due),
        }
    }

    /// Reads whatever there is, in vain.
    fn doubt(&self) -> Option<(Purpose, Request)> {
        let map = &self.setup.map;
        let points = map.outputs.map(|outputs| outputs.points).or(map.inputs)?;
        Some((Purpose::Doubt, points.read()))
    }

    /// What came of it.
    pub(super) fn answer(
        &mut self,
        now: Micros,
        purpose: Purpose,
        result: Result<Answer, Fault>,
        tell: &mut dyn FnMut(Telling),
    ) {
        match result {
            Ok(answer) => {
                self.alive(now);
                self.understood(now, purpose, &answer, tell);
            }
            Err(Fault::Refused(code)) => {
                self.alive(now);
                self.faults.nak += 1;
                self.refused(now, purpose, code, tell);
            }
            Err(fault) => {
                self.count(fault);
                self.unanswered(now, purpose);
                self.missed(now, tell);
            }
        }
    }

    fn alive(&mut self, now: Micros) {
        self.answered += 1;
        self.misses = 0;
        self.retry_pause = RETRY_FIRST;
        self.last_heard = Some(now);
        self.retry_at = now;
    }

    fn count(&mut self, fault: Fault) {
        match fault {
            Fault::Timeout => self.faults.timeouts += 1,
            Fault::Damaged => self.faults.bad_check += 1,
            Fault::Foreign => self.faults.foreign += 1,
            Fault::Refused(_) => self.faults.nak += 1,
        }
    }

    fn understood(&mut self, now: Micros, purpose: Purpose, answer: &Answer, tell: &mut dyn FnMut(Telling)) {
        match purpose {
            Purpose::Doubt => self.believed(now, tell),
            Purpose::Outputs => self.outputs_read(now, answer, tell),
            Purpose::Inputs => self.inputs_read(now, answer, tell),
            Purpose::Off(output) => {
                self.relays.switched_off(now, output);
                self.advance(now, tell);
            }
            Purpose::Ordered(order, pulse) => self.done(now, order, pulse),
        }
    }

    /// An answer was thrown away; the next one counts.
    fn believed(&mut self, now: Micros, tell: &mut dyn FnMut(Telling)) {
        self.unsure = false;
        if self.stage == Stage::Doubted {
            self.relays.close_all(now);
            self.stage = Stage::Closing;
            self.advance(now, tell);
        }
    }

    /// Goes on to the next step that there is something to do for.
    fn advance(&mut self, now: Micros, tell: &mut dyn FnMut(Telling)) {
        let has_outputs = self.setup.map.outputs.is_some();
        let has_inputs = self.setup.map.inputs.is_some();
        self.stage = match self.stage {
            Stage::Closing if !self.relays.is_closed() => return,
            Stage::Closing if has_outputs => Stage::Outputs,
            Stage::Closing | Stage::Outputs if has_inputs => Stage::Inputs,
            Stage::Doubted | Stage::Up => return,
            Stage::Closing | Stage::Outputs | Stage::Inputs => Stage::Up,
        };
        if self.stage == Stage::Up {
            self.was_online = true;
            self.become_so(DeviceCondition::Online, "answers, and all its outputs are off".to_owned(), tell);
            for heard in [self.inputs.as_deref().map(inputs), self.outputs.clone().map(Heard::Outputs)] {
                heard.into_iter().for_each(|heard| tell(Telling::Heard(heard)));
            }
            (self.inputs_due, self.outputs_due) = (now + INPUT_PERIOD, now + OUTPUT_PERIOD);
        }
    }

    fn outputs_read(&mut self, now: Micros, answer: &Answer, tell: &mut dyn FnMut(Telling)) {
        let points = self.setup.map.outputs.map(|outputs| outputs.points);
        let Some(states) = self.states(now, points, answer, tell) else { return };
        self.outputs_due = now + OUTPUT_PERIOD;
        for unexpected in self.relays.shown(now, &states) {
            let (level, text) = unexpected_text(unexpected);
            tell(Telling::Became(Became::Remark { level: Some(level), text }));
        }
        if self.outputs.as_ref() != Some(&states) {
            self.outputs = Some(states.clone());
            if self.stage == Stage::Up {
                tell(Telling::Heard(Heard::Outputs(states)));
            }
        }
        self.advance(now, tell);
    }

    fn inputs_read(&mut self, now: Micros, answer: &Answer, tell: &mut dyn FnMut(Telling)) {
        let Some(states) = self.states(now, self.setup.map.inputs, answer, tell) else { return };
        self.inputs_due = now + INPUT_PERIOD;
        if self.inputs.as_ref() != Some(&states) {
            if self.stage == Stage::Up {
                tell(Telling::Heard(inputs(&states)));
            }
            self.inputs = Some(states);
        }
        self.advance(now, tell);
    }

    /// The points of an answer; one that can't be read counts as none.
    fn states(
        &mut self,
        now: Micros,
        points: Option<Points>,
        answer: &Answer,
        tell: &mut dyn FnMut(Telling),
    ) -> Option<Vec<bool>> {
        let states = points.and_then(|points| points.active(answer));
        if states.is_none() {
            self.count(Fault::Foreign);
            self.missed(now, tell);
        }
        states
    }

    fn done(&mut self, now: Micros, order: Order, pulse: Option<Duration>) {
        match (order.switch, pulse) {
            (Switch::Off, _) => self.relays.switched_off(now, order.output),
            (Switch::OnFor(_), Some(span)) => self.relays.pulsed(now, order.output, span),
            (Switch::OnFor(span), None) => self.relays.switched_on(now, order.output, span),
        }
        answer(order.done, Ok(()));
    }

    fn refused(&mut self, now: Micros, purpose: Purpose, code: u8, tell: &mut dyn FnMut(Telling)) {
        match purpose {
            Purpose::Ordered(order, Some(_)) if code <= 3 => {
                self.refuses_pulses = true;
                let text = format!(
                    "refuses to time its outputs itself: {}; the gateway switches them off, and if the box loses its power \
                     meanwhile they stay on. Check its register map",
                    exception(code)
                );
                tell(Telling::Became(Became::Remark { level: Some(Level::Attention), text }));
                self.orders.put_back(order);
            }
            Purpose::Ordered(order, _) => {
                if order.switch == Switch::Off {
                    self.relays.not_off(now, order.output);
                }
                answer(order.done, Err(ActuateError::Refused(exception(code))));
            }
            Purpose::Doubt | Purpose::Outputs | Purpose::Inputs | Purpose::Off(_) => {
                let why = format!(
                    "refuses what its register map says: {}; set `map` to that of this board",
                    exception(code)
                );
                self.go(now, UNFIT_PAUSE);
                self.become_so(DeviceCondition::Unsupported, why, tell);
            }
        }
    }

    /// Nobody knows whether it was done.
    fn unanswered(&mut self, now: Micros, purpose: Purpose) {
        match purpose {
            Purpose::Off(output) => self.relays.not_off(now, output),
            Purpose::Ordered(order, pulse) => {
                if pulse.is_none() {
                    self.relays.doubtful(now, order.output);
                }
                answer(order.done, Err(ActuateError::Unconfirmed));
            }
            Purpose::Doubt | Purpose::Outputs | Purpose::Inputs => {}
        }
    }

    /// No usable answer came.
    fn missed(&mut self, now: Micros, tell: &mut dyn FnMut(Telling)) {
        self.unsure = true;
        self.retry_at = now;
        self.misses = self.misses.saturating_add(1);
        if self.stage == Stage::Up && self.misses < MAX_MISSES {
            return;
        }
        let pause = self.retry_pause;
        self.retry_pause = (pause * 2).min(RETRY_CAP);
        self.go(now, pause);
        if self.misses >= MAX_MISSES {
            let why =
                "doesn't answer; check its power, its address, the line's rate and the wiring".to_owned();
            self.become_so(DeviceCondition::Offline, why, tell);
            self.nothing_known(tell);
        }
    }

    /// The line can't be used.
    pub(super) fn line_down(&mut self, now: Micros, tell: &mut dyn FnMut(Telling)) {
        self.go(now, Duration::ZERO);
        (self.misses, self.retry_pause) = (0, RETRY_FIRST);
        if self.condition == DeviceCondition::Online {
            let why = "can't be reached: its line is down".to_owned();
            self.become_so(DeviceCondition::Offline, why, tell);
            self.nothing_known(tell);
        }
    }

    /// It has to come up anew, after a pause. What was ordered meanwhile is not kept.
    fn go(&mut self, now: Micros, pause: Duration) {
        (self.stage, self.unsure, self.retry_at) = (Stage::Doubted, true, now + pause);
        self.orders.refuse(&ActuateError::NotOnline);
    }

    fn nothing_known(&mut self, tell: &mut dyn FnMut(Telling)) {
        self.outputs = None;
        if let Some(inputs) = self.inputs.take() {
            tell(Telling::Heard(Heard::Inputs(vec![InputState::Unknown; inputs.len()])));
        }
    }

    fn become_so(&mut self, is: DeviceCondition, why: String, tell: &mut dyn FnMut(Telling)) {
        if self.condition != is {
            self.condition = is;
            tell(Telling::Became(Became::Condition { is, why }));
        }
    }

    /// The service stops: what we have switched on is switched off, and nothing more is begun.
    pub(super) fn stop(&mut self, now: Micros) {
        self.orders.refuse(&ActuateError::Busy);
        if self.stage == Stage::Up {
            self.relays.close_ours(now);
        }
    }

    /// Whether it has not answered several times in a row.
    pub(super) const fn is_silent(&self) -> bool {
        self.misses >= MAX_MISSES
    }

    /// Whether an output is still to be switched off.
    pub(super) fn is_closing(&self) -> bool {
        self.stage == Stage::Up && !self.relays.is_closed()
    }
}

fn inputs(states: &[bool]) -> Heard {
    let state = |active: &bool| if *active { InputState::Active } else { InputState::Inactive };
    Heard::Inputs(states.iter().map(state).collect())
}

fn unexpected_text(unexpected: Unexpected) -> (Level, String) {
    match unexpected {
        Unexpected::On(output) => (
            Level::Problem,
            format!(
                "shows output {output} switched on, and nobody here has done that; it is switched off. Look for another \
                 program or hand that switches it"
            ),
        ),
        Unexpected::Off(output) => (
            Level::Attention,
            format!(
                "shows output {output} switched off before its time: it was restarted, its supply dipped, or somebody else \
                 switched it"
            ),
        ),
    }
}
