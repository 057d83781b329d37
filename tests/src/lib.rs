//! Scenarios across functions; the tests live in `it/`.
