//! Environment in, types out.
