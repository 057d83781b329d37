//! `GET /console/jobs`: the jobs, when each fires next and how its last run went.

use std::collections::HashMap;

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use shared::{
    domain::{BrandId, JobId, JobStatus, JobType},
    store::{
        brands::{self, BrandRow},
        jobs::{
            Job,
            browse::{self, LastRun, Place, Search},
        },
    },
};

use crate::{
    State,
    console::{
        guard::Visitor,
        moment::Moment,
        page::{self, Done, JOBS, Shell},
        run_row::{self, took},
        words::{Badge, Standing, job_badge, spaced},
    },
    problem::Problem,
    query::{self, Query},
};

/// Jobs on a page.
const ROWS: i64 = 50;

/// Brands to choose from.
pub(in crate::console) const BRANDS_MAX: i64 = 1_000;

/// Which jobs the filter is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Which {
    #[default]
    Live,
    Active,
    Paused,
    Completed,
    Archived,
    All,
}

impl Which {
    const CHOICES: [(Self, &'static str, &'static str); 6] = [
        (Self::Live, "live", "Active and paused"),
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
            Self::All => JobStatus::ALL.to_vec(),
        }
    }
}

#[derive(Template)]
#[template(path = "console/jobs.html")]
struct JobsPage {
    shell: Shell,
    text: String,
    brands: Vec<Choice>,
    types: Vec<Choice>,
    statuses: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    is_filtered: bool,
}

/// One of the values of a field.
#[derive(Clone, Debug)]
pub(in crate::console) struct Choice {
    pub(in crate::console) value: String,
    pub(in crate::console) name: String,
    pub(in crate::console) is_chosen: bool,
}

struct Row {
    url: String,
    name: String,
    job_type: String,
    brand_name: Option<String>,
    sentence: String,
    badge: Badge,
    note: Option<String>,
    next_run_at: Option<Moment>,
    last: Option<Last>,
    is_paused: bool,
    can_run: bool,
}

struct Last {
    url: String,
    badge: Badge,
    at: Moment,
    took: Option<String>,
}

/// What the address asks for.
struct Asked {
    search: Search,
    which: Which,
    done: Option<Done>,
}

impl Asked {
    fn read(mut query: Query) -> Result<Self, Problem> {
        let which: Which = query.word("status")?.unwrap_or_default();
        let after = query.place("after")?;
        let search = Search {
            brand_id: query.id("brand")?,
            job_type: query.word("type")?,
            statuses: which.statuses(),
            text: query.text("text")?,
            after: after.map(|(created_at, id)| Place {
                created_at,
                id: JobId(id),
            }),
        };
        let done = query.word("done")?;
        query.finish()?;
        Ok(Self {
            search,
            which,
            done,
        })
    }

    fn is_filtered(&self) -> bool {
        let Search {
            brand_id,
            job_type,
            text,
            after,
            ..
        } = &self.search;
        let restricts = [
            brand_id.is_some(),
            job_type.is_some(),
            text.is_some(),
            after.is_some(),
        ];
        restricts.contains(&true) || self.which != Which::Live
    }

    /// The address of the page that begins after `place`.
    fn address_after(&self, place: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let status = Which::CHOICES
            .iter()
            .find(|(which, ..)| *which == self.which);
        query.extend_pairs(status.map(|(_, word, _)| ("status", *word)));
        query.extend_pairs(self.search.brand_id.map(|id| ("brand", id.to_string())));
        query.extend_pairs(self.search.job_type.map(|it| ("type", it.name())));
        query.extend_pairs(self.search.text.iter().map(|text| ("text", text)));
        query.append_pair("after", place);
        format!("/console/jobs?{}", query.finish())
    }
}

/// The list.
///
/// # Errors
/// 400 for a filter that is none; when the database does not answer.
pub(in crate::console) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    query: Query,
) -> Result<Response, Problem> {
    let asked = Asked::read(query)?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let brands = brands::all(&mut tx, BRANDS_MAX).await?;
    let mut jobs = browse::list_of_all_brands(&mut tx, &asked.search, ROWS + 1).await?;
    let has_more = jobs.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    jobs.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let last = browse::last_runs(&mut tx, &ids).await?;
    tx.commit().await?;

    let next = jobs.last().filter(|_| has_more);
    let next = next.map(|job| asked.address_after(&query::place(job.created_at, job.id.0)));
    Ok(page::html(&JobsPage {
        shell: Shell::new(&visitor, JOBS, "Jobs", now).with_notice(asked.done),
        text: asked.search.text.clone().unwrap_or_default(),
        brands: brand_choices(&brands, asked.search.brand_id),
        types: type_choices(asked.search.job_type),
        statuses: status_choices(asked.which),
        rows: rows(jobs, last, now),
        next,
        is_filtered: asked.is_filtered(),
    }))
}

fn rows(jobs: Vec<Job>, last: Vec<LastRun>, now: DateTime<Utc>) -> Vec<Row> {
    let mut last: HashMap<_, _> = last.into_iter().map(|run| (run.job_id, run)).collect();
    jobs.into_iter()
        .map(|job| {
            let last = last.remove(&job.id).map(|run| Last::of(&run, now));
            Row::of(job, last, now)
        })
        .collect()
}

impl Row {
    fn of(job: Job, last: Option<Last>, now: DateTime<Utc>) -> Self {
        let sentence = super::sentence(&job);
        let is_live = matches!(job.status, JobStatus::Active | JobStatus::Paused);
        Self {
            url: super::url(job.id),
            job_type: spaced(job.job_type.name()),
            brand_name: job.brand_name,
            sentence,
            badge: job_badge(job.status),
            note: job.pause_reason,
            next_run_at: job
                .next_run_at
                .map(|at| Moment::by(&job.timing.timezone, at, now)),
            last,
            is_paused: job.status == JobStatus::Paused,
            can_run: is_live,
            name: job.name,
        }
    }
}

impl Last {
    fn of(run: &LastRun, now: DateTime<Utc>) -> Self {
        let standing = Standing {
            status: run.status,
            reason: run.reason.as_deref(),
            is_due: true,
            is_retried: run.is_retried,
            is_acknowledged: false,
            has_warnings: false,
        };
        let at = run.completed_at.or(run.started_at);
        Self {
            url: run_row::url(run.id),
            badge: standing.badge(),
            at: Moment::seen_from(at.unwrap_or(run.scheduled_for), now),
            took: took(run.started_at, run.completed_at, now),
        }
    }
}

/// The brands, to choose one.
pub(in crate::console) fn brand_choices(
    brands: &[BrandRow],
    chosen: Option<BrandId>,
) -> Vec<Choice> {
    let choice = |brand: &BrandRow| Choice {
        value: brand.id.to_string(),
        name: brand.name.clone(),
        is_chosen: chosen == Some(brand.id),
    };
    brands.iter().map(choice).collect()
}

/// The job types, to choose one.
pub(in crate::console) fn type_choices(chosen: Option<JobType>) -> Vec<Choice> {
    let choice = |job_type: &JobType| Choice {
        value: job_type.name().to_owned(),
        name: crate::jobs::fields::title(*job_type),
        is_chosen: chosen == Some(*job_type),
    };
    JobType::ALL.iter().map(choice).collect()
}

fn status_choices(chosen: Which) -> Vec<Choice> {
    let choice = |(which, word, name): &(Which, &str, &str)| Choice {
        value: (*word).to_owned(),
        name: (*name).to_owned(),
        is_chosen: *which == chosen,
    };
    Which::CHOICES.iter().map(choice).collect()
}
