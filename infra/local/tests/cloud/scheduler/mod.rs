//! Scheduler, through the real SDK.

mod completion;
mod firing;
mod given;
mod groups;
mod limits;
mod lists;
mod schedules;
mod world;
mod zones;
