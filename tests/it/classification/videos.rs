//! What is kept of a video's analysis.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use shared::{
    domain::{
        BrandId, VideoAnalysisId,
        classification::{
            CopyAnswer, Judgement, Source, VideoAnalysis, VideoAnswer, VideoStatus, digest_of,
        },
    },
    store::{
        classifications::{Classification, Existing, Reuse},
        video_analyses::{Key, Origin, find, insert, read},
    },
};
use sqlx::PgPool;

use super::studio::{Studio, after, classification, now};

fn analysis(answer: Value) -> VideoAnalysis {
    let answer: VideoAnswer = serde_json::from_value(answer).unwrap();
    answer.validated(Some(Decimal::new(12_345, 3)))
}

/// Every field of an answer.
fn full() -> Value {
    json!({
        "full_transcript": "Look here",
        "transcript_segments": [{"start_sec": 0, "end_sec": 1.5, "text": "Look here", "speaker": "narrator"}],
        "text_overlays": [{"start_sec": 0.25, "end_sec": 1, "text": "-30 %", "position": "top", "style": "bold"}],
        "text_overlay_confidence": 0.5,
        "hook_transcript_spoken": "Look here", "hook_transcript_overlay": "-30 %", "hook_type": "shock",
        "hook_effectiveness_signals": {"spoken_present": true, "combination_score": 0.25},
        "hook_visual_description": "a pot", "hook_visual_elements": ["pot", "it's \"hot\""],
        "hook_visual_type": "unboxing",
        "storyboard": [{"timestamp_sec": 0, "scene_description": "a pot", "key_elements": ["pot"]}],
        "benefits_shown": ["warmth"], "features_demonstrated": ["lid"], "pain_points_addressed": ["cold tea"],
        "angles_used": ["comfort"], "jobs_to_be_done": ["stay awake"],
        "claims_made": [{"claim": "twice as hot", "timestamp_sec": 3.5, "proof_shown": "thermometer"}],
        "awareness_level": "unaware", "awareness_confidence": 0.875,
        "target_persona": {"demographic": "tea drinkers", "pain_points": ["cold tea"]},
        "emotional_drivers": ["calm"], "production_quality": "polished", "format_type": "demo",
    })
}

fn origin(model_used: &str) -> Origin {
    Origin {
        creative_id: Some("91".to_owned()),
        video_id: Some("81".to_owned()),
        storage_path: "media/1.mp4".to_owned(),
        model_used: model_used.to_owned(),
        raw_response: json!({"text": "a\0b"}),
        analyzed_at: now(),
    }
}

/// Whatever is kept.
const ANY: Reuse = Reuse {
    since: None,
    is_stand_in_good: true,
};

impl Studio {
    async fn keep_video(
        &self,
        brand: BrandId,
        ad: &str,
        answer: Value,
        existing: Existing,
    ) -> VideoAnalysisId {
        let mut tx = self.tx().await;
        let id = insert(
            &mut tx,
            key(brand, ad),
            &origin("stand-in"),
            &analysis(answer),
            existing,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn video(&self, brand: BrandId, id: VideoAnalysisId) -> Option<VideoAnalysis> {
        let mut tx = self.tx().await;
        read(&mut tx, brand, id).await.unwrap()
    }

    /// A classification of an ad's video, whose analysis is kept.
    pub async fn of_video(&self, ad: &str) -> Classification {
        let id = self
            .keep_video(self.brand(), ad, full(), Existing::Kept)
            .await;
        let copy: CopyAnswer =
            serde_json::from_value(json!({"copy_awareness_level": "unaware"})).unwrap();
        Classification {
            judgement: Judgement::of_video(&analysis(full()), &copy),
            video_analysis: Some(id),
            source: Source::GeminiVideo,
            ..classification(ad, 7)
        }
    }
}

fn key(brand: BrandId, ad: &str) -> Key<'_> {
    Key {
        brand,
        ad,
        prompt_version: "v1",
        input_hash: &[7; 32],
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_analysis_is_read_as_it_was_kept(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let id = studio
        .keep_video(studio.brand(), "1", full(), Existing::Kept)
        .await;

    assert_eq!(
        studio.video(studio.brand(), id).await,
        Some(analysis(full()))
    );
    let columns =
        "creative_id, video_id, storage_path, model_used, raw_response, video_duration_sec";
    assert_eq!(
        studio.rows(columns, "ad_video_analysis").await,
        [r#"91 81 media/1.mp4 stand-in {"text": "ab"} 12.345"#]
    );
    let other = studio.another_brand("act_2").await;
    assert_eq!(studio.video(other, id).await, None);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_analysis_that_says_nothing_or_something_wrong_is_kept_so(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let faulty = json!({"storyboard": [{}], "full_transcript": "Look here"});
    for (ad, answer) in [("1", json!({})), ("2", faulty)] {
        let id = studio
            .keep_video(studio.brand(), ad, answer.clone(), Existing::Kept)
            .await;
        let kept = studio.video(studio.brand(), id).await.unwrap();
        assert_eq!(kept, analysis(answer));
        assert_eq!(kept.status == VideoStatus::Ok, ad == "1");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_video_is_analysed_once_unless_it_is_to_be_done_anew(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let brand = studio.brand();
    let id = studio.keep_video(brand, "1", full(), Existing::Kept).await;

    let faulty = json!({"storyboard": [{}]});
    assert_eq!(
        studio
            .keep_video(brand, "1", faulty.clone(), Existing::Kept)
            .await,
        id
    );
    assert_eq!(studio.video(brand, id).await, Some(analysis(full())));
    assert_eq!(
        studio
            .keep_video(brand, "1", faulty.clone(), Existing::Replaced)
            .await,
        id
    );
    assert_eq!(studio.video(brand, id).await, Some(analysis(faulty)));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_two_that_keep_an_analysis_at_once_both_get_the_id_of_the_first(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let brand = studio.brand();
    let mut first = studio.tx().await;
    let id = insert(
        &mut first,
        key(brand, "1"),
        &origin("a"),
        &analysis(full()),
        Existing::Kept,
    )
    .await
    .unwrap();

    let second = studio.keep_video(brand, "1", full(), Existing::Kept);
    let (second, ()) = tokio::join!(second, studio.commit_when_waited_for(first));

    assert_eq!(second, id);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_analysis_is_found_by_all_that_makes_it_the_same(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    let id = studio
        .keep_video(studio.brand(), "1", full(), Existing::Kept)
        .await;
    let mut tx = studio.tx().await;
    let same = key(studio.brand(), "1");
    assert_eq!(find(&mut tx, same, ANY).await.unwrap(), Some(id));
    for reuse in [
        Reuse {
            since: Some(after(1)),
            ..ANY
        },
        Reuse {
            is_stand_in_good: false,
            ..ANY
        },
    ] {
        assert_eq!(find(&mut tx, same, reuse).await.unwrap(), None);
    }
    let bytes = digest_of(&[[7; 32]]);
    for different in [
        Key {
            brand: other,
            ..same
        },
        Key { ad: "2", ..same },
        Key {
            prompt_version: "v2",
            ..same
        },
        Key {
            input_hash: &bytes,
            ..same
        },
    ] {
        assert_eq!(
            find(&mut tx, different, ANY).await.unwrap(),
            None,
            "{different:?}"
        );
    }
}
