//! The vendor command set that carries card tables.
