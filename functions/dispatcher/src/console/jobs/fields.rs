//! The fields of a job's form as texts, and the body of the API's call that says the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::{
    domain::{JobId, JobType, schedule::Zone, timing::ScheduleType},
    store::jobs::Job,
};

use super::recurrence::{self, BY_EXPRESSION, Recurrence};
use crate::{
    console::{
        form::Form,
        forms::{local, moment_of},
    },
    problem::FieldError,
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
const OTHERS: [&str; 19] = [
    "id",
    "brand_id",
    "cron_before",
    "schedule_type",
    "frequency",
    "every_minutes",
    "at_minute",
    "time",
    "month_day",
    "on_mon",
    "on_tue",
    "on_wed",
    "on_thu",
    "on_fri",
    "on_sat",
    "on_sun",
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
        let fields = [("schedule_type", "recurring"), ("timezone", "UTC")];
        let fields = fields.into_iter().chain(recurrence::DEFAULTS);
        let policies = [
            ("overlap_policy", "skip"),
            ("misfire_policy", "latest"),
            ("misfire_limit", "10"),
            ("misfire_window_seconds", "86400"),
            ("max_retries", "3"),
            ("dst_gap_policy", "shift"),
            ("dst_repeat_policy", "first"),
        ];
        let all = fields.chain(policies);
        let all = all.map(|(name, value)| (name, value.to_owned()));
        Self(all.chain([("id", JobId::new().to_string())]).collect())
    }

    /// What was sent.
    pub(super) fn of(form: &Form) -> Self {
        let names = TEXTS.iter().chain(&NUMBERS).chain(&BOUNDS).chain(&OTHERS);
        let entered = names.filter_map(|name| Some((*name, form.get(name)?.to_owned())));
        Self(entered.collect()).with_one_schedule()
    }

    /// Of the fields of a recurrence and an expression, those that were entered: the expression when it is another
    /// than the page had shown, or else the fields.
    fn with_one_schedule(mut self) -> Self {
        let cron = self.given("cron_expression");
        let is_written = cron.is_some() && cron != self.given("cron_before");
        match self.given("frequency") {
            Some(BY_EXPRESSION) => {}
            Some(_) if !is_written => drop(self.0.remove("cron_expression")),
            _ if cron.is_some() => drop(self.0.insert("frequency", BY_EXPRESSION.to_owned())),
            _ => {}
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

    /// How the job shall repeat, when the form's fields say so and not an expression.
    ///
    /// # Errors
    /// The field that cannot be read.
    pub(super) fn recurrence(&self) -> Result<Option<Recurrence>, FieldError> {
        if !self.is_recurring() {
            return Ok(None);
        }
        Recurrence::entered(|name| self.get(name))
    }

    /// What the fields say, or else what was written. An expression that says what the fields say stays as it is.
    fn cron(&self, before: Option<&str>) -> Option<String> {
        match self.recurrence() {
            Ok(Some(it)) if before.and_then(Recurrence::read) == Some(it) => {
                before.map(str::to_owned)
            }
            Ok(Some(it)) => Some(it.to_string()),
            Ok(None) | Err(_) => self.given("cron_expression").map(str::to_owned),
        }
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
    let recurrence = cron.as_deref().and_then(Recurrence::read);
    let fields = [
        ("name", Some(job.name.clone())),
        (
            "schedule_type",
            Some(timing.schedule_type.name().to_owned()),
        ),
        ("cron_expression", cron.filter(|_| recurrence.is_none())),
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
    Entered(given.chain(repeating(recurrence)).collect())
}

/// The fields of a recurrence, and of the others what they begin with.
fn repeating(recurrence: Option<Recurrence>) -> BTreeMap<&'static str, String> {
    let defaults = recurrence::DEFAULTS.map(|(name, value)| (name, value.to_owned()));
    let mut fields = BTreeMap::from(defaults);
    if matches!(recurrence, Some(Recurrence::Weekly(..))) {
        fields.retain(|name, _| !name.starts_with("on_"));
    }
    match recurrence {
        Some(it) => fields.extend(it.fields()),
        None => drop(fields.insert("frequency", BY_EXPRESSION.to_owned())),
    }
    fields
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
        let before = job.and_then(|job| job.timing.cron_expression.as_deref());
        say("cron_expression", json!(entered.cron(before)));
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
