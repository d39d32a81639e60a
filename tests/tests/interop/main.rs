//! OSDP with another implementation at the other end: libosdp, as CP and as PD, in memory, over a pseudo-terminal,
//! and in a process of its own. Both machines read the real clock, and neither knows who the other is.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod another_process;
mod commands;
mod files;
mod keys;
mod line;
mod loss;
mod news;
mod our_cp;
mod our_pd;
mod pair;
mod theirs;
mod vendor;

/// Tells each story on all four settings.
macro_rules! everywhere {
    ($($story:ident),+ $(,)?) => {
        mod in_memory_in_clear { $crate::told! { Memory, Clear; $($story),+ } }
        mod in_memory_secured { $crate::told! { Memory, Secure; $($story),+ } }
        mod over_a_pty_in_clear { $crate::told! { Pty, Clear; $($story),+ } }
        mod over_a_pty_secured { $crate::told! { Pty, Secure; $($story),+ } }
    };
}

/// Tells each story on both wires; the secure channel is what it is about.
macro_rules! on_both_wires {
    ($($story:ident),+ $(,)?) => {
        mod in_memory { $crate::told! { Memory, Secure; $($story),+ } }
        mod over_a_pty { $crate::told! { Pty, Secure; $($story),+ } }
    };
}

/// Tells each story on one setting.
macro_rules! told {
    ($wire:ident, $trust:ident; $($story:ident),+) => {
        use $crate::line::Wire::$wire;
        use $crate::pair::{Setting, Trust::$trust};

        $(#[test]
        fn $story() {
            super::$story(Setting { wire: $wire, trust: $trust });
        })+
    };
}

use {everywhere, on_both_wires, told};
