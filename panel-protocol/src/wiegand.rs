//! Card formats: what the bits of a credential mean.
