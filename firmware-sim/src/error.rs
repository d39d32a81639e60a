//! Why a simulated site can't do what it was asked.

use crate::config::Problems;

/// Why a site can't do something.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The configuration breaks a rule.
    #[error(transparent)]
    Config(#[from] Problems),
    /// A line's port can't be had.
    #[error("line \"{line}\" can't be opened: {error}")]
    Line {
        /// Which line.
        line: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// There is no panel of that name.
    #[error("there is no controller \"{0}\"")]
    UnknownPanel(String),
    /// There is no line of that name.
    #[error("there is no line \"{0}\"")]
    UnknownLine(String),
    /// The panel has fewer readers.
    #[error("controller \"{panel}\" has no reader {reader}")]
    NoSuchReader {
        /// Which panel.
        panel: String,
        /// Which reader was named.
        reader: u8,
        /// How many it has.
        readers: u8,
    },
    /// The panel has no power, so its readers read nothing.
    #[error("controller \"{0}\" has no power")]
    NoPower(String),
    /// A broker's devices can't be started.
    #[error("the devices of broker \"{broker}\" can't be started: {error}")]
    Broker {
        /// Which broker.
        broker: String,
        /// What is wrong.
        error: std::io::Error,
    },
    /// The device is of another kind.
    #[error("controller \"{controller}\" is a {is}, and no {wanted}")]
    WrongKind {
        /// Which device.
        controller: String,
        /// What it is.
        is: &'static str,
        /// What would do.
        wanted: &'static str,
    },
    /// The device has fewer inputs.
    #[error("controller \"{controller}\" has no input {input}")]
    NoSuchInput {
        /// Which device.
        controller: String,
        /// Which input was named.
        input: u8,
        /// How many it has.
        inputs: u8,
    },
    /// The adapter's reader reads other cards.
    #[error("the reader of controller \"{controller}\" reads cards of {reads} bits alone")]
    WrongBits {
        /// Which device.
        controller: String,
        /// How many bits those have.
        reads: u8,
    },
    /// The device keeps no time.
    #[error("controller \"{0}\" has no clock")]
    NoClock(String),
    /// The line has no adapter.
    #[error("line \"{0}\" has no Wiegand adapter")]
    NoAdapter(String),
    /// The device is no panel, so it has no card table of ours.
    #[error("controller \"{0}\" takes no card-table operations")]
    NoCardTable(String),
    /// The device's reader reads other cards.
    #[error("controller \"{panel}\" can't read a card of {bits} bits")]
    Unreadable {
        /// Which device.
        panel: String,
        /// How many bits the card has.
        bits: u8,
    },
    /// The line's thread has ended.
    #[error("the line has stopped")]
    Stopped,
}
