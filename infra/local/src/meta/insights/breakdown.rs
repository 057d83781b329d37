//! Breakdowns: one row becomes several, whose counts add up to it.

use super::{
    super::{accounts::mix, refusal::Refusal, request::Parameters, request::names},
    metrics::Counts,
};

/// How a row is broken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breakdown {
    /// Not at all.
    None,
    /// `age`, `gender`, or both.
    People {
        /// By age.
        age: bool,
        /// By gender.
        gender: bool,
    },
    /// `publisher_platform`, alone or with `platform_position`.
    Places {
        /// By position as well.
        position: bool,
    },
}

/// Names of breakdowns there are, so that an illegal combination can be told from a misspelling.
///
/// **Source:** Marketing API, "Insights", "Breakdowns"; some of them.
const KNOWN: &[&str] = &[
    "age",
    "gender",
    "country",
    "region",
    "publisher_platform",
    "platform_position",
    "impression_device",
    "device_platform",
    "product_id",
    "hourly_stats_aggregated_by_advertiser_time_zone",
    "hourly_stats_aggregated_by_audience_time_zone",
];

const AGES: &[(&str, u64)] = &[
    ("18-24", 20),
    ("25-34", 34),
    ("35-44", 26),
    ("45-54", 14),
    ("55-64", 8),
    ("65+", 5),
    ("unknown", 1),
];

const GENDERS: &[(&str, u64)] = &[("female", 55), ("male", 42), ("unknown", 3)];

const PLACES: &[(&str, &str, u64)] = &[
    ("facebook", "feed", 300),
    ("facebook", "facebook_reels", 120),
    ("facebook", "facebook_stories", 60),
    ("facebook", "marketplace", 30),
    ("facebook", "right_hand_column", 10),
    ("facebook", "video_feeds", 40),
    ("instagram", "feed", 180),
    ("instagram", "instagram_stories", 140),
    ("instagram", "instagram_reels", 160),
    ("instagram", "instagram_explore", 30),
    ("audience_network", "an_classic", 30),
    ("audience_network", "rewarded_video", 15),
    ("messenger", "messenger_stories", 5),
    ("unknown", "unknown", 1),
];

/// One part of a breakdown.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Its members in a row, with a comma at the end.
    pub(super) members: String,
    /// How large it is, as against the others.
    weight: u64,
}

impl Breakdown {
    /// Reads the parameter.
    ///
    /// # Errors
    /// 2/1504041 for a combination that is not allowed, or that this does not have; 100 for a name
    /// that does not exist.
    pub(super) fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        let mut asked = names(parameters, "breakdowns")?;
        if let Some(name) = asked.iter().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(Refusal::parameter(format_args!(
                "breakdowns must be one of the following values: {}; {name} is not",
                KNOWN.join(", ")
            )));
        }
        asked.sort();
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let people = |age, gender| Self::People { age, gender };
        match asked.as_slice() {
            [] => Ok(Self::None),
            ["age"] => Ok(people(true, false)),
            ["gender"] => Ok(people(false, true)),
            ["age", "gender"] => Ok(people(true, true)),
            ["publisher_platform"] => Ok(Self::Places { position: false }),
            ["platform_position", "publisher_platform"] => Ok(Self::Places { position: true }),
            _ => Err(Refusal::breakdowns(&asked.join(", "))),
        }
    }

    /// Its parts; one without members when there is none.
    pub(super) fn segments(self) -> Vec<Segment> {
        let segment = |members: String, weight| Segment { members, weight };
        match self {
            Self::None => vec![segment(String::new(), 1)],
            Self::People { age, gender } => {
                let all = [("", 1)];
                let ages = if age { AGES } else { &all };
                let genders = if gender { GENDERS } else { &all };
                let pairs = ages
                    .iter()
                    .flat_map(|age| genders.iter().map(move |gender| (age, gender)));
                pairs
                    .map(|((age, one), (gender, two))| {
                        let members = member("age", age) + &member("gender", gender);
                        segment(members, one * two)
                    })
                    .collect()
            }
            Self::Places { position } => {
                let mut segments: Vec<Segment> = Vec::new();
                for (platform, place, weight) in PLACES {
                    let members = member("publisher_platform", platform);
                    if position {
                        segments.push(segment(
                            members + &member("platform_position", place),
                            *weight,
                        ));
                    } else if let Some(known) =
                        segments.iter_mut().find(|one| one.members == members)
                    {
                        known.weight += weight;
                    } else {
                        segments.push(segment(members, *weight));
                    }
                }
                segments
            }
        }
    }
}

fn member(name: &str, value: &str) -> String {
    if value.is_empty() {
        String::new()
    } else {
        format!("\"{name}\":\"{value}\",")
    }
}

/// Splits what an ad did on a day and adds the parts to `sums`, one for each segment. The parts of
/// a count add up to it, since each is the difference of two shares.
pub(super) fn add_split(sums: &mut [Counts], counts: &Counts, segments: &[Segment], ad: usize) {
    if let [sum] = sums {
        *sum = sum.plus(counts);
        return;
    }
    // Each ad has a public of its own.
    let weight = |(place, segment): (usize, &Segment)| {
        segment.weight * 4 + mix(ad as u64, place as u64) % (segment.weight + 1)
    };
    let whole: u64 = segments.iter().enumerate().map(weight).sum();
    let (mut part, mut before) = (0, Counts::default());
    for (sum, segment) in sums.iter_mut().zip(segments.iter().enumerate()) {
        part += weight(segment);
        let until = counts.share(part, whole);
        *sum = sum.plus(&until.minus(&before));
        before = until;
    }
}
