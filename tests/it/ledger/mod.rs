//! The ledger on a real PostgreSQL: deliveries, endings, crashes, and what the schema refuses.

mod crashes;
mod deliveries;
mod endings;
mod failures;
mod policies;
mod schema;
