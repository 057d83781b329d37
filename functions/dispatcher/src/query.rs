//! Ids in paths, and query strings: every name known, every value of its type.

use std::{ops::RangeInclusive, str::FromStr};

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use chrono::{DateTime, Datelike, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, de::value::StrDeserializer};
pub(crate) use shared::store::jobs::Owners;
use uuid::Uuid;

use crate::problem::Problem;

/// Most pairs of a query string that are looked at.
const PAIRS_MAX: usize = 32;

/// Years whose moments can be asked for.
const MOMENTS: RangeInclusive<i32> = 1970..=2199;

/// Longest part of what a caller sent that is repeated in an error, in characters.
const QUOTED_MAX: usize = 64;

/// A row's place in a list that is in the order of creation.
pub(crate) fn place(created_at: DateTime<Utc>, id: Uuid) -> String {
    format!("{}_{id}", created_at.timestamp_micros())
}

/// Whether a list of so many has reached its limit, so that there may be more.
pub(crate) fn is_full(length: usize, limit: i64) -> bool {
    i64::try_from(length).is_ok_and(|length| length >= limit)
}

/// At most `limit` of these rows, of which one more was asked for, and the place behind which there are more.
pub(crate) fn page<T, P>(
    mut rows: Vec<T>,
    limit: i64,
    place_of: impl Fn(&T) -> P,
) -> (Vec<T>, Option<P>) {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| has_more).map(place_of);
    (rows, next)
}

/// Work that is of no brand.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    Platform,
}

/// The `{id}` of a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.extract::<Path<String>>().await.map(|Path(text)| text);
        text.ok()
            .and_then(|text| text.parse().ok())
            .map(Self)
            .ok_or_else(|| Problem::address("id", "must be a UUID"))
    }
}

/// The pairs of a query string that nobody has asked for yet.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        let pairs: Vec<_> = url::form_urlencoded::parse(text.as_bytes())
            .take(PAIRS_MAX + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if pairs.len() > PAIRS_MAX {
            let detail = format!("has more than {PAIRS_MAX} names");
            return Err(Problem::address("(query)", detail));
        }
        Ok(Self(pairs))
    }
}

impl Query {
    /// Takes out a value; `None` when it is missing or empty.
    ///
    /// # Errors
    /// When it is given twice.
    fn take(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let mut found = None;
        while let Some(at) = self.0.iter().position(|(given, _)| given == name) {
            let (_, value) = self.0.swap_remove(at);
            if found.replace(value).is_some() {
                return Err(Problem::address(name, "must be given once"));
            }
        }
        Ok(found.filter(|value| !value.is_empty()))
    }

    /// Takes out a text.
    ///
    /// # Errors
    /// When it is given twice, or has the character U+0000, which the database cannot look for.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let text = self.take(name)?;
        if text.as_ref().is_some_and(|text| text.contains('\0')) {
            return Err(Problem::address(
                name,
                "must not contain the character U+0000",
            ));
        }
        Ok(text)
    }

    /// Takes out an id.
    ///
    /// # Errors
    /// When it is no UUID, or given twice.
    pub(crate) fn id<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.take(name)? else {
            return Ok(None);
        };
        let id = text
            .parse()
            .map_err(|_| Problem::address(name, "must be a UUID"))?;
        Ok(Some(id))
    }

    /// Takes out `brand_id`, or `scope`.
    ///
    /// # Errors
    /// When one is none or given twice, or both are given.
    pub(crate) fn owners(&mut self) -> Result<Owners, Problem> {
        let brand_id = self.id("brand_id")?;
        let scope: Option<Scope> = self.word("scope")?;
        if brand_id.is_some() && scope.is_some() {
            return Err(Problem::address("scope", "goes without brand_id"));
        }
        Ok(Owners {
            brand_id,
            is_platform: scope.is_some(),
        })
    }

    /// Takes out a place in a list, as [`place`] writes it.
    ///
    /// # Errors
    /// When it is none, or given twice.
    pub(crate) fn place(&mut self, name: &str) -> Result<Option<(DateTime<Utc>, Uuid)>, Problem> {
        let Some(text) = self.take(name)? else {
            return Ok(None);
        };
        let place = text.split_once('_').and_then(|(at, id)| {
            let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
            Some((at, id.parse().ok()?))
        });
        let refusal = || Problem::address(name, "must be a place that a page before named");
        place.map(Some).ok_or_else(refusal)
    }

    /// Takes out a moment, as RFC 3339 writes it.
    ///
    /// # Errors
    /// When it is none, or given twice.
    pub(crate) fn moment(&mut self, name: &str) -> Result<Option<DateTime<Utc>>, Problem> {
        let Some(text) = self.take(name)? else {
            return Ok(None);
        };
        // In a query string a plus is a space.
        let moment = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
        let refusal = |_| Problem::address(name, "must be like 2026-11-20T06:00:00Z");
        let moment = moment.map_err(refusal)?.to_utc();
        let is_kept = MOMENTS.contains(&moment.year());
        is_kept
            .then_some(Some(moment))
            .ok_or_else(|| Problem::address(name, "must be in the years 1970 to 2199"))
    }

    /// Takes out one of a few words.
    ///
    /// # Errors
    /// When it is another word, or given twice.
    pub(crate) fn word<T: for<'de> Deserialize<'de>>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.take(name)? else {
            return Ok(None);
        };
        let text: String = text.chars().take(QUOTED_MAX).collect();
        let deserializer = StrDeserializer::<serde_json::Error>::new(&text);
        let word = T::deserialize(deserializer)
            .map_err(|error| Problem::address(name, error.to_string()))?;
        Ok(Some(word))
    }

    /// Takes out a whole number within `bounds`, or else `default`.
    ///
    /// # Errors
    /// When it is no such number, or given twice.
    pub(crate) fn number(
        &mut self,
        name: &str,
        bounds: RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64, Problem> {
        let Some(text) = self.take(name)? else {
            return Ok(default);
        };
        text.parse()
            .ok()
            .filter(|number| bounds.contains(number))
            .ok_or_else(|| {
                let (least, most) = bounds.into_inner();
                Problem::address(
                    name,
                    format!("must be a whole number from {least} to {most}"),
                )
            })
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// When a name is left that nobody asked for: a misspelt filter must not list everything.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let Some((name, _)) = self.0.first() else {
            return Ok(());
        };
        let name: String = name.chars().take(QUOTED_MAX).collect();
        Err(Problem::address(&name, "is not known here"))
    }
}
