//! `token_refresh` from rows to sealed tokens, with recorded answers in place of Meta.

mod extended;
mod keys;
mod lost;
mod vault;
