//! (being written)
pub mod clock;
pub mod events;
pub mod lambda;
