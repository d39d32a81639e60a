//! The installer's TOML file, and every way in which it can be wrong.
