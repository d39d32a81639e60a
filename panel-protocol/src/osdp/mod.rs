//! OSDP 2.2 (IEC 60839-11-5), both sides of the line.
