use super::*;

const SOME: Budget = Budget { videos: 1 };

fn media(number: u8) -> Media {
    Media {
        storage_path: format!("media/{number}"),
        sha256: [number; 32],
        mime_type: "image/jpeg".to_owned(),
        bytes: 1,
        duration_seconds: None,
    }
}

fn video() -> AdMedia {
    AdMedia {
        is_video: true,
        videos: vec![media(1), media(2)],
        images: vec![media(3)],
        thumbnail_url: Some("https://cdn.example/thumbnail".to_owned()),
        ..AdMedia::default()
    }
}

fn image() -> AdMedia {
    AdMedia {
        is_video: false,
        ..video()
    }
}

fn skipped(media: &AdMedia, budget: Budget) -> (SkipReason, Option<String>) {
    match decide(media, budget) {
        Decision::Skip(skip) => (skip.reason, skip.detail()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stored_video_is_analysed() {
    let decision = decide(&video(), SOME);
    assert_eq!(decision, Decision::Videos(vec![media(1), media(2)]));
    assert_eq!(decision.source(), Source::GeminiVideo);
}

#[test]
fn without_budget_a_video_is_skipped_stored_or_not() {
    let none = Budget { videos: 0 };
    let reason = (SkipReason::VideoBudgetExhausted, None);
    assert_eq!(skipped(&video(), none), reason);
    let missing = AdMedia {
        videos: vec![],
        ..video()
    };
    assert_eq!(skipped(&missing, none), reason);
}

#[test]
fn a_video_that_is_not_stored_is_not_judged_by_its_pictures() {
    let missing = AdMedia {
        videos: vec![],
        ..video()
    };
    let reason = (SkipReason::MissingVideoFile, None);
    assert_eq!(skipped(&missing, SOME), reason);
    let decision = decide(&missing, SOME);
    assert_eq!(decision.source(), Source::SkippedMissingVideoFile);
}

#[test]
fn a_video_whose_analysis_failed_is_not_judged_by_its_pictures() {
    let mut failed = video();
    failed.failed.video = true;
    let reason = (SkipReason::VideoClassificationFailed, None);
    assert_eq!(skipped(&failed, SOME), reason);
    let spent = Budget { videos: 0 };
    assert_eq!(skipped(&failed, spent), reason, "the cause it has");
}

#[test]
fn stored_pictures_are_looked_at_before_the_thumbnail() {
    let decision = decide(&image(), Budget { videos: 0 });
    assert_eq!(decision, Decision::Images(vec![media(3)]));
    assert_eq!(decision.source(), Source::GeminiLightStored);
}

#[test]
fn a_carousel_sends_its_cards_in_order_and_at_most_ten() {
    let carousel = AdMedia {
        images: (1..=12).map(media).collect(),
        ..image()
    };
    let Decision::Images(cards) = decide(&carousel, SOME) else {
        panic!("its pictures are stored");
    };
    assert_eq!(cards, (1..=10).map(media).collect::<Vec<_>>());
}

#[test]
fn without_stored_pictures_the_thumbnail_is_looked_at() {
    let mut unread = image();
    unread.failed.images = true;
    let bare = AdMedia {
        images: vec![],
        ..image()
    };
    for ad in [unread, bare] {
        let decision = decide(&ad, SOME);
        let url = "https://cdn.example/thumbnail".to_owned();
        assert_eq!(decision, Decision::Thumbnail(url));
        assert_eq!(decision.source(), Source::GeminiLightThumbnail);
    }
}

#[test]
fn an_ad_without_any_picture_is_skipped_with_the_cause() {
    let bare = AdMedia {
        thumbnail_url: None,
        images: vec![],
        ..image()
    };
    let because = |ad: &AdMedia| {
        let (reason, detail) = skipped(ad, SOME);
        assert_eq!(reason, SkipReason::MissingImage);
        detail.unwrap()
    };
    assert_eq!(because(&bare), "no_image_source");

    let refused = AdMedia {
        not_downloadable: Some("no_source_url".to_owned()),
        ..bare.clone()
    };
    assert_eq!(because(&refused), "asset_not_downloadable: no_source_url");

    let mut expired = AdMedia {
        images: vec![],
        ..image()
    };
    expired.failed.thumbnail = true;
    assert_eq!(because(&expired), "thumbnail_expired");

    let mut unread = image();
    unread.failed.images = true;
    unread.failed.thumbnail = true;
    unread.not_downloadable = Some("no_source_url".to_owned());
    assert_eq!(because(&unread), "storage_download_failed");
}

#[test]
fn an_ad_is_a_video_by_any_sign_of_one() {
    assert!(is_video(true, None, None, 0));
    assert!(is_video(false, Some("1"), None, 0));
    assert!(is_video(false, None, Some("VIDEO"), 0));
    assert!(is_video(false, None, None, 1), "somebody watched it");
    assert!(!is_video(false, None, Some("SHARE"), 0));
}
