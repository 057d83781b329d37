//! The ledger on a real PostgreSQL: deliveries, endings, crashes, and what the schema refuses.

mod crashes;
mod deliveries;
mod endings;
mod policies;
mod schema;
