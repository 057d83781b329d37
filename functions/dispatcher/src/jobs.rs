//! Jobs over HTTP: create, read, edit, switch, and who did so.

pub(crate) mod bulk;
pub(crate) mod change;
pub(crate) mod changes;
pub(crate) mod create;
pub(crate) mod edit;
pub(crate) mod fields;
pub(crate) mod legacy;
pub(crate) mod owner;
pub(crate) mod preview;
pub(crate) mod read;
pub(crate) mod skip;
pub(crate) mod switch;
pub(crate) mod version;
pub(crate) mod view;
