//! Several reads in one call.

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{Answer, Meta, MetaError, PageSize, Pressure, answer::checked, reads::GROUP_MAX};

/// How often parts that Meta left out are asked for: it leaves out what would have taken too long.
const ROUNDS_MAX: usize = 3;

/// The whole took too long. **Source:** Graph API, "Batch requests".
const TIMED_OUT: i64 = 960;

/// What became of one part.
pub(super) type Part = Result<Box<RawValue>, MetaError>;

impl Meta {
    /// Reads each of these objects or edges, as in `120?fields=id`; the answers are in the same order. A part
    /// that Meta keeps leaving out counts as a passing fault.
    ///
    /// # Errors
    /// [`MetaError`] of the call as a whole.
    pub(super) async fn batch(&self, paths: &[&str]) -> Result<Vec<Part>, MetaError> {
        let mut answers: Vec<Option<Part>> = paths.iter().map(|_| None).collect();
        let mut size = PageSize::new(u32::try_from(GROUP_MAX).unwrap_or(1));
        for _ in 0..ROUNDS_MAX {
            let mut open = (0..paths.len()).collect::<Vec<_>>();
            open.retain(|at| answers.get(*at).is_some_and(Option::is_none));
            let mut rest = open.as_slice();
            while !rest.is_empty() {
                let count = usize::try_from(size.get()).unwrap_or(1).min(rest.len());
                let (group, later) = rest.split_at(count);
                let named = group.iter().filter_map(|at| paths.get(*at).copied());
                match self.send(named).await {
                    Err(MetaError::Graph(error)) if error.code == TIMED_OUT && size.shrink() => {}
                    Err(error) => return Err(error),
                    Ok(parts) => {
                        for (at, part) in group.iter().zip(parts) {
                            if let Some(answer) = answers.get_mut(*at) {
                                *answer = part;
                            }
                        }
                        rest = later;
                    }
                }
            }
        }
        let left_out = || Err(MetaError::NotJson { status: 200 });
        let answers = answers.into_iter();
        Ok(answers.map(|it| it.unwrap_or_else(left_out)).collect())
    }

    /// One call; `None` for parts that Meta left out.
    async fn send(
        &self,
        paths: impl Iterator<Item = &str>,
    ) -> Result<Vec<Option<Part>>, MetaError> {
        #[derive(Deserialize)]
        struct Wire {
            code: u16,
            #[serde(default)]
            body: Option<String>,
        }
        let version = &self.version;
        let requests: Value = paths
            .map(|path| json!({"method": "GET", "relative_url": format!("{version}/{path}")}))
            .collect();
        let requests = requests.to_string();
        let form = [("batch", requests.as_str()), ("include_headers", "false")];
        let body = self.post(&[""], &form).await?;
        let parts: Vec<Option<Wire>> =
            serde_json::from_slice(&body).map_err(|_| MetaError::Shape { what: "a batch" })?;
        let part = |Wire { code, body }| {
            let answer = Answer {
                status: code,
                headers: HeaderMap::new(),
                body: body.unwrap_or_default().into(),
            };
            let body = checked(answer, Pressure::default())?;
            let body = serde_json::from_slice(&body);
            body.map_err(|_| MetaError::NotJson { status: code })
        };
        Ok(parts.into_iter().map(|it| it.map(part)).collect())
    }
}
