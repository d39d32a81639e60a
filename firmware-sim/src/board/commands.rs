//! What requests do at a board, and what it answers: as its maker's page says, refusals included.

use std::time::Duration;

use super::SimBoard;
use super::modbus::Refusal;

/// The unit of Waveshare's pulses.
const TENTH: Duration = Duration::from_millis(100);

/// An answer's data, after the function.
type Answer = Result<Vec<u8>, Refusal>;

impl SimBoard {
    /// Carries a request out: function and data in, function and data out.
    pub(super) fn execute(&mut self, now: Duration, pdu: &[u8]) -> Vec<u8> {
        let Some((function, data)) = pdu.split_first() else { return vec![0x80, Refusal::Function as u8] };
        match self.function(now, *function, data) {
            Ok(answer) => [&[*function][..], &answer].concat(),
            Err(refusal) => vec![function | 0x80, refusal as u8],
        }
    }

    fn function(&mut self, now: Duration, function: u8, data: &[u8]) -> Answer {
        let model = self.config.model;
        match function {
            1 if model.has_coils() => bits(data, &self.outputs(now)),
            2 if model.inputs() > 0 => bits(data, &self.inputs(now)),
            3 => self.read_registers(now, data),
            5 if model.has_coils() => self.write_coil(now, data),
            6 if model.is_waveshare() => self.write_address(data),
            6 if !model.has_coils() => self.write_register(now, data),
            15 if model.has_coils() => self.write_coils(now, data),
            _ => Err(Refusal::Function),
        }
    }

    /// Of function 3 a board of relays in registers tells those, and Waveshare's its address and its version.
    fn read_registers(&self, now: Duration, data: &[u8]) -> Answer {
        let (first, count) = numbers(data)?;
        let registers: Vec<u16> = match (self.config.model.has_coils(), first, count) {
            (false, 1.., 1..) if usize::from(first) + usize::from(count) <= self.outputs.len() + 1 => {
                let shown = self.outputs(now).into_iter().map(u16::from);
                shown.skip(usize::from(first) - 1).take(count.into()).collect()
            }
            (true, 0x4000, 1) if self.config.model.is_waveshare() => vec![self.address.into()],
            (true, 0x8000, 1) if self.config.model.is_waveshare() => vec![200],
            (true, ..) if !self.config.model.is_waveshare() => return Err(Refusal::Function),
            _ => return Err(Refusal::Address),
        };
        let mut answer = vec![u8::try_from(2 * registers.len()).unwrap_or(u8::MAX)];
        answer.extend(registers.into_iter().flat_map(u16::to_be_bytes));
        Ok(answer)
    }

    fn write_coil(&mut self, now: Duration, data: &[u8]) -> Answer {
        let (address, value) = numbers(data)?;
        let count = u16::from(self.config.model.outputs());
        match (self.config.model.is_waveshare(), address) {
            (_, coil) if coil < count => {
                let on = self.wanted(now, coil, value)?;
                self.switch(now, coil.into(), on);
            }
            (true, 0x00FF) => {
                for coil in 0..count {
                    let on = self.wanted(now, coil, value)?;
                    self.switch(now, coil.into(), on);
                }
            }
            (true, 0x0200..0x0400) if address - 0x0200 < count => {
                self.pulse(now, (address - 0x0200).into(), true, TENTH * span(value)?);
            }
            (true, 0x0400..0x0600) if address - 0x0400 < count => {
                self.pulse(now, (address - 0x0400).into(), false, TENTH * span(value)?);
            }
            _ => return Err(Refusal::Address),
        }
        Ok(data.to_vec())
    }

    /// What a coil is to show.
    fn wanted(&self, now: Duration, coil: u16, value: u16) -> Result<bool, Refusal> {
        match value {
            0xFF00 => Ok(true),
            0x0000 => Ok(false),
            0x5500 if self.config.model.is_waveshare() => {
                Ok(!self.outputs(now).get(usize::from(coil)).copied().unwrap_or_default())
            }
            _ => Err(Refusal::Value),
        }
    }

