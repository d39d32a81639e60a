//! Composition: opens the store, starts the tasks, serves, stops in order.
