//! What people see and hear at a reader: for each signal a light, tones and a text. An installer can change each of them.

use std::time::Duration;

/// The colour of a light.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LightColor {
    /// Dark.
    Off,
    /// Red.
    Red,
    /// Green.
    Green,
    /// Amber.
    Amber,
    /// Blue.
    Blue,
    /// Magenta.
    Magenta,
    /// Cyan.
    Cyan,
    /// White.
    White,
}

/// How one signal looks and sounds. A reader shows as much of it as it has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Look {
    /// The light; `None`: it is left alone.
    pub light: Option<LightColor>,
    /// How long it is on, and then off, at a time; zero for a steady one.
    pub blink: Duration,
    /// For how long; `None`: for as long as the lock is let go.
    pub light_for: Option<Duration>,
    /// How many tones there are.
    pub beeps: u8,
    /// How long each of them is, and the pause after it.
    pub beep: Duration,
    /// In printable ASCII; empty: nothing.
    pub text: String,
}

/// All signals of a reader.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feedback {
    /// The door opens.
    pub granted: Look,
    /// It doesn't.
    pub refused: Look,
    /// The door stands open and will soon have for too long.
    pub warning: Look,
    /// More is to be done, such as further keys.
    pub wait: Look,
}

impl Look {
    fn new(light: LightColor, blink_ms: u64, seconds: Option<u64>, beeps: (u8, u64), text: &str) -> Self {
        Self {
            light: Some(light),
            blink: Duration::from_millis(blink_ms),
            light_for: seconds.map(Duration::from_secs),
            beeps: beeps.0,
            beep: Duration::from_millis(beeps.1),
            text: text.to_owned(),
        }
    }
}

impl Default for Feedback {
    /// Green and a beep for whoever may enter, red and three for whoever may not.
    fn default() -> Self {
        Self {
            granted: Look::new(LightColor::Green, 0, None, (1, 200), "Please enter"),
            refused: Look::new(LightColor::Red, 200, Some(2), (3, 100), "No access"),
            warning: Look::new(LightColor::Amber, 300, Some(10), (5, 300), "Close the door"),
            wait: Look::new(LightColor::Amber, 0, Some(5), (0, 100), "Please wait"),
        }
    }
}
