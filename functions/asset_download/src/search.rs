//! The places where a medium may be had, tried one after the other.

use std::sync::Arc;

use shared::{
    clients::meta::media::{Medium, Place, Quality, expires_at},
    domain::JobError,
    steps::ad_account::because_of,
};

use crate::{
    ad::AdWork,
    copy::{Fetched, Miss, fetch},
    library::{Library, Located, Spot},
    stop,
};

/// The places of a medium, tried one after the other.
pub(crate) struct Search<'a> {
    pub(crate) work: &'a AdWork,
    pub(crate) medium: &'a Medium,
    /// Only places that give something better.
    pub(crate) floor: Option<Quality>,
    pub(crate) misses: Vec<Miss>,
}

impl Search<'_> {
    /// The first place that gives the medium; `misses` says why the others did not.
    pub(crate) async fn run(&mut self) -> Result<Option<(Fetched, Spot, Quality)>, JobError> {
        let (mut places, mut library) =
            (self.medium.places.clone(), Arc::clone(&self.work.library));
        let mut is_fresh = false;
        let mut at = 0;
        while let Some(place) = places.get(at) {
            at += 1;
            if self.floor.is_some_and(|floor| place.quality() <= floor) {
                continue;
            }
            match self.visit(&library, place, is_fresh).await? {
                Ok((fetched, spot)) => return Ok(Some((fetched, spot, place.quality()))),
                Err(Some(Miss::Gone { .. })) if !is_fresh => {
                    // Addresses are signed for hours only: ask for them once more, then try this place again.
                    (places, library) = self
                        .work
                        .look_again(self.medium)
                        .await?
                        .unwrap_or((places, library));
                    is_fresh = true;
                    at -= 1;
                }
                Err(Some(miss)) => {
                    let is_over = matches!(miss, Miss::Passing { .. } | Miss::OutOfTime);
                    self.misses.push(miss);
                    if is_over {
                        break;
                    }
                }
                Err(None) => {}
            }
        }
        Ok(None)
    }

    /// Tries one place. `Err(None)` when Meta knows nothing there.
    async fn visit(
        &self,
        library: &Library,
        place: &Place,
        is_fresh: bool,
    ) -> Result<Result<(Fetched, Spot), Option<Miss>>, JobError> {
        let spot = match library.locate(place) {
            Located::At(spot) => spot,
            Located::Post(story) => match self.post_picture(&story).await? {
                Some(url) => Spot {
                    url,
                    ..Spot::default()
                },
                None => return Ok(Err(None)),
            },
            Located::Absent(reason) => {
                return Ok(Err(Some(Miss::Unusable {
                    reason,
                    is_final: true,
                    source: None,
                })));
            }
            Located::Unreadable(reason) => {
                return Ok(Err(Some(Miss::Passing {
                    reason: reason.to_owned(),
                    source: None,
                })));
            }
        };
        // Our clock may be wrong: a fresh address is tried whatever it says.
        let is_old = expires_at(&spot.url).is_some_and(|at| at <= self.work.shift.now());
        if is_old && !is_fresh {
            let reason = "url_expired".to_owned();
            return Ok(Err(Some(Miss::Gone {
                reason,
                is_final: false,
                source: None,
            })));
        }
        let (work, kind) = (self.work, self.medium.kind);
        let fetched = fetch(
            &work.clients,
            &spot.url,
            kind,
            work.shelf(self.medium),
            work.shift.deadline,
        )
        .await;
        Ok(fetched.map(|fetched| (fetched, spot)).map_err(Some))
    }

    /// A post is read with a right that many tokens lack; then there is simply no picture.
    async fn post_picture(&self, story: &str) -> Result<Option<String>, JobError> {
        match self.work.meta.post_picture(story).await {
            Ok(picture) => Ok(picture),
            Err(error) if stop::is_about_more_than_one_object(error.class()) => {
                Err(because_of(error))
            }
            Err(_) => Ok(None),
        }
    }
}
