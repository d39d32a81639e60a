//! The boards that can be simulated, as their makers describe them. Their names are those of the gateway's register maps.

/// What a board can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Model {
    /// Waveshare Modbus RTU Relay V2: eight relays as coils, pulses that it times itself, toggling, all at once.
    WaveshareRelay8,
    /// The same with eight inputs.
    WaveshareRelay8Inputs,
    /// Eight coils and eight inputs as the standard has them, which times nothing and refuses all else.
    Standard8,
    /// R421A08: eight relays as registers, with a delay in seconds.
    R421a08,
    /// WP8025ADAM: eight relays as coils, which times nothing.
    Wp8025adam,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::WaveshareRelay8,
        Self::WaveshareRelay8Inputs,
        Self::Standard8,
        Self::R421a08,
        Self::Wp8025adam,
    ];

    /// Its name in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WaveshareRelay8 => "waveshare-relay-8",
            Self::WaveshareRelay8Inputs => "waveshare-relay-8-inputs",
            Self::Standard8 => "standard-8",
            Self::R421a08 => "r421a08",
            Self::Wp8025adam => "wp8025adam",
        }
    }

    /// The one of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    /// How many outputs it has.
    pub const fn outputs(self) -> u8 {
        8
    }

    /// How many inputs it has.
    pub const fn inputs(self) -> u8 {
        match self {
            Self::WaveshareRelay8Inputs | Self::Standard8 => 8,
            Self::WaveshareRelay8 | Self::R421a08 | Self::Wp8025adam => 0,
        }
    }

    /// Whether its outputs are coils.
    pub(super) const fn has_coils(self) -> bool {
        !matches!(self, Self::R421a08)
    }

    /// Whether it times pulses, toggles and has registers of its own as Waveshare's do.
    pub(super) const fn is_waveshare(self) -> bool {
        matches!(self, Self::WaveshareRelay8 | Self::WaveshareRelay8Inputs)
    }
}
