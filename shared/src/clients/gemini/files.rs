//! Files that were uploaded, for models to look at.

use bytes::Bytes;
use serde::Deserialize;

use super::{Gemini, GeminiError, Method, VERSION, error::shown};

/// A file at Google. It is deleted after 48 hours by itself. **Source:** Gemini API, "Files API".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// As in `files/abc-123`.
    pub name: String,
    /// What [`super::Part::File`] wants.
    pub uri: String,
    /// Its length, where Google tells.
    pub bytes: Option<u64>,
    /// Whether it can be used yet.
    pub state: FileState,
}

/// Whether a file can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// Not yet: look again in some seconds.
    Processing,
    /// Yes.
    Active,
    /// It never can.
    Failed {
        /// In Google's words.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireFile {
    name: String,
    #[serde(default)]
    uri: String,
    #[serde(default, alias = "size_bytes")]
    size_bytes: Option<String>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: WireError,
}

#[derive(Deserialize, Default)]
struct WireError {
    #[serde(default)]
    message: String,
}

impl From<WireFile> for RemoteFile {
    fn from(file: WireFile) -> Self {
        Self {
            state: match file.state.as_str() {
                "ACTIVE" => FileState::Active,
                "FAILED" => FileState::Failed {
                    reason: shown(&file.error.message, None),
                },
                // Also the states that Google will think of tomorrow; whoever looks again has a bound of its own.
                _ => FileState::Processing,
            },
            bytes: file.size_bytes.and_then(|text| text.parse().ok()),
            name: file.name,
            uri: file.uri,
        }
    }
}

impl Gemini {
    /// A file, as it is now; `None` when there is none of that name, or no longer.
    ///
    /// # Errors
    /// [`GeminiError`].
    pub async fn file(&self, name: &str) -> Result<Option<RemoteFile>, GeminiError> {
        let url = self.file_url(name)?;
        match self.plain(Method::GET, &url).await {
            Ok(answer) => read(&answer.body).map(Some),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes a file. One that does not exist is deleted.
    ///
    /// # Errors
    /// [`GeminiError`]; the file may be deleted all the same.
    pub async fn delete(&self, name: &str) -> Result<(), GeminiError> {
        let url = self.file_url(name)?;
        match self.plain(Method::DELETE, &url).await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn file_url(&self, name: &str) -> Result<String, GeminiError> {
        Ok(self.url(&[VERSION, "files", id(name)?]))
    }
}

fn is_missing(error: &GeminiError) -> bool {
    matches!(
        error,
        GeminiError::NoSuchFile | GeminiError::Invalid { status: 404, .. }
    )
}

fn read(body: &Bytes) -> Result<RemoteFile, GeminiError> {
    let file: Option<WireFile> = serde_json::from_slice(body).ok();
    let garbled = GeminiError::Garbled { status: 200 };
    file.map(RemoteFile::from).ok_or(garbled)
}

/// The part of a file's name that is chosen.
///
/// **Source:** Gemini API reference, "Using files", `File.name`: up to 40 lower-case letters, digits and dashes, the
/// first and the last no dash. It may be given when a file is created.
pub(super) fn id(name: &str) -> Result<&str, GeminiError> {
    const ID_MAX: usize = 40;
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let id = name.strip_prefix("files/").filter(|id| {
        (1..=ID_MAX).contains(&id.len())
            && id.bytes().all(is_allowed)
            && !id.starts_with('-')
            && !id.ends_with('-')
    });
    id.ok_or_else(|| GeminiError::BadFileName(shown(name, None)))
}

/// Whether a file that has the name of one to upload is that file.
pub(super) fn is_the_same(file: &RemoteFile, bytes_total: u64) -> bool {
    let has_failed = matches!(file.state, FileState::Failed { .. });
    !has_failed && file.bytes == Some(bytes_total)
}
