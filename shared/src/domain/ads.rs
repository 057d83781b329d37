//! What is known of an ad besides its numbers.

/// Where an ad leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To a page.
    Found {
        /// Its address as it is stored: without fragment, click ids and e-mail addresses.
        url: String,
        /// Its address as it is compared: scheme, host and path.
        canonical: String,
        /// Distinct links among which Meta chooses; 1 where there is no choice.
        url_count: usize,
    },
    /// Nowhere, and asking again will not change that: a creative's content never changes.
    NoLink,
    /// Not told this time.
    Inconclusive,
}

/// An ad whose creative was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAd {
    /// The ad.
    pub ad: String,
    /// Its creative, where Meta told.
    pub creative_id: Option<String>,
    /// Where it leads.
    pub destination: Destination,
}
