//! Whose jobs are meant.

use crate::domain::BrandId;

/// Whose jobs are meant: everybody's, unless it says less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// Those of this brand.
    pub brand_id: Option<BrandId>,
    /// Those of no brand.
    pub is_platform: bool,
}
