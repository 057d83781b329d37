//! A brand's ad accounts: which there are, whether another one can be linked, and the links themselves.
//!
//! A token that comes in is sealed or forgotten. No answer, log or error repeats it.

mod access;
pub(crate) mod body;
pub(crate) mod link;
pub(crate) mod read;
pub(crate) mod view;

pub use access::Graph;
