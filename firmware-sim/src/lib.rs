//! Simulated door controllers on simulated lines, with a control API.
