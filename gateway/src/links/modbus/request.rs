//! What one board can be asked, and what comes of it. Absolute values alone: nothing is toggled, nothing is broadcast.

/// Where a board keeps points (Modbus Application Protocol 1.1b3, 4.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Table {
    /// Function 1.
    Coils,
    /// Function 2.
    DiscreteInputs,
    /// Function 3.
    HoldingRegisters,
    /// Function 4.
    InputRegisters,
}

impl Table {
    /// The function that reads it.
    pub const fn function(self) -> u8 {
        match self {
            Self::Coils => 1,
            Self::DiscreteInputs => 2,
            Self::HoldingRegisters => 3,
            Self::InputRegisters => 4,
        }
    }

    /// Whether it has bits, and not registers of 16.
    pub const fn has_bits(self) -> bool {
        matches!(self, Self::Coils | Self::DiscreteInputs)
    }
}

/// One request to one board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// To read points.
    Read {
        /// Where.
        table: Table,
        /// From this address on.
        first: u16,
        /// So many.
        count: u16,
    },
    /// Function 5, with whatever value the board's maker has given a meaning: 0xFF00 and 0x0000 are the standard's.
    WriteCoil {
        /// Which.
        address: u16,
        /// What.
        value: u16,
    },
    /// Function 6.
    WriteRegister {
        /// Which.
        address: u16,
        /// What.
        value: u16,
    },
}

impl Request {
    /// The function's code.
    pub const fn function(&self) -> u8 {
        match self {
            Self::Read { table, .. } => table.function(),
            Self::WriteCoil { .. } => 5,
            Self::WriteRegister { .. } => 6,
        }
    }

    /// The function's two numbers, as they stand in the request.
    pub const fn numbers(&self) -> (u16, u16) {
        match self {
            Self::Read { first, count, .. } => (*first, *count),
            Self::WriteCoil { address, value } | Self::WriteRegister { address, value } => (*address, *value),
        }
    }
}

/// What a board answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The bits that were asked for.
    Bits(Vec<bool>),
    /// The registers that were asked for.
    Registers(Vec<u16>),
    /// It is written.
    Written,
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// None came in time.
    Timeout,
    /// Something came, and its check is wrong or it is none of Modbus.
    Damaged,
    /// A whole reply came, from another address, to another request, or with other values than were written.
    Foreign,
    /// The board refused it, with this exception code.
    Refused(u8),
}

/// The exception in words (Modbus Application Protocol 1.1b3, 7).
pub fn exception(code: u8) -> String {
    let words = match code {
        1 => "it does not know the function",
        2 => "it has no such address",
        3 => "it takes no such value",
        4 => "it has failed",
        6 => "it is busy",
        10 | 11 => "the gateway before it can't reach it",
        _ => "it gives no reason",
    };
    format!("{words} (exception {code})")
}
