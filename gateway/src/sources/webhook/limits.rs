//! Every bound on webhooks, in one place.

use std::time::Duration;

/// Requests of one source that are followed at one time; further ones are told to come again.
pub const MAX_AT_ONCE: usize = 16;

/// When whoever was told to come again should.
pub const RETRY_AFTER_S: u64 = 5;

/// Longest identifier of a message, in bytes.
pub const MAX_ID_LEN: usize = 256;

/// Most signatures of one request that are looked at.
pub const MAX_SIGNATURES: usize = 8;

/// Most secrets of one source: the new one and the old one, while its sender changes over.
pub const MAX_SECRETS: usize = 2;

/// Longest file of secrets that is read, in bytes.
pub const MAX_SECRET_FILE_LEN: u64 = 1024;

/// Shortest and longest secret, in bytes (Standard Webhooks, "Signature scheme").
pub const SECRET_LEN: std::ops::RangeInclusive<usize> = 24..=64;

/// How far a request's time may be off, where the configuration doesn't say.
pub const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

/// The shortest such time that may be configured.
pub const MIN_TOLERANCE: Duration = Duration::from_secs(30);

/// The longest.
pub const MAX_TOLERANCE: Duration = Duration::from_secs(3600);