    fn write_coils(&mut self, now: Duration, data: &[u8]) -> Answer {
        let (head, bits) = data.split_first_chunk::<5>().ok_or(Refusal::Value)?;
        let (first, count) = numbers(&head[..4])?;
        if count == 0 || usize::from(head[4]) != bits.len() || bits.len() != usize::from(count.div_ceil(8)) {
            return Err(Refusal::Value);
        }
        if usize::from(first) + usize::from(count) > self.outputs.len() {
            return Err(Refusal::Address);
        }
        for at in 0..usize::from(count) {
            self.switch(now, usize::from(first) + at, bits[at / 8] >> (at % 8) & 1 == 1);
        }
        Ok(head[..4].to_vec())
    }

    /// A Waveshare's new address.
    fn write_address(&mut self, data: &[u8]) -> Answer {
        let (register, value) = numbers(data)?;
        if register != 0x4000 {
            return Err(Refusal::Address);
        }
        self.address = u8::try_from(value).ok().filter(|it| (1..=247).contains(it)).ok_or(Refusal::Value)?;
        Ok(data.to_vec())
    }

    /// Relays in registers: the high byte says what, the low one for how long.
    fn write_register(&mut self, now: Duration, data: &[u8]) -> Answer {
        let (register, value) = numbers(data)?;
        let relay = usize::from(register).checked_sub(1).filter(|relay| *relay < self.outputs.len());
        let [what, seconds] = value.to_be_bytes();
        let all = 0..self.outputs.len();
        match (what, relay) {
            (1, Some(relay)) => self.switch(now, relay, true),
            (2, Some(relay)) => self.switch(now, relay, false),
            (3, Some(relay)) => {
                let shown = self.outputs(now)[relay];
                self.switch(now, relay, !shown);
            }
            (5, Some(relay)) => self.pulse(now, relay, true, Duration::from_secs(1)),
            (6, Some(relay)) => self.pulse(now, relay, true, Duration::from_secs(seconds.into())),
            (7, _) if register == 0 => all.for_each(|relay| self.switch(now, relay, true)),
            (8, _) if register == 0 => all.for_each(|relay| self.switch(now, relay, false)),
            (_, Some(_)) => return Err(Refusal::Value),
            (_, None) => return Err(Refusal::Address),
        }
        Ok(data.to_vec())
    }

    fn switch(&mut self, now: Duration, output: usize, on: bool) {
        self.outputs[output].set(on);
        if on {
            self.let_go(now, output);
        }
    }

    /// A pulse ends in its opposite, whatever showed before.
    fn pulse(&mut self, now: Duration, output: usize, on: bool, span: Duration) {
        self.outputs[output].set_for(now, on, span);
        self.outputs[output].set_afterwards(!on);
        if on {
            self.let_go(now, output);
        }
    }
}

/// Two numbers and nothing else.
fn numbers(data: &[u8]) -> Result<(u16, u16), Refusal> {
    let [a, b, c, d] = *data else { return Err(Refusal::Value) };
    Ok((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

/// A pulse's time: a whole number of units that a signed 16 bit number holds.
fn span(value: u16) -> Result<u32, Refusal> {
    if (1..=0x7FFF).contains(&value) { Ok(value.into()) } else { Err(Refusal::Value) }
}

/// The bits that are asked for.
fn bits(data: &[u8], all: &[bool]) -> Answer {
    let (first, count) = numbers(data)?;
    if count == 0 || count > 2_000 {
        return Err(Refusal::Value);
    }
    let from = usize::from(first);
    let asked = all.get(from..from + usize::from(count)).ok_or(Refusal::Address)?;
    let bytes = asked
        .chunks(8)
        .map(|eight| eight.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << at));
    let mut answer = vec![u8::try_from(asked.len().div_ceil(8)).unwrap_or(u8::MAX)];
    answer.extend(bytes);
    Ok(answer)
}
