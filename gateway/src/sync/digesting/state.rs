//! What a panel's machine is doing.

use panel_protocol::table::{Setting, SettingKey};

use super::held::Item;

#[derive(Debug)]
pub(super) enum Phase {
    /// What it holds is to be asked. `resume`: the belief may still be right.
    Asking { resume: bool },
    /// It belongs to nobody, or to somebody else.
    Adopting,
    /// Its bucket digests are being read, up to here.
    Comparing { next: u16 },
    /// Its settings are being read.
    ReadingSettings,
    /// What it holds is believed to be known, but for unread buckets.
    Known,
}

#[derive(Debug)]
pub(super) enum InFlight {
    Hello,
    Info,
    Adopt,
    Clock,
    Buckets,
    Rows { bucket: u8 },
    Stage { staged: usize },
    Commit { count: usize },
    ReadSettings,
    PutSettings(Vec<Setting>),
    DeleteSettings(Vec<SettingKey>),
    Events,
    Acknowledge { before: u32 },
    Change(Vec<Item>),
}

impl InFlight {
    /// Whether it changes nothing, so that something urgent may take its place.
    pub(super) const fn is_read(&self) -> bool {
        matches!(self, Self::Info | Self::Buckets | Self::Rows { .. } | Self::ReadSettings | Self::Events)
    }

    /// Whether it deletes rows.
    pub(super) fn deletes(&self) -> bool {
        matches!(self, Self::Change(items) if items.iter().all(|item| item.after.is_none()))
    }
}
