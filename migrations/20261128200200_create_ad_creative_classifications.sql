-- What each ad says and to whom. One row per ad and content: other words, pictures, pages or prompts make a new one.

create table ad_creative_classifications (
    id                             uuid primary key default gen_random_uuid(),
    organization_id                uuid not null,
    brand_id                       uuid not null,
    meta_ad_id                     text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    run_id                         uuid references scheduled_job_runs (id) on delete set null,

    creative_awareness_level       text check (creative_awareness_level in ('unaware', 'problem_aware', 'solution_aware', 'product_aware', 'most_aware')),
    creative_awareness_confidence  numeric(4, 3) check (creative_awareness_confidence between 0 and 1),
    creative_format                text check (creative_format in ('video_ugc', 'video_professional', 'video_testimonial',
                                       'video_demo', 'image_static', 'image_before_after', 'image_testimonial',
                                       'image_product', 'carousel', 'collection', 'other')),
    creative_angle                 text,
    video_length_bucket            text check (video_length_bucket in ('short_0_15', 'medium_15_30', 'long_30_60', 'very_long_60_plus')),
    video_duration_sec             numeric(10, 3) check (video_duration_sec >= 0),
    copy_awareness_level           text check (copy_awareness_level in ('unaware', 'problem_aware', 'solution_aware', 'product_aware', 'most_aware')),
    copy_awareness_confidence      numeric(4, 3) check (copy_awareness_confidence between 0 and 1),
    -- Of pictures and words, or of videos: each has its own vocabulary.
    hook_type                      text check (hook_type in ('curiosity', 'fear', 'benefit', 'social_proof', 'urgency',
                                       'transformation', 'question', 'statistic', 'testimonial', 'claim', 'story', 'callout',
                                       'shock', 'relatable', 'before_after', 'authority', 'other')),
    primary_cta                    text,
    landing_page_id                uuid,
    landing_page_awareness_level   text check (landing_page_awareness_level in ('unaware', 'problem_aware', 'solution_aware', 'product_aware', 'most_aware')),
    landing_page_confidence        numeric(4, 3) check (landing_page_confidence between 0 and 1),

    congruence_score               numeric(4, 3) check (congruence_score between 0 and 1),
    congruence_notes               text,
    -- [{"dimension": "…", "assessment": "aligned", "explanation": "…", "suggestion": "…"}, …]
    congruence_components          jsonb not null default '[]' check (jsonb_typeof(congruence_components) = 'array'),
    congruence_overall             numeric(4, 3) check (congruence_overall between 0 and 1),

    video_analysis_id              uuid,
    source                         text not null check (source in ('existing_brand_ad_analysis', 'gemini_video',
                                       'gemini_light_stored', 'gemini_light_thumbnail', 'gemini_light', 'gemini_image_deep')),
    prompt_version                 text not null check (prompt_version <> ''),
    schema_version                 text not null check (schema_version <> ''),
    content_hash                   bytea not null check (length(content_hash) = 32),
    model_used                     text not null check (model_used <> ''),
    raw_classification             jsonb not null check (jsonb_typeof(raw_classification) = 'object'),
    classified_at                  timestamptz not null,

    unique (brand_id, meta_ad_id, prompt_version, schema_version, content_hash),
    -- Lets units of a run prove that a classification is of their own ad.
    unique (id, brand_id, meta_ad_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict,
    foreign key (video_analysis_id, brand_id, meta_ad_id)
        references ad_video_analysis (id, brand_id, meta_ad_id) on delete restrict,
    foreign key (landing_page_id, brand_id) references brand_landing_pages (id, brand_id) on delete restrict,
    constraint a_classification_says_something check (
        creative_awareness_level is not null or creative_format is not null or copy_awareness_level is not null),
    constraint a_confidence_is_about_a_level check (
        (creative_awareness_confidence is null or creative_awareness_level is not null)
        and (copy_awareness_confidence is null or copy_awareness_level is not null)
        and (landing_page_confidence is null or landing_page_awareness_level is not null)),
    constraint a_level_of_a_page_has_its_page check (landing_page_awareness_level is null or landing_page_id is not null),
    constraint congruence_needs_both_levels check (
        (congruence_score is not null) = (creative_awareness_level is not null and copy_awareness_level is not null)
        and (congruence_score is null) = (congruence_notes is null)),
    constraint an_overall_needs_components check (congruence_overall is null or congruence_components <> '[]'),
    constraint a_video_has_its_analysis check ((source = 'gemini_video') = (video_analysis_id is not null)),
    constraint only_a_video_has_a_length check (
        source = 'gemini_video' or video_duration_sec is null and video_length_bucket is null)
);
-- The newest of an ad; a brand's by time, by hook, by awareness; the worst congruence first.
create index ad_creative_classifications_of_ad on ad_creative_classifications
    (brand_id, meta_ad_id, classified_at desc, id desc);
create index ad_creative_classifications_newest on ad_creative_classifications (brand_id, classified_at desc, id desc);
create index ad_creative_classifications_hook on ad_creative_classifications
    (brand_id, hook_type, classified_at desc, id desc);
create index ad_creative_classifications_awareness on ad_creative_classifications
    (brand_id, creative_awareness_level, classified_at desc, id desc);
create index ad_creative_classifications_congruence on ad_creative_classifications (brand_id, congruence_score, id);
-- What a deletion looks at.
create index ad_creative_classifications_run on ad_creative_classifications (run_id) where run_id is not null;
create index ad_creative_classifications_page on ad_creative_classifications (landing_page_id)
    where landing_page_id is not null;
