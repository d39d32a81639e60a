//! What a CP says to a PD.

use core::fmt;
