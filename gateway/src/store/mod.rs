//! What is on the disk: the journal is the truth, sled a derived directory, the event log beside them.
