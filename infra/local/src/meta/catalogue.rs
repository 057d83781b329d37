//! What the stand-in's ad account contains: ads in every shape that real accounts hold, made from
//! the media of a folder, always the same for the same folder.
//!
//! Addresses are written as `cdn:NAME` and signed when they leave (`cdn.rs`).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    creatives,
    media::{Kind, Medium},
};

/// The one account, with the prefix its node has.
pub const ACCOUNT: &str = "act_100200300400500";

/// Its page, where boosted posts live.
pub const PAGE: &str = "900000000000001";

/// What type a node is, which decides its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// An ad account.
    Account,
    /// A campaign.
    Campaign,
    /// An ad set.
    AdSet,
    /// An ad.
    Ad,
    /// An ad's creative.
    Creative,
    /// A video.
    Video,
    /// A picture of the account's library.
    Image,
    /// A post of the page.
    Post,
    /// A report on insights.
    Report,
}

/// One thing the Graph API can be asked for.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its type.
    pub kind: Type,
    /// All its fields.
    pub value: Value,
}

/// An ad as a seeder and a checker need it: what to write into the tables that a sync would fill,
/// and which files a download has to fetch.
#[derive(Debug, Clone, Serialize)]
pub struct SampleAd {
    /// The ad's id.
    pub ad_id: String,
    /// Its name, which tells its shape.
    pub name: String,
    /// Its campaign's id.
    pub campaign_id: String,
    /// `object_type` of its creative.
    pub object_type: String,
    /// The video id a sync would find at the top of the creative; not always the downloadable one.
    pub meta_video_id: Option<String>,
    /// Whether it shows a video.
    pub is_video: bool,
    /// The names of the files behind it; empty when nothing of it can be downloaded.
    pub files: Vec<String>,
}

/// Everything in the account.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// The files, in the order of their names.
    pub media: Vec<Medium>,
    /// Nodes by id.
    pub nodes: BTreeMap<String, Node>,
    /// The account's ads, the newest first, as the API lists them.
    pub ads: Vec<String>,
    /// The ids of the videos in the account's library.
    pub videos: Vec<String>,
    /// The account's pictures by hash; values are node ids.
    pub images: BTreeMap<String, String>,
    /// The ads for seeders and checkers.
    pub samples: Vec<SampleAd>,
}

impl Catalogue {
    /// Makes the account for these files.
    #[must_use]
    pub fn new(media: Vec<Medium>) -> Self {
        let mut catalogue = Self::default();
        catalogue.add_account();
        let names = |kind| -> Vec<String> {
            let of_kind = media.iter().filter(|medium| medium.kind == kind);
            of_kind.map(|medium| medium.name.clone()).collect()
        };
        let (images, videos) = (names(Kind::Image), names(Kind::Video));
        for (place, name) in images.iter().enumerate() {
            catalogue.add_image(place, name);
        }
        for (place, name) in videos.iter().enumerate() {
            catalogue.add_video(place, name, images.first());
        }
        creatives::fill(&mut catalogue, &images, &videos);
        catalogue.media = media;
        catalogue
    }

    /// The ids of all nodes of a type, in their order.
    #[must_use]
    pub fn of_type(&self, kind: Type) -> Vec<String> {
        let of_kind = self.nodes.iter().filter(|(_, node)| node.kind == kind);
        of_kind.map(|(id, _)| id.clone()).collect()
    }

    /// The file of this name.
    #[must_use]
    pub fn medium(&self, name: &str) -> Option<&Medium> {
        let place = self
            .media
            .binary_search_by(|medium| medium.name.as_str().cmp(name));
        self.media.get(place.ok()?)
    }

    fn add_account(&mut self) {
        let id = ACCOUNT.trim_start_matches("act_");
        self.add(
            ACCOUNT,
            Type::Account,
            json!({
                "id": ACCOUNT, "account_id": id, "name": "Stand-in account", "account_status": 1,
                "currency": "EUR", "timezone_name": "Europe/Berlin", "timezone_offset_hours_utc": 1,
                "created_time": "2024-01-15T09:00:00+0100",
            }),
        );
        for number in 1..=2 {
            let (campaign, ad_set) = (campaign_id(number), ad_set_id(number));
            self.add(
                &campaign,
                Type::Campaign,
                json!({
                    "id": campaign, "name": format!("Campaign {number}"), "objective": "OUTCOME_SALES",
                    "status": "ACTIVE", "effective_status": "ACTIVE", "daily_budget": "5000",
                    "account_id": id, "updated_time": "2026-03-30T09:12:44-0700",
                }),
            );
            self.add(
                &ad_set,
                Type::AdSet,
                json!({
                    "id": ad_set, "name": format!("Ad set {number}"), "campaign_id": campaign,
                    "status": "ACTIVE", "effective_status": "ACTIVE", "account_id": id,
                    "optimization_goal": "OFFSITE_CONVERSIONS",
                }),
            );
        }
    }

    fn add_image(&mut self, place: usize, name: &str) {
        let (hash, account) = (image_hash(name), ACCOUNT.trim_start_matches("act_"));
        let id = format!("{account}:{hash}");
        self.add(
            &id,
            Type::Image,
            json!({
                "id": id, "hash": hash, "name": name, "status": "ACTIVE", "account_id": account,
                "url": format!("cdn:{name}"), "url_128": format!("thumb:{name}"),
                "permalink_url": format!("permalink:{hash}"),
                "width": 1080, "height": 1080, "original_width": 1080, "original_height": 1080,
                "created_time": format!("2026-03-{:02}T21:40:03+0000", 1 + place % 28),
            }),
        );
        self.images.insert(hash, id);
    }

    fn add_video(&mut self, place: usize, name: &str, poster: Option<&String>) {
        let id = video_id(place);
        let mut value = json!({
            "id": id, "length": 5.0, "title": name, "source": format!("cdn:{name}"),
            "permalink_url": format!("/{PAGE}/videos/{id}/"), "status": {"video_status": "ready"},
            "created_time": format!("2026-03-{:02}T21:40:03+0000", 1 + place % 28),
        });
        if let (Some(poster), Some(fields)) = (poster, value.as_object_mut()) {
            fields.insert("picture".to_owned(), format!("thumb:{poster}").into());
        }
        self.videos.push(id.clone());
        self.add(&id, Type::Video, value);
    }

    pub(super) fn add(&mut self, id: &str, kind: Type, value: Value) {
        self.nodes.insert(id.to_owned(), Node { kind, value });
    }
}

/// A picture's hash: 32 hexadecimal digits, as Meta's, but of the name. Reading every file at the
/// start would take long for a large folder.
#[must_use]
pub fn image_hash(name: &str) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = hex::encode(Sha256::digest(name.as_bytes()));
    hash.truncate(32);
    hash
}

/// The id of the video at this place.
pub(super) fn video_id(place: usize) -> String {
    format!("70000000{:07}", place + 1)
}

pub(super) fn campaign_id(number: usize) -> String {
    format!("1202100000000{number:05}")
}

pub(super) fn ad_set_id(number: usize) -> String {
    format!("1202110000000{number:05}")
}
