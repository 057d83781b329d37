//! What a body is, by its first bytes. Names, headers and addresses have no say. Pure.

use super::media::Kind;

/// A format that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// A picture or a video.
    pub kind: Kind,
    /// As in `image/jpeg`.
    pub mime: &'static str,
    /// As in `jpg`.
    pub extension: &'static str,
}

/// Bytes needed to tell every format apart.
pub const HEAD_BYTES: usize = 12;

const fn image(mime: &'static str, extension: &'static str) -> Format {
    Format {
        kind: Kind::Image,
        mime,
        extension,
    }
}

const fn video(mime: &'static str, extension: &'static str) -> Format {
    Format {
        kind: Kind::Video,
        mime,
        extension,
    }
}

/// Every format that is kept, by extension, for objects found again.
const FORMATS: &[Format] = &[
    image("image/jpeg", "jpg"),
    image("image/png", "png"),
    image("image/gif", "gif"),
    image("image/webp", "webp"),
    image("image/avif", "avif"),
    image("image/heic", "heic"),
    video("video/mp4", "mp4"),
    video("video/quicktime", "mov"),
];

/// The format of a body that starts with `head`; `None` for HTML, SVG, JSON and everything else.
///
/// **Source:** each format's signature; ISO base media brands as registered at mp4ra.org.
#[must_use]
pub fn format_of(head: &[u8]) -> Option<Format> {
    let extension = match head {
        [0xff, 0xd8, 0xff, ..] => "jpg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "png",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "gif",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "webp",
        [_, _, _, _, b'f', b't', b'y', b'p', a, b, c, d, ..] => brand([*a, *b, *c, *d])?,
        _ => return None,
    };
    of_extension(extension)
}

/// The format of an object of ours, by the extension we gave it.
#[must_use]
pub fn of_extension(extension: &str) -> Option<Format> {
    FORMATS
        .iter()
        .find(|format| format.extension == extension)
        .copied()
}

fn brand(brand: [u8; 4]) -> Option<&'static str> {
    match &brand {
        b"avif" | b"avis" => Some("avif"),
        b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => Some("heic"),
        b"qt  " => Some("mov"),
        b"isom" | b"mmp4" | b"M4V " | b"M4VH" | b"M4VP" | b"MSNV" | b"dash" | b"f4v " | b"F4V " => {
            Some("mp4")
        }
        [b'i', b's', b'o', b'2'..=b'9']
        | [b'm', b'p', b'4', _]
        | [b'a', b'v', b'c', _]
        | [b'3', b'g', _, _] => Some("mp4"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_known_by_its_first_bytes() {
        for (head, mime) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01"[..], "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\r", "image/png"),
            (b"GIF89a\x01\0\x01\0\x80\0", "image/gif"),
            (b"GIF87a\x01\0\x01\0\x80\0", "image/gif"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
            (b"\0\0\0\x20ftypisom\0\0\x02\0", "video/mp4"),
            (b"\0\0\0\x1cftypmp42\0\0\0\0", "video/mp4"),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
        ] {
            assert_eq!(format_of(head).unwrap().mime, mime, "{head:?}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for head in [
            &b"<!DOCTYPE html><html>"[..],
            b"<svg xmlns=\"http://www",
            b"<?xml version=\"1.0\"?>",
            b"{\"error\":{\"code\":1}}",
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"\0\0\0\x20ftypM4A \0\0\x02\0",
            b"%PDF-1.7 \n%abc",
            b"\xff\xd8",
            b"GIF8",
            b"",
        ] {
            assert_eq!(format_of(head), None, "{head:?}");
        }
    }

    #[test]
    fn a_head_is_long_enough_for_every_signature() {
        assert!(format_of(&b"\0\0\0\x20ftypisom"[..HEAD_BYTES]).is_some());
        assert!(format_of(&b"RIFF\x24\0\0\0WEBP"[..HEAD_BYTES]).is_some());
    }
}
