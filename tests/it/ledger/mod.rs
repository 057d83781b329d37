//! The ledger on a real PostgreSQL: deliveries, endings, crashes, and what the schema refuses.

mod accounting;
mod bounds;
mod caps;
mod connections;
mod crashes;
mod dead_letters;
mod deliveries;
mod duplicates;
mod endings;
mod failures;
mod figures;
mod follow_ups;
mod login;
mod periods;
mod policies;
mod retention;
mod schema;
mod traces;
