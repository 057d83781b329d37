//! What is copied: files with the first bytes of a picture or a video and a body that does not repeat.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;

/// 5 MiB, as large pictures are, and as the peers were measured with.
pub(crate) const IMAGE_BYTES: u64 = 5 << 20;
/// The most that one run of the job takes.
pub(crate) const IMAGES: u32 = 200;
/// 1 GiB.
pub(crate) const VIDEO_BYTES: u64 = 1 << 30;

/// What nginx serves.
const ORIGIN: &str = "origin";
/// Pictures are named so, by number.
const PICTURES: &str = "pictures";

const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0];
const MP4: &[u8] = b"\0\0\0\x18ftypisom";

/// Removes what an earlier run left.
pub(crate) fn begin_afresh(data: &Path) -> anyhow::Result<PathBuf> {
    if data.exists() {
        fs::remove_dir_all(data).with_context(|| format!("removing {}", data.display()))?;
    }
    fs::create_dir_all(data).with_context(|| format!("making {}", data.display()))?;
    Ok(data.canonicalize()?)
}

/// The folder that nginx serves.
pub(crate) fn origin(data: &Path) -> PathBuf {
    data.join(ORIGIN)
}

/// The path of a picture below the origin.
pub(crate) fn picture(number: u64) -> String {
    format!("{PICTURES}/{number}.jpg")
}

/// The folder of the pictures below the origin.
pub(crate) fn pictures() -> &'static str {
    PICTURES
}

/// The path of the video below the origin.
pub(crate) fn video() -> &'static str {
    "video.mp4"
}

/// Writes pictures of one size, each with other bytes.
pub(crate) fn write_pictures(data: &Path, count: u32, bytes: u64) -> anyhow::Result<()> {
    for number in 0..u64::from(count) {
        write(&origin(data).join(picture(number)), JPEG, bytes, number + 1)?;
    }
    Ok(())
}

/// Writes the video.
pub(crate) fn write_video(data: &Path) -> anyhow::Result<()> {
    write(&origin(data).join(video()), MP4, VIDEO_BYTES, 1)
}

/// Writes something that is told to be a video.
pub(crate) fn write_clip(path: &Path, bytes: u64, seed: u64) -> anyhow::Result<()> {
    write(path, MP4, bytes, seed)
}

/// Writes something that is told to be a picture.
pub(crate) fn write_picture(path: &Path, bytes: u64, seed: u64) -> anyhow::Result<()> {
    write(path, JPEG, bytes, seed)
}

fn write(path: &Path, head: &[u8], bytes: u64, seed: u64) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut file =
        BufWriter::new(File::create(path).with_context(|| format!("writing {}", path.display()))?);
    file.write_all(head)?;
    let mut left = bytes.saturating_sub(u64::try_from(head.len())?);
    let mut state = seed;
    while left > 0 {
        // Marsaglia's xorshift: fast, and no two blocks are the same.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = state.to_le_bytes();
        let part = word.get(..usize::try_from(left.min(8))?).unwrap_or(&word);
        file.write_all(part)?;
        left = left.saturating_sub(8);
    }
    file.flush()
        .with_context(|| format!("writing {}", path.display()))
}
