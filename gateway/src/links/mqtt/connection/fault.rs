//! Why a connection was lost, in words, and whether another version of MQTT may help.

use std::io::{self, ErrorKind};

/// Why it was lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::links::mqtt) struct Lost {
    /// What happened.
    pub(in crate::links::mqtt) fault: Fault,
    /// In the library's or the system's words.
    pub(in crate::links::mqtt) said: String,
}

/// What kind of fault it was, by what there is to do about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::links::mqtt) enum Fault {
    /// Nobody is there, or nobody lets us through.
    Unreachable,
    /// The certificate of the broker, or ours.
    Tls,
    /// User, password or client identifier.
    Credentials,
    /// It has too much to do, or too many clients.
    Full,
    /// It doesn't speak this version of MQTT, says so, closes the connection or keeps silent.
    Version,
    /// It, or the way to it, says nothing.
    Silent,
    /// It refuses what we subscribe to.
    Subscription,
    /// It was connected, and is no longer.
    Broken,
}

impl Lost {
    /// One that was sound until then.
    pub(in crate::links::mqtt) fn broken(said: &str) -> Self {
        Self { fault: Fault::Broken, said: said.to_owned() }
    }
}

impl Fault {
    /// Whether the other version of MQTT may be understood: brokers that don't know 5 refuse it, close, or keep silent.
    pub(in crate::links::mqtt) const fn may_be_the_version(self) -> bool {
        matches!(self, Self::Version | Self::Silent)
    }

    /// What to do about it.
    pub(in crate::links::mqtt) const fn remedy(self) -> &'static str {
        match self {
            Self::Unreachable => "start the broker, or check its address and the network",
            Self::Tls => "check `ca`, `client_cert` and that the broker's name is the one in its certificate",
            Self::Credentials => "check the user and password in `credentials_file`",
            Self::Full => "let the broker take more clients, or end some",
            Self::Version => "it speaks neither MQTT 5 nor 3.1.1 as it should; look into its log",
            Self::Silent => {
                "start the broker, or check its address, the network and whether it answers others"
            }
            Self::Subscription => "let the gateway's user receive what its controllers send",
            Self::Broken => "it is connected to anew by itself",
        }
    }
}

/// What an error of the socket means before the broker has said anything.
pub(super) fn of_socket(error: &io::Error) -> Fault {
    match error.kind() {
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::UnexpectedEof
        | ErrorKind::BrokenPipe
        | ErrorKind::InvalidData => Fault::Version,
        ErrorKind::TimedOut => Fault::Silent,
        _ => Fault::Unreachable,
    }
}
