//! Meta Graph API.
