//! The tokio shells that join the pure modules to the edges. No rules live here.
