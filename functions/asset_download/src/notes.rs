//! What became of an ad, in figures and in words.

use shared::{clients::meta::media::Medium, store::logs::Level};

use crate::{copy::Miss, tally::Tally, verdict::Fate};

/// What became of an ad.
#[derive(Debug, Default)]
pub(crate) struct AdResult {
    pub(crate) tally: Tally,
    pub(crate) lines: Vec<(Level, String)>,
}

impl AdResult {
    /// Counts one medium and says so.
    pub(crate) fn note(&mut self, ad: &str, medium: &Medium, fate: &Fate) {
        let counts = self.tally.of(medium.kind);
        let what = format!("{} {} of ad {ad}", medium.kind.name(), medium.source_id);
        let line = match fate {
            Fate::Downloaded { bytes } => {
                counts.downloaded += 1;
                counts.bytes += bytes;
                (Level::Info, format!("{what}: downloaded {bytes} bytes"))
            }
            Fate::Reused => {
                counts.reused += 1;
                (Level::Info, format!("{what}: kept already, reused"))
            }
            Fate::NotDownloadable { reason } => {
                counts.not_downloadable += 1;
                (Level::Info, format!("{what}: not downloadable, {reason}"))
            }
            Fate::Failed { reason, cause } => {
                counts.failed += 1;
                (
                    Level::Warn,
                    format!(
                        "{what}: failed, {}",
                        cause.as_ref().map_or_else(|| reason.clone(), chain)
                    ),
                )
            }
            Fate::Skipped => {
                counts.skipped += 1;
                return;
            }
        };
        self.lines.push(line);
    }
}

/// An error and its causes on one line.
fn chain(error: &Miss) -> String {
    let mut line = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
