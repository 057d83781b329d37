//! Rows of `meta_ad_assets`.
