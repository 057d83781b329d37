-- What is said, written and shown in an ad's video, second by second.

create table ad_video_analysis (
    id                          uuid primary key default gen_random_uuid(),
    organization_id             uuid not null,
    brand_id                    uuid not null,
    meta_ad_id                  text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    creative_id                 text,
    video_id                    text,
    storage_path                text not null check (storage_path <> ''),
    -- Digest of the bytes that were looked at.
    input_hash                  bytea not null check (length(input_hash) = 32),
    prompt_version              text not null check (prompt_version <> ''),
    -- An analysis that came to nothing is an error of its run, and no row.
    status                      text not null check (status in ('ok', 'validation_failed')),
    validation_errors           jsonb not null default '[]' check (jsonb_typeof(validation_errors) = 'array'),
    model_used                  text not null check (model_used <> ''),
    raw_response                jsonb not null,
    analyzed_at                 timestamptz not null,

    full_transcript             text,
    -- [{"start_sec": 0, "end_sec": 2.5, "text": "…", "speaker": "narrator"}, …]
    transcript_segments         jsonb check (jsonb_typeof(transcript_segments) = 'array'),
    -- [{"start_sec": 0, "end_sec": 2.5, "text": "…", "position": "top", "style": "bold"}, …]
    text_overlays               jsonb not null default '[]' check (jsonb_typeof(text_overlays) = 'array'),
    text_overlay_confidence     numeric(4, 3) check (text_overlay_confidence between 0 and 1),

    hook_transcript_spoken      text,
    hook_transcript_overlay     text,
    -- The same for hooks that differ in case, punctuation and spaces only.
    hook_fingerprint            bytea check (length(hook_fingerprint) = 32),
    hook_type                   text check (hook_type in ('question', 'claim', 'story', 'callout', 'transformation', 'shock',
                                    'relatable', 'statistic', 'before_after', 'authority', 'other')),
    -- {"spoken_present": true, "overlay_present": false, "spoken_hook": "…", "visual_hook": "…", "combination_score": 0.8}
    hook_effectiveness_signals  jsonb check (jsonb_typeof(hook_effectiveness_signals) = 'object'),
    hook_visual_description     text,
    hook_visual_elements        text[] not null default '{}',
    hook_visual_type            text check (hook_visual_type in ('unboxing', 'transformation', 'demonstration', 'testimonial',
                                    'lifestyle', 'problem_agitation', 'authority', 'social_proof', 'product_hero',
                                    'curiosity', 'other')),

    -- [{"timestamp_sec": 0, "scene_description": "…", "key_elements": ["…"], "text_overlay": "…"}, …]
    storyboard                  jsonb check (jsonb_typeof(storyboard) = 'array'),
    benefits_shown              text[] not null default '{}',
    features_demonstrated       text[] not null default '{}',
    pain_points_addressed       text[] not null default '{}',
    angles_used                 text[] not null default '{}',
    jobs_to_be_done             text[] not null default '{}',
    -- [{"claim": "…", "timestamp_sec": 3, "proof_shown": "…"}, …]
    claims_made                 jsonb not null default '[]' check (jsonb_typeof(claims_made) = 'array'),

    awareness_level             text check (awareness_level in ('unaware', 'problem_aware', 'solution_aware', 'product_aware', 'most_aware')),
    awareness_confidence        numeric(4, 3) check (awareness_confidence between 0 and 1),
    -- {"demographic": "…", "psychographic": "…", "pain_points": ["…"]}
    target_persona              jsonb check (jsonb_typeof(target_persona) = 'object'),
    emotional_drivers           text[] not null default '{}',
    video_duration_sec          numeric(10, 3) check (video_duration_sec >= 0),
    production_quality          text check (production_quality in ('raw', 'polished', 'professional')),
    format_type                 text check (format_type in ('ugc', 'professional', 'testimonial', 'demo', 'animation', 'mixed')),

    unique (brand_id, meta_ad_id, prompt_version, input_hash),
    -- Lets a classification prove that an analysis is of its own ad.
    unique (id, brand_id, meta_ad_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict,
    constraint a_faulty_analysis_says_what_is_wrong check ((status = 'validation_failed') = (validation_errors <> '[]')),
    constraint a_faulty_analysis_has_no_timeline check (
        status = 'ok' or transcript_segments is null and storyboard is null and text_overlays = '[]'),
    constraint a_confidence_is_about_a_level check (awareness_confidence is null or awareness_level is not null)
);
create index ad_video_analysis_same_hook on ad_video_analysis (brand_id, hook_fingerprint)
    where hook_fingerprint is not null;
