//! What the local services of AWS share: the checks of fields, pages, refusals, tags, what is counted,
//! books that are kept in a file, and the hand-over to functions.

pub(crate) mod calls;
pub(crate) mod checks;
pub(crate) mod delivery;
pub(crate) mod error;
pub(crate) mod kept;
pub(crate) mod pages;
pub(crate) mod tags;
