//! What each controller should hold, what it has proven, and the shortest way between. Pure: no clock, no tokio.
