//! Cron, zones, fire times, cloud expressions, wording.
