//! Schedules, checked from outside against two engines of their own: a walk over every minute
//! ([`oracle`]) and an evaluator of the cloud's cron ([`aws`]).

#[cfg(test)]
mod aws;
#[cfg(test)]
mod cloud;
#[cfg(test)]
mod dialect;
#[cfg(test)]
mod fires;
#[cfg(test)]
mod given;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod ratio;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod walk;
#[cfg(test)]
mod wording;
#[cfg(test)]
mod zoned;
