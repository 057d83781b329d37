//! Jobs over HTTP: create, read, edit, switch.

pub(crate) mod create;
pub(crate) mod edit;
pub(crate) mod fields;
pub(crate) mod owner;
pub(crate) mod read;
pub(crate) mod switch;
pub(crate) mod view;
