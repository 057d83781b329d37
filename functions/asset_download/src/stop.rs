//! What an error of Meta's means for the run.

use std::time::Duration;

use shared::{
    clients::meta::{Class, MetaError},
    domain::JobError,
};

/// How long to wait when throttled without being told for how long.
const PAUSE_DEFAULT: Duration = Duration::from_secs(5 * 60);

/// True when the next call would fail as well, whatever it asks for.
pub(crate) fn is_about_more_than_one_object(class: Class) -> bool {
    matches!(
        class,
        Class::Throttled | Class::Auth | Class::Config | Class::Blocked
    )
}

/// Turns an error that stops the run into what happens next.
pub(crate) fn because_of(error: MetaError) -> JobError {
    match error.class() {
        Class::Throttled => JobError::Snooze {
            by: "Meta",
            delay: error.pause().unwrap_or(PAUSE_DEFAULT),
        },
        Class::Auth => JobError::give_up(format!(
            "Meta's access token is no longer good; reconnect the ad account ({error})"
        )),
        Class::Config => JobError::give_up(format!(
            "Meta refuses the settings; check META_GRAPH_URL, META_API_VERSION and META_APP_SECRET ({error})"
        )),
        Class::Blocked => {
            JobError::give_up(format!("Meta has blocked the account for policy ({error})"))
        }
        Class::Permission => JobError::give_up(format!(
            "Meta's access token may not read the account; it needs ads_read ({error})"
        )),
        _ => JobError::retry("reading ads from Meta")(error),
    }
}
