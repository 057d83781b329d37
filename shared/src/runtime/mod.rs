//! Event, claim, handler, settle.
