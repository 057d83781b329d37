//! The fields of a job's form as texts, and the body of the API's call that says the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        JobId, JobType,
        schedule::{Zone, presets},
        timing::ScheduleType,
    },
    store::jobs::Job,
};

use crate::console::{
    form::Form,
    forms::{local, moment_of},
};

/// Fields of a word or a text, under the names that the API has for them.
const TEXTS: [&str; 7] = [
    "name",
    "timezone",
    "dst_gap_policy",
    "dst_repeat_policy",
    "overlap_policy",
    "misfire_policy",
    "revision",
];
/// Fields of a whole number.
const NUMBERS: [&str; 3] = ["misfire_limit", "misfire_window_seconds", "max_retries"];
/// Fields of a moment that can be taken away.
const BOUNDS: [&str; 2] = ["starts_at", "ends_at"];
/// Fields that only the form has, and those of a kind of their own.
const OTHERS: [&str; 8] = [
    "id",
    "brand_id",
    "cron_before",
    "schedule_type",
    "preset",
    "cron_expression",
    "scheduled_at",
    "max_runs",
];

/// What is in the fields of the form, by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Entered(BTreeMap<&'static str, String>);

impl Entered {
    /// What the form of a new job begins with. It names the job, so that sending it twice makes one.
    pub(super) fn new_job() -> Self {
        let fields = [
            ("schedule_type", "recurring"),
            ("preset", "daily"),
            ("timezone", "UTC"),
        ];
        let policies = [
            ("overlap_policy", "skip"),
            ("misfire_policy", "latest"),
            ("misfire_limit", "10"),
            ("misfire_window_seconds", "86400"),
            ("max_retries", "3"),
            ("dst_gap_policy", "shift"),
            ("dst_repeat_policy", "first"),
        ];
        let all = fields.into_iter().chain(policies);
        let all = all.map(|(name, value)| (name, value.to_owned()));
        Self(all.chain([("id", JobId::new().to_string())]).collect())
    }

    /// What was sent.
    pub(super) fn of(form: &Form) -> Self {
        let names = TEXTS.iter().chain(&NUMBERS).chain(&BOUNDS).chain(&OTHERS);
        let entered = names.filter_map(|name| Some((*name, form.get(name)?.to_owned())));
        Self(entered.collect()).with_one_schedule()
    }

    /// Of a preset and an expression, the one that was entered: the expression when it is another than the page
    /// had shown, or else the preset.
    fn with_one_schedule(mut self) -> Self {
        let cron = self.given("cron_expression");
        if cron.is_some() && cron != self.given("cron_before") {
            self.0.remove("preset");
        } else if self.given("preset").is_some() {
            self.0.remove("cron_expression");
        }
        self
    }

    /// What is in a field; nothing when it is empty.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether the job shall run again and again.
    pub(super) fn is_recurring(&self) -> bool {
        self.get("schedule_type") != "one_time"
    }

    fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The preset, or else what was written.
    fn cron(&self) -> Option<&str> {
        let preset = self.given("preset").and_then(presets::preset);
        preset
            .map(|it| it.expression)
            .or_else(|| self.given("cron_expression"))
    }

    fn zone(&self) -> Zone {
        self.get("timezone").parse().unwrap_or(Zone::UTC)
    }
}

/// The form of a job that exists.
pub(super) fn of_job(job: &Job) -> Entered {
    let timing = &job.timing;
    let zone = timing.timezone.parse().unwrap_or(Zone::UTC);
    let at = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| local(at, zone));
    let cron = timing.cron_expression.clone();
    let preset = presets::PRESETS
        .iter()
        .find(|it| Some(it.expression) == cron.as_deref());
    let fields = [
        ("name", Some(job.name.clone())),
        (
            "schedule_type",
            Some(timing.schedule_type.name().to_owned()),
        ),
        ("preset", preset.map(|it| it.name.to_owned())),
        ("cron_expression", cron.filter(|_| preset.is_none())),
        ("scheduled_at", at(timing.scheduled_at)),
        ("starts_at", at(timing.starts_at)),
        ("ends_at", at(timing.ends_at)),
        ("timezone", Some(timing.timezone.clone())),
        ("dst_gap_policy", word(timing.dst_gap_policy)),
        ("dst_repeat_policy", word(timing.dst_repeat_policy)),
        (
            "overlap_policy",
            Some(timing.overlap_policy.name().to_owned()),
        ),
        (
            "misfire_policy",
            Some(timing.misfire_policy.name().to_owned()),
        ),
        ("misfire_limit", Some(timing.misfire_limit.to_string())),
        (
            "misfire_window_seconds",
            Some(timing.misfire_window_seconds.to_string()),
        ),
        ("max_retries", Some(timing.max_retries.to_string())),
        ("max_runs", timing.max_runs.map(|most| most.to_string())),
        ("revision", Some(job.revision.to_string())),
    ];
    let given = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    Entered(given.collect())
}

fn word(policy: impl serde::Serialize) -> Option<String> {
    serde_json::to_value(policy)
        .ok()?
        .as_str()
        .map(str::to_owned)
}

/// The body that says what was entered: of a call that creates, or of one that edits `job`.
pub(super) fn the_job(
    entered: &Entered,
    job: Option<&Job>,
    job_type: JobType,
    parameters: &Value,
) -> Value {
    let zone = entered.zone();
    let mut body = Map::new();
    let mut say = |name: &str, value: Value| {
        body.insert(name.to_owned(), value);
    };
    say("parameters", parameters.clone());
    for name in TEXTS.into_iter().chain(NUMBERS) {
        if let Some(text) = entered.given(name) {
            say(name, number_or_text(name, text));
        }
    }
    // A field has no seconds, and in autumn an hour comes twice: what nobody changed is not told anew.
    let before = job.map(of_job).unwrap_or_default();
    let is_same_zone = before.given("timezone") == entered.given("timezone");
    let is_kept = |name: &str| is_same_zone && before.given(name) == entered.given(name);
    let is_recurring = match job {
        None => entered.is_recurring(),
        Some(job) => job.timing.schedule_type == ScheduleType::Recurring,
    };
    if is_recurring {
        say("cron_expression", json!(entered.cron()));
        for name in BOUNDS.into_iter().filter(|name| !is_kept(name)) {
            let at = entered.given(name).map(|text| moment_of(text, zone));
            say(name, json!(at));
        }
        let most = entered
            .given("max_runs")
            .map(|text| number_or_text("max_runs", text));
        say("max_runs", json!(most));
    } else if let Some(text) = entered
        .given("scheduled_at")
        .filter(|_| !is_kept("scheduled_at"))
    {
        say("scheduled_at", json!(moment_of(text, zone)));
    }
    if job.is_none() {
        say("id", json!(entered.given("id")));
        say("job_type", json!(job_type));
        say("brand_id", json!(entered.given("brand_id")));
    }
    Value::Object(body)
}

fn number_or_text(name: &str, text: &str) -> Value {
    let is_number = NUMBERS.contains(&name) || ["revision", "max_runs"].contains(&name);
    match text.parse::<i64>() {
        Ok(number) if is_number => json!(number),
        _ => json!(text),
    }
}
