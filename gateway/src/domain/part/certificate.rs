//! The certificate that clients are shown.

use jiff::Timestamp;

use super::super::local_clock::LocalClock;
use super::Level;

/// How the certificate is, where not all is well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CertificateCondition {
    /// The certificate is not valid yet: clients refuse to connect.
    NotYetValid {
        /// From when it is.
        from: Timestamp,
    },
    /// The certificate ends soon.
    Ends {
        /// When.
        at: Timestamp,
    },
    /// The certificate has ended: clients refuse to connect.
    Expired {
        /// When.
        at: Timestamp,
    },
}

impl CertificateCondition {
    /// How bad it is.
    pub(super) const fn level(&self) -> Level {
        match self {
            Self::Ends { .. } => Level::Attention,
            Self::NotYetValid { .. } | Self::Expired { .. } => Level::Problem,
        }
    }

    /// What is wrong, what that means and what to do.
    pub(super) fn sentence(&self, clock: &LocalClock) -> String {
        match self {
            Self::NotYetValid { from } => format!(
                "The TLS certificate is valid from {} on, and not before: clients refuse to connect. Set the clock right, or \
                 give another certificate.",
                clock.dated(from)
            ),
            Self::Ends { at } => {
                format!("The TLS certificate ends on {}; renew it.", clock.dated(at))
            }
            Self::Expired { at } => format!(
                "The TLS certificate has ended on {}: clients refuse to connect. Renew it, or set the clock right.",
                clock.dated(at)
            ),
        }
    }
}
