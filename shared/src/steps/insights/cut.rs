//! A slice that is too much is cut: by campaigns, ad sets, ads, and at last by fields.

use super::{Insights, PAGE_LIMIT};
use crate::{
    clients::meta::insights::optional_fields,
    domain::{
        JobError,
        slices::{Level, Scope},
    },
    store::slices::{self, Slice},
};

/// Ads and fields of a part.
type Part = (Option<Scope>, Option<Vec<String>>);

impl<P> Insights<'_, P> {
    /// Replaces a slice by parts of it. A single field of a single ad cannot be cut: the day goes without it.
    pub(super) async fn cut(&self, slice: &Slice, error: &str) -> Result<(), JobError> {
        let scope = slice.scope.as_ref().map(|scope| scope.0.clone());
        let parts = match scope {
            Some(scope) if scope.ids.len() > 1 => by_scope(scope.parts(), slice),
            Some(scope) if scope.level == Level::Ad => by_fields(scope, slice),
            scope => match self
                .reach
                .meta
                .members(&self.reach.owner.account, scope.as_ref())
                .await
            {
                Ok(Some(below)) if !below.ids.is_empty() => by_scope(below.parts(), slice),
                Ok(_) => vec![],
                Err(error) => {
                    let stop = self.reach.stop(self.run, error).await;
                    let JobError::Snooze { delay, .. } = stop else {
                        return Err(stop);
                    };
                    self.hold(delay);
                    return Ok(());
                }
            },
        };
        if parts.is_empty() {
            return self.end_uncut(slice, error).await;
        }
        // One ad has one row a day: no report is needed for that.
        let is_report = !parts.iter().all(|(scope, _)| {
            scope
                .as_ref()
                .is_some_and(|it| it.level == Level::Ad && it.ids.len() == 1)
        });
        let page_limit = i32::try_from(PAGE_LIMIT).unwrap_or(1);
        self.note("cutting a slice", async |tx| {
            slices::split(tx, slice, &parts, (page_limit, is_report), self.run.now()).await
        })
        .await
    }

    /// What cannot be cut further: one field of one ad is left out; anything else is given up.
    async fn end_uncut(&self, slice: &Slice, error: &str) -> Result<(), JobError> {
        let ad = slice
            .scope
            .as_ref()
            .filter(|scope| scope.level == Level::Ad);
        match (ad, slice.fields.as_deref()) {
            (Some(scope), Some([field])) => {
                let ad = scope.ids.first().map(String::as_str).unwrap_or_default();
                let text = format!("Meta does not answer with {field} for ad {ad}: {error}");
                self.end(slice, true, &text).await
            }
            _ => self.end(slice, false, error).await,
        }
    }
}

fn by_scope(parts: Vec<Scope>, slice: &Slice) -> Vec<Part> {
    let part = |scope| (Some(scope), slice.fields.clone());
    parts.into_iter().map(part).collect()
}

fn by_fields(scope: Scope, slice: &Slice) -> Vec<Part> {
    let fields = slice.fields.clone();
    let fields = fields.unwrap_or_else(|| optional_fields(slice.kind));
    if fields.len() < 2 {
        return vec![];
    }
    // And none of them: an ad that fails without any field fails as a whole.
    let none = slice.fields.is_none().then(Vec::new);
    let halves = fields.chunks(fields.len().div_ceil(2));
    halves
        .map(<[String]>::to_vec)
        .chain(none)
        .map(|part| (Some(scope.clone()), Some(part)))
        .collect()
}
