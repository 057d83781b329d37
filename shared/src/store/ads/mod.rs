//! Rows about a brand's ads: the ads themselves, their campaigns, and their numbers.

pub mod campaigns;
pub mod demographics;
pub mod known;
pub mod looks;
pub mod performance;
pub mod repeated;

use crate::domain::{BrandId, OrganizationId};

/// Whose rows they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The brand.
    pub brand_id: BrandId,
    /// The account, as `act_` and digits.
    pub account: String,
}
