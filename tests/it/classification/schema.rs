//! What the schema itself refuses, whoever writes.

use shared::{
    domain::classification::{
        Awareness, CreativeFormat, DeepHookType, FormatType, HookType, HookVisualType,
        ProductionQuality, Source, VideoLength,
    },
    store::classifications::Existing,
};
use sqlx::PgPool;

use super::studio::{Studio, classification};

/// Statements on healthy rows, each of which some constraint must refuse, and the constraint.
const REFUSED: &[(&str, &str)] = &[
    ("update ad_creative_classifications set copy_awareness_level = null, copy_awareness_confidence = null", "congruence_needs_both_levels"),
    ("update ad_creative_classifications set congruence_notes = null", "congruence_needs_both_levels"),
    ("update ad_creative_classifications set creative_awareness_confidence = 1.001", "creative_awareness_confidence_check"),
    ("update ad_creative_classifications set landing_page_confidence = 0.5", "a_confidence_is_about_a_level"),
    ("update ad_creative_classifications set landing_page_awareness_level = 'unaware'", "a_level_of_a_page_has_its_page"),
    ("update ad_creative_classifications set congruence_overall = 0.5", "an_overall_needs_components"),
    ("update ad_creative_classifications set source = 'gemini_video'", "a_video_has_its_analysis"),
    ("update ad_creative_classifications set source = 'skipped_missing_image'", "source_check"),
    ("update ad_creative_classifications set video_length_bucket = 'short_0_15'", "only_a_video_has_a_length"),
    ("update ad_creative_classifications set content_hash = 'a'", "content_hash_check"),
    ("update ad_creative_classifications set raw_classification = '[]'", "raw_classification_check"),
    ("update ad_creative_classifications set organization_id = gen_random_uuid()", "brand_id_organization_id_fkey"),
    ("update ad_creative_classifications set creative_awareness_level = null, creative_awareness_confidence = null, creative_format = null,
        copy_awareness_level = null, copy_awareness_confidence = null, congruence_score = null, congruence_notes = null", "a_classification_says_something"),
    ("update ad_classification_units set state = 'skipped', finished_at = now()", "a_unit_that_came_to_nothing_says_why"),
    ("update ad_classification_units set state = 'failed', finished_at = now(), reason = 'It failed'", "reason_check"),
    ("update ad_classification_units set state = 'cached', finished_at = now()", "a_classified_unit_has_its_row"),
    ("update ad_classification_units set state = 'over_cap'", "a_finished_unit_has_its_time"),
    ("update ad_classification_units set message = 'why'", "only_a_reason_has_a_message"),
    ("update ad_classification_units set cost_usd = -1", "cost_usd_check"),
    ("insert into ad_classification_units (run_id, organization_id, brand_id, position, meta_ad_id, spend)
      select run_id, organization_id, brand_id, 2, meta_ad_id, spend from ad_classification_units", "run_id_meta_ad_id_key"),
    ("insert into ad_classification_refusals (organization_id, brand_id, meta_ad_id, operation, model, prompt_version, schema_version,
        content_hash, message, is_of_stand_in, refused_at)
      select organization_id, id, '1', 'landing_page', 'a', 'v1', '1', sha256('a'), 'no', false, now() from brands", "operation_check"),
    ("update brand_landing_pages set scrape_status = 'scraped'", "a_scraped_page_has_its_content"),
    ("update brand_landing_pages set content_hash = sha256('a'), extracted_data = '{}', scraped_at = now()", "a_scraped_page_has_its_content"),
    ("update brand_landing_pages set scrape_status = 'failed'", "a_failed_page_says_why"),
    ("update brand_landing_pages set awareness_level = 'unaware'", "only_an_analyzed_page_has_a_level"),
    ("update brand_landing_pages set next_attempt_at = now()", "only_a_page_that_failed_waits"),
    ("update ad_video_analysis set validation_errors = '[\"a\"]'", "a_faulty_analysis_says_what_is_wrong"),
    ("update ad_video_analysis set status = 'validation_failed', validation_errors = '[\"a\"]'", "a_faulty_analysis_has_no_timeline"),
    ("insert into token_usage (organization_id, provider, model, cost_usd, created_at)
      select id, 'google', 'a', 1, now() from organizations", "a_settled_call_has_its_cost"),
    ("insert into usage_limits (organization_id, limit_type, limit_value, period)
      select id, 'monthly_cost', 1, 'daily' from organizations", "a_limit_has_the_period_it_names"),
    ("insert into provider_limits (provider, key_id, model, allowance, refilled_at) values ('google', 'AIzaSy', 'a', 1, now())", "key_id_check"),
];

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_schema_refuses_what_cannot_be(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.keep(&classification("1", 1), Existing::Kept).await;
    studio.of_video("1").await;
    studio.insert_units(&["1"]).await;
    studio.page("https://shop.example/tea").await;

    for (statement, constraint) in REFUSED {
        let result = sqlx::query(statement).execute(&studio.world.pool).await;
        let error = result.expect_err(statement).to_string();
        assert!(
            error.contains(constraint),
            "{statement}\nwas refused by another rule: {error}"
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_schema_knows_every_word(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.keep(&classification("1", 1), Existing::Kept).await;
    studio
        .keep(&studio.of_video("2").await, Existing::Kept)
        .await;
    let words = |names: Vec<&'static str>, column: &'static str| (names, column);
    let of_pictures = [
        words(
            Awareness::ALL.iter().map(|it| it.name()).collect(),
            "creative_awareness_level",
        ),
        words(
            Awareness::ALL.iter().map(|it| it.name()).collect(),
            "copy_awareness_level",
        ),
        words(
            CreativeFormat::ALL.iter().map(|it| it.name()).collect(),
            "creative_format",
        ),
        words(
            HookType::ALL.iter().map(|it| it.name()).collect(),
            "hook_type",
        ),
        words(
            DeepHookType::ALL.iter().map(|it| it.name()).collect(),
            "hook_type",
        ),
        words(
            Source::ALL
                .iter()
                .map(|it| it.name())
                .filter(|it| !it.starts_with("skipped_") && *it != "gemini_video")
                .collect(),
            "source",
        ),
    ];
    let of_videos = [
        words(
            Awareness::ALL.iter().map(|it| it.name()).collect(),
            "awareness_level",
        ),
        words(
            DeepHookType::ALL.iter().map(|it| it.name()).collect(),
            "hook_type",
        ),
        words(
            HookVisualType::ALL.iter().map(|it| it.name()).collect(),
            "hook_visual_type",
        ),
        words(
            ProductionQuality::ALL.iter().map(|it| it.name()).collect(),
            "production_quality",
        ),
        words(
            FormatType::ALL.iter().map(|it| it.name()).collect(),
            "format_type",
        ),
    ];
    let lengths = [words(
        VideoLength::ALL.iter().map(|it| it.name()).collect(),
        "video_length_bucket",
    )];
    for (table, ad, vocabularies) in [
        ("ad_creative_classifications", "1", &of_pictures[..]),
        ("ad_creative_classifications", "2", &lengths[..]),
        ("ad_video_analysis", "2", &of_videos[..]),
    ] {
        for (name, column) in vocabularies
            .iter()
            .flat_map(|(names, column)| names.iter().map(move |name| (name, column)))
        {
            let sql = format!("update {table} set {column} = '{name}' where meta_ad_id = '{ad}'");
            let done = sqlx::query(&sql).execute(&studio.world.pool).await.unwrap();
            assert_eq!(done.rows_affected(), 1, "{sql}");
        }
    }
}
