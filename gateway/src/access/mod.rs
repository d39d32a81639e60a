//! From the directory to the rows a controller should hold. Pure: no clock, no store, no tokio.
