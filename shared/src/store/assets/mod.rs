//! Rows of `meta_ad_assets`: the media we keep of a brand's ads, and what is known of those we do not.
//!
//! An ad is *settled* once its primary medium has a row that waits for nothing. The primary is recorded
//! last, so an ad whose work was cut short is found again.

mod copies;
mod record;
mod select;

pub use copies::{Copy, KeptMedium, Known, kept_media, kept_sizes, known, same_bytes};
pub use record::{Verdict, drop_stand_ins, record};
pub use select::{EligibleAd, Owner, Standing, eligible, owner, standing};

use crate::domain::{BrandId, OrganizationId};

/// Whose ad it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdKey {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The brand.
    pub brand_id: BrandId,
    /// The account the ad runs in, as `act_` and digits.
    pub account: String,
    /// The ad.
    pub ad: String,
}

/// Which medium of an ad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MediumKey<'a> {
    /// `video` or `image`.
    pub asset_type: &'static str,
    /// A video id, an image hash, or a digest.
    pub source_id: &'a str,
}
