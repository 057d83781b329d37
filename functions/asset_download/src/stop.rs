//! Which errors of Meta's stop the whole run.

use shared::clients::meta::Class;

/// True when the next call would fail as well, whatever it asks for.
pub(crate) fn is_about_more_than_one_object(class: Class) -> bool {
    matches!(
        class,
        Class::Throttled | Class::Auth | Class::Config | Class::Blocked
    )
}
