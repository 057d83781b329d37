//! What the address of the list of jobs asks for.

use shared::{
    domain::{BrandId, JobId, JobStatus},
    store::jobs::browse::{Place, Search},
};

use super::list::Choice;
use crate::{
    console::page::Done,
    problem::Problem,
    query::{self, Owners, Query},
};

/// What stands for a brand where jobs are of none.
const PLATFORM: &str = "platform";

/// Takes `brand` out of a page's address: one, or the platform.
///
/// # Errors
/// 400 for one that is neither.
pub(in crate::console) fn owners(query: &mut Query) -> Result<Owners, Problem> {
    let brand = query.text("brand")?;
    let is_platform = brand.as_deref() == Some(PLATFORM);
    let brand_id = brand.filter(|_| !is_platform).map(|text| text.parse());
    let wrong = |_| Problem::address("brand", "must be `platform` or a UUID");
    Ok(Owners {
        brand_id: brand_id.transpose().map_err(wrong)?,
        is_platform,
    })
}

/// As [`owners`] reads it.
pub(in crate::console) fn brand_word(
    brand_id: Option<BrandId>,
    is_platform: bool,
) -> Option<String> {
    let platform = is_platform.then(|| PLATFORM.to_owned());
    brand_id.map(|id| id.to_string()).or(platform)
}

/// Which jobs the filter is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Which {
    #[default]
    Live,
    Running,
    Active,
    Paused,
    Completed,
    Archived,
    All,
}

impl Which {
    const CHOICES: [(Self, &'static str, &'static str); 7] = [
        (Self::Live, "live", "Active and paused"),
        (Self::Running, "running", "Running now"),
        (Self::Active, "active", "Active"),
        (Self::Paused, "paused", "Paused"),
        (Self::Completed, "completed", "Completed"),
        (Self::Archived, "archived", "Archived"),
        (Self::All, "all", "All"),
    ];

    fn statuses(self) -> Vec<JobStatus> {
        match self {
            Self::Live => vec![JobStatus::Active, JobStatus::Paused],
            Self::Active => vec![JobStatus::Active],
            Self::Paused => vec![JobStatus::Paused],
            Self::Completed => vec![JobStatus::Completed],
            Self::Archived => vec![JobStatus::Archived],
            // What was archived since it began goes on.
            Self::Running | Self::All => JobStatus::ALL.to_vec(),
        }
    }
}

/// What the address asks for.
pub(super) struct Asked {
    pub(super) search: Search,
    pub(super) which: Which,
    pub(super) done: Option<Done>,
}

impl Asked {
    /// Reads it.
    ///
    /// # Errors
    /// 400 for a filter that is none.
    pub(super) fn read(mut query: Query) -> Result<Self, Problem> {
        let which: Which = query.word("status")?.unwrap_or_default();
        let after = query.place("after")?;
        let Owners {
            brand_id,
            is_platform,
        } = owners(&mut query)?;
        let search = Search {
            brand_id,
            is_platform,
            product_id: query.id("product")?,
            job_type: query.word("type")?,
            statuses: which.statuses(),
            is_running: which == Which::Running,
            text: query.text("text")?,
            after: after.map(|(created_at, id)| Place {
                created_at,
                id: JobId(id),
            }),
            ..Search::default()
        };
        let done = query.word("done")?;
        query.finish()?;
        Ok(Self {
            search,
            which,
            done,
        })
    }

    /// Whether jobs are left out that are live.
    pub(super) fn is_filtered(&self) -> bool {
        let Search {
            brand_id,
            is_platform,
            product_id,
            job_type,
            text,
            after,
            ..
        } = &self.search;
        let restricts = [
            brand_id.is_some(),
            *is_platform,
            product_id.is_some(),
            job_type.is_some(),
            text.is_some(),
            after.is_some(),
        ];
        restricts.contains(&true) || self.which != Which::Live
    }

    /// The address of the page that begins after `place`.
    pub(super) fn address_after(&self, place: &str) -> String {
        format!("/console/jobs?{}", self.written(Some(place)))
    }

    /// The query of this page's address.
    pub(super) fn query(&self) -> String {
        let after = self.search.after;
        let after = after.map(|place| query::place(place.created_at, place.id.0));
        self.written(after.as_deref())
    }

    fn written(&self, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let status = Which::CHOICES
            .iter()
            .find(|(which, ..)| *which == self.which);
        query.extend_pairs(status.map(|(_, word, _)| ("status", *word)));
        let brand = brand_word(self.search.brand_id, self.search.is_platform);
        query.extend_pairs(brand.map(|word| ("brand", word)));
        query.extend_pairs(self.search.product_id.map(|id| ("product", id.to_string())));
        query.extend_pairs(self.search.job_type.map(|it| ("type", it.name())));
        query.extend_pairs(self.search.text.iter().map(|text| ("text", text)));
        query.extend_pairs(after.map(|after| ("after", after)));
        query.finish()
    }
}

/// The states, to choose one.
pub(super) fn status_choices(chosen: Which) -> Vec<Choice> {
    let choice = |(which, word, name): &(Which, &str, &str)| Choice {
        value: (*word).to_owned(),
        name: (*name).to_owned(),
        is_chosen: *which == chosen,
    };
    Which::CHOICES.iter().map(choice).collect()
}
