//! What makes two looks at an ad the same look: the bytes, the words and the page, not their addresses.

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization;

/// A SHA-256.
pub type Digest = [u8; 32];

/// An ad's text as it is compared: in Unicode's composed form, with single spaces between its words.
#[must_use]
pub fn normalised(copy: &str) -> String {
    let composed: String = copy.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Digest of media, in order: the `input_hash` of a video's analysis.
#[must_use]
pub fn digest_of(media: &[Digest]) -> Digest {
    let mut hasher = Sha256::new();
    put(&mut hasher, media.as_flattened());
    hasher.finalize().into()
}

/// Digest of all that a classification rests on: the media in order, the text however it is spaced, and the
/// content of the page the ad leads to, where that is known. What asks, and in which form, is told apart by the
/// versions of prompt and schema.
#[must_use]
pub fn content_hash(media: &[Digest], copy: &str, landing_page: Option<&Digest>) -> Digest {
    let mut hasher = Sha256::new();
    put(&mut hasher, media.as_flattened());
    put(&mut hasher, normalised(copy).as_bytes());
    put(&mut hasher, landing_page.map_or(&[], Digest::as_slice));
    hasher.finalize().into()
}

/// A part with its length, so that what ends one part cannot begin the next.
fn put(hasher: &mut Sha256, part: &[u8]) {
    hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
    hasher.update(part);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::classification::{AdMedia, Budget, Decision, Media, decide};

    /// What is known of pictures whose addresses change with every reading.
    fn carousel(digests: &[Digest], address: &str) -> AdMedia {
        let images = digests.iter().map(|sha256| Media {
            storage_path: format!("media/{address}"),
            sha256: *sha256,
            mime_type: "image/jpeg".to_owned(),
            bytes: 1,
            duration_seconds: None,
        });
        AdMedia {
            images: images.collect(),
            thumbnail_url: Some(format!("https://cdn.example/{address}")),
            ..AdMedia::default()
        }
    }

    fn hash_of(ad: &AdMedia, copy: &str) -> Digest {
        let Decision::Images(media) = decide(ad, Budget { videos: 0 }) else {
            panic!("its pictures are stored");
        };
        let digests: Vec<_> = media.iter().map(|it| it.sha256).collect();
        content_hash(&digests, copy, None)
    }

    proptest! {
        #[test]
        fn addresses_do_not_count(
            digests in proptest::collection::vec(any::<Digest>(), 1..4),
            copy in ".*",
            addresses in proptest::array::uniform2("[a-z0-9?=&]{1,40}"),
        ) {
            let [one, other] = addresses.map(|address| hash_of(&carousel(&digests, &address), &copy));
            prop_assert_eq!(one, other);
        }

        #[test]
        fn spaces_do_not_count(words in proptest::collection::vec("[a-zéß🙂]{1,8}", 0..6)) {
            let spaced = format!("\n {} \u{a0}", words.join("\t \n"));
            prop_assert_eq!(normalised(&spaced), words.join(" "));
            prop_assert_eq!(content_hash(&[], &spaced, None), content_hash(&[], &words.join(" "), None));
        }

        #[test]
        fn whatever_differs_counts(
            one in (proptest::collection::vec(any::<Digest>(), 0..3), "[a-c]{0,3}", proptest::option::of(any::<Digest>())),
            other in (proptest::collection::vec(any::<Digest>(), 0..3), "[a-c]{0,3}", proptest::option::of(any::<Digest>())),
        ) {
            let hash = |it: &(Vec<Digest>, String, Option<Digest>)| content_hash(&it.0, &it.1, it.2.as_ref());
            prop_assert_eq!(hash(&one) == hash(&other), one == other);
        }
    }

    #[test]
    fn the_same_letter_written_in_two_ways_is_the_same() {
        assert_eq!(normalised("cafe\u{301}"), "caf\u{e9}");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let a = [b'a'; 32];
        let text = "a".repeat(32);
        let hashes = [
            content_hash(&[a], "", None),
            content_hash(&[], &text, None),
            content_hash(&[], "", Some(&a)),
            content_hash(&[a, a], "", None),
        ];
        for (at, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(hash), "{at}");
        }
    }

    #[test]
    fn the_order_of_cards_counts() {
        let (a, b) = ([1; 32], [2; 32]);
        assert_ne!(
            content_hash(&[a, b], "", None),
            content_hash(&[b, a], "", None)
        );
        assert_ne!(digest_of(&[a, b]), digest_of(&[b, a]));
    }
}
