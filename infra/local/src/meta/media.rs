//! The files the stand-in serves, and what their bytes are.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::Context;
use sha2::{Digest, Sha256};

/// How much of a file is hashed at a time; large enough that the disk is the limit.
const READ_BYTES: usize = 256 * 1024;

/// How many files of a folder are used. A thousand ads already take forty pages to read.
const FILES_MAX: usize = 1000;

/// What kind of medium a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Image,
    /// A film.
    Video,
}

/// One file.
#[derive(Debug)]
pub struct Medium {
    /// Where it is.
    pub path: PathBuf,
    /// Its name, unique among the files served.
    pub name: String,
    /// Picture or film.
    pub kind: Kind,
    /// What a CDN says it is, by its name.
    pub content_type: &'static str,
    /// Its length.
    pub bytes: u64,
    digest: OnceLock<[u8; 32]>,
}

impl Medium {
    /// The SHA-256 of its bytes, read once.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sha256(&self) -> std::io::Result<[u8; 32]> {
        if let Some(digest) = self.digest.get() {
            return Ok(*digest);
        }
        let mut file = File::open(&self.path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let read = file.read(&mut buffer)?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
                break;
            };
            hasher.update(part);
        }
        let digest: [u8; 32] = hasher.finalize().into();
        Ok(*self.digest.get_or_init(|| digest))
    }
}

/// Lists the media of a folder by name; other files are passed over.
///
/// # Errors
/// When the folder cannot be read or holds no media.
pub fn scan(folder: &Path) -> anyhow::Result<Vec<Medium>> {
    let mut media = Vec::new();
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("reading the media folder {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let Some((kind, content_type)) = kind_of(&path) else {
            continue;
        };
        let metadata = path.metadata()?;
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if metadata.is_file() {
            media.push(Medium {
                name: name.to_owned(),
                kind,
                content_type,
                bytes: metadata.len(),
                digest: OnceLock::new(),
                path,
            });
        }
    }
    anyhow::ensure!(
        !media.is_empty(),
        "no JPEG, PNG, GIF, WebP, AVIF, HEIC, MP4 or MOV in {}",
        folder.display()
    );
    media.sort_by(|one, other| one.name.cmp(&other.name));
    media.truncate(FILES_MAX);
    Ok(media)
}

fn kind_of(path: &Path) -> Option<(Kind, &'static str)> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "jpg" | "jpeg" => (Kind::Image, "image/jpeg"),
        "png" => (Kind::Image, "image/png"),
        "gif" => (Kind::Image, "image/gif"),
        "webp" => (Kind::Image, "image/webp"),
        "avif" => (Kind::Image, "image/avif"),
        "heic" => (Kind::Image, "image/heic"),
        "mp4" => (Kind::Video, "video/mp4"),
        "mov" => (Kind::Video, "video/quicktime"),
        _ => return None,
    })
}
