//! A board's register map: where its outputs and inputs are, and how an output is switched.
//!
//! What can't be is refused where maps are read; here a map is taken as it is. Addresses are those of the wire, from 0.

use std::time::Duration;

use super::request::{Answer, Request, Table};

/// What one kind of board can do, and how it is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterMap {
    /// What people call the kind.
    pub name: String,
    /// Its outputs.
    pub outputs: Option<Outputs>,
    /// Its inputs.
    pub inputs: Option<Points>,
}

/// Points that are read together, one after the other in their table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Points {
    /// Where they are.
    pub table: Table,
    /// The first one's address.
    pub first: u16,
    /// How many they are, 1 to 64.
    pub count: u8,
    /// Of registers: each has 16 points, the lowest bit first. Else each register is one point.
    pub packed: bool,
    /// Whether a point that is set (a register that is not 0) is an active one.
    pub active: bool,
}

/// How outputs are read back and switched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outputs {
    /// Where they are read back.
    pub points: Points,
    /// What switches the first one on.
    pub on: Write,
    /// What switches the first one off.
    pub off: Write,
    /// What switches the first one on for a while that the board itself measures.
    pub pulse: Option<Pulse>,
}

/// A value written to the address of an output; that of the next output is one higher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Write {
    /// Function 5 or 6.
    pub function: WriteFunction,
    /// The address of the first output.
    pub first: u16,
    /// The value.
    pub value: u16,
}

/// What writes one value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WriteFunction {
    /// Function 5.
    Coil,
    /// Function 6.
    Register,
}

/// A time written to the address of an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pulse {
    /// Function 5 or 6.
    pub function: WriteFunction,
    /// The address of the first output.
    pub first: u16,
    /// This is added to the number of units.
    pub plus: u16,
    /// The time's unit.
    pub unit: Duration,
    /// Most units.
    pub most: u16,
}

impl WriteFunction {
    const fn request(self, address: u16, value: u16) -> Request {
        match self {
            Self::Coil => Request::WriteCoil { address, value },
            Self::Register => Request::WriteRegister { address, value },
        }
    }
}

impl Write {
    /// The request for an output, from 0.
    pub const fn of(&self, output: u8) -> Request {
        self.function.request(self.first.saturating_add(output as u16), self.value)
    }
}

impl Pulse {
    /// The request that switches an output on for `span`, and how long that is in whole units; `None`: longer than the
    /// board can measure.
    pub fn of(&self, output: u8, span: Duration) -> Option<(Request, Duration)> {
        let units = span.as_millis().div_ceil(self.unit.as_millis().max(1)).max(1);
        let units = u16::try_from(units).ok().filter(|units| *units <= self.most)?;
        let address = self.first.checked_add(output.into())?;
        let request = self.function.request(address, self.plus.checked_add(units)?);
        Some((request, self.unit * u32::from(units)))
    }
}

impl Points {
    /// How many addresses they take.
    pub const fn addresses(&self) -> u16 {
        let count = self.count as u16;
        if self.packed { count.div_ceil(16) } else { count }
    }

    /// What reads them all.
    pub const fn read(&self) -> Request {
        Request::Read { table: self.table, first: self.first, count: self.addresses() }
    }

    /// Which are active; `None`: it is no answer to that.
    pub fn active(&self, answer: &Answer) -> Option<Vec<bool>> {
        let set: Vec<bool> = match answer {
            Answer::Bits(bits) if self.table.has_bits() => bits.clone(),
            Answer::Registers(registers) if self.packed => {
                registers.iter().flat_map(|word| (0..16).map(move |bit| word >> bit & 1 == 1)).collect()
            }
            Answer::Registers(registers) if !self.table.has_bits() => {
                registers.iter().map(|word| *word != 0).collect()
            }
            _ => return None,
        };
        let states = set.get(..self.count.into())?;
        Some(states.iter().map(|set| *set == self.active).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELAYS: Points = Points { table: Table::Coils, first: 0, count: 8, packed: false, active: true };

    #[test]
    fn a_pulse_is_never_shorter_than_asked_and_never_longer_than_the_board_can_measure() {
        let tenths = Duration::from_millis(100);
        let pulse =
            Pulse { function: WriteFunction::Coil, first: 0x200, plus: 0, unit: tenths, most: 0x7FFF };
        let five = Request::WriteCoil { address: 0x203, value: 50 };
        assert_eq!(pulse.of(3, Duration::from_secs(5)), Some((five, Duration::from_secs(5))));
        let (_, span) = pulse.of(3, Duration::from_millis(101)).unwrap();
        assert_eq!(span, Duration::from_millis(200));
        assert_eq!(pulse.of(0, Duration::from_secs(3277)), None);
        let seconds =
            Pulse { function: WriteFunction::Register, plus: 0x600, unit: tenths * 10, most: 255, ..pulse };
        let request = Request::WriteRegister { address: 0x200, value: 0x605 };
        assert_eq!(seconds.of(0, Duration::from_millis(4200)), Some((request, Duration::from_secs(5))));
    }

    #[test]
    fn points_are_read_from_bits_from_registers_and_from_the_bits_of_registers() {
        let bits = Answer::Bits(vec![true, false, false, false, false, false, false, true]);
        let on = |at: &[usize]| Some((0..8).map(|point| at.contains(&point)).collect::<Vec<_>>());
        assert_eq!(RELAYS.active(&bits), on(&[0, 7]));
        assert_eq!(Points { active: false, ..RELAYS }.active(&bits), on(&[1, 2, 3, 4, 5, 6]));
        let registers = Points { table: Table::HoldingRegisters, first: 1, ..RELAYS };
        assert_eq!(registers.active(&Answer::Registers(vec![0, 1, 0, 0, 0, 0, 0, 7])), on(&[1, 7]));
        let packed = Points { table: Table::InputRegisters, packed: true, ..RELAYS };
        assert_eq!(packed.read(), Request::Read { table: Table::InputRegisters, first: 0, count: 1 });
        assert_eq!(packed.active(&Answer::Registers(vec![0b1000_0001])), on(&[0, 7]));
    }

    #[test]
    fn a_reply_that_is_too_short_or_of_another_table_says_nothing() {
        assert_eq!(RELAYS.active(&Answer::Bits(vec![true; 7])), None);
        assert_eq!(RELAYS.active(&Answer::Registers(vec![1; 8])), None);
        assert_eq!(RELAYS.active(&Answer::Written), None);
    }
}
