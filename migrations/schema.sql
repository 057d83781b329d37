CREATE OR REPLACE FUNCTION public.current_organization_id()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$select nullif(current_setting('sundial.organization_id', true), '')::uuid$function$

CREATE OR REPLACE FUNCTION public.numbers_of_ads(of_brand uuid, first_day date, last_day date)
 RETURNS TABLE(meta_ad_id text, spend numeric, impressions bigint, link_clicks bigint, purchases bigint, purchase_value numeric)
 LANGUAGE sql
 STABLE
AS $function$
    select it.meta_ad_id, sum(it.spend), sum(it.impressions)::bigint, sum(it.link_clicks)::bigint, sum(it.purchases)::bigint,
           sum(it.purchase_value)
      from meta_ads_performance as it
     where it.brand_id = of_brand and it.date between first_day and last_day
     group by it.meta_ad_id
$function$

CREATE OR REPLACE FUNCTION public.pass_organization_to_runs()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    update scheduled_job_runs set organization_id = new.organization_id where scheduled_job_id = new.id;
    return null;
end
$function$

CREATE OR REPLACE FUNCTION public.set_organization_of_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    select j.organization_id into new.organization_id from scheduled_jobs as j where j.id = new.scheduled_job_id;
    return new;
end
$function$

CREATE OR REPLACE FUNCTION public.set_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    new.updated_at := now();
    return new;
end
$function$


table ad_classification_refusals
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_id text not null
    operation text not null
    model text not null
    prompt_version text not null
    schema_version text not null
    content_hash bytea not null
    message text not null
    is_of_stand_in boolean not null
    refused_at timestamp with time zone not null
    ad_classification_refusals_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    ad_classification_refusals_content_hash_check CHECK ((length(content_hash) = 32))
    ad_classification_refusals_message_check CHECK ((message <> ''::text))
    ad_classification_refusals_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    ad_classification_refusals_model_check CHECK ((model <> ''::text))
    ad_classification_refusals_operation_check CHECK ((operation = ANY (ARRAY['light'::text, 'video'::text, 'copy'::text])))
    ad_classification_refusals_pkey PRIMARY KEY (brand_id, meta_ad_id, operation, model, prompt_version, schema_version, content_hash)
    ad_classification_refusals_prompt_version_check CHECK ((prompt_version <> ''::text))
    ad_classification_refusals_schema_version_check CHECK ((schema_version <> ''::text))
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table ad_classification_units
    run_id uuid not null
    organization_id uuid not null
    brand_id uuid not null
    position integer not null
    meta_ad_id text not null
    spend numeric not null
    state text not null default 'pending'::text
    reason text
    message text
    attempts integer not null default 0
    cost_usd numeric(12,6) not null default 0
    classification_id uuid
    finished_at timestamp with time zone
    a_classified_unit_has_its_row CHECK (((state = ANY (ARRAY['classified'::text, 'cached'::text])) = (classification_id IS NOT NULL)))
    a_finished_unit_has_its_time CHECK (((state = 'pending'::text) = (finished_at IS NULL)))
    a_unit_that_came_to_nothing_says_why CHECK (((state = ANY (ARRAY['skipped'::text, 'failed'::text])) = (reason IS NOT NULL)))
    ad_classification_units_attempts_check CHECK ((attempts >= 0))
    ad_classification_units_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    ad_classification_units_classification_id_brand_id_meta_ad_fkey FOREIGN KEY (classification_id, brand_id, meta_ad_id) REFERENCES ad_creative_classifications(id, brand_id, meta_ad_id) ON DELETE RESTRICT
    ad_classification_units_cost_usd_check CHECK ((cost_usd >= (0)::numeric))
    ad_classification_units_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    ad_classification_units_pkey PRIMARY KEY (run_id, "position")
    ad_classification_units_position_check CHECK (("position" > 0))
    ad_classification_units_reason_check CHECK ((reason ~ '^[a-z][a-z0-9_]{0,59}$'::text))
    ad_classification_units_run_id_fkey FOREIGN KEY (run_id) REFERENCES scheduled_job_runs(id) ON DELETE CASCADE
    ad_classification_units_run_id_meta_ad_id_key UNIQUE (run_id, meta_ad_id)
    ad_classification_units_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'classified'::text, 'cached'::text, 'skipped'::text, 'failed'::text, 'over_cap'::text])))
    only_a_reason_has_a_message CHECK (((message IS NULL) OR (reason IS NOT NULL)))
    CREATE INDEX ad_classification_units_classification ON public.ad_classification_units USING btree (classification_id) WHERE (classification_id IS NOT NULL)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table ad_creative_classifications
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_id text not null
    run_id uuid
    creative_awareness_level text
    creative_awareness_confidence numeric(4,3)
    creative_format text
    creative_angle text
    video_length_bucket text
    video_duration_sec numeric(10,3)
    copy_awareness_level text
    copy_awareness_confidence numeric(4,3)
    hook_type text
    primary_cta text
    landing_page_id uuid
    landing_page_awareness_level text
    landing_page_confidence numeric(4,3)
    congruence_score numeric(4,3)
    congruence_notes text
    congruence_components jsonb not null default '[]'::jsonb
    congruence_overall numeric(4,3)
    video_analysis_id uuid
    source text not null
    prompt_version text not null
    schema_version text not null
    content_hash bytea not null
    model_used text not null
    raw_classification jsonb not null
    classified_at timestamp with time zone not null
    a_classification_says_something CHECK (((creative_awareness_level IS NOT NULL) OR (creative_format IS NOT NULL) OR (copy_awareness_level IS NOT NULL)))
    a_confidence_is_about_a_level CHECK ((((creative_awareness_confidence IS NULL) OR (creative_awareness_level IS NOT NULL)) AND ((copy_awareness_confidence IS NULL) OR (copy_awareness_level IS NOT NULL)) AND ((landing_page_confidence IS NULL) OR (landing_page_awareness_level IS NOT NULL))))
    a_level_of_a_page_has_its_page CHECK (((landing_page_awareness_level IS NULL) OR (landing_page_id IS NOT NULL)))
    a_video_has_its_analysis CHECK (((source = 'gemini_video'::text) = (video_analysis_id IS NOT NULL)))
    ad_creative_classifications_brand_id_meta_ad_id_prompt_vers_key UNIQUE (brand_id, meta_ad_id, prompt_version, schema_version, content_hash)
    ad_creative_classifications_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    ad_creative_classifications_congruence_components_check CHECK ((jsonb_typeof(congruence_components) = 'array'::text))
    ad_creative_classifications_congruence_overall_check CHECK (((congruence_overall >= (0)::numeric) AND (congruence_overall <= (1)::numeric)))
    ad_creative_classifications_congruence_score_check CHECK (((congruence_score >= (0)::numeric) AND (congruence_score <= (1)::numeric)))
    ad_creative_classifications_content_hash_check CHECK ((length(content_hash) = 32))
    ad_creative_classifications_copy_awareness_confidence_check CHECK (((copy_awareness_confidence >= (0)::numeric) AND (copy_awareness_confidence <= (1)::numeric)))
    ad_creative_classifications_copy_awareness_level_check CHECK ((copy_awareness_level = ANY (ARRAY['unaware'::text, 'problem_aware'::text, 'solution_aware'::text, 'product_aware'::text, 'most_aware'::text])))
    ad_creative_classifications_creative_awareness_confidence_check CHECK (((creative_awareness_confidence >= (0)::numeric) AND (creative_awareness_confidence <= (1)::numeric)))
    ad_creative_classifications_creative_awareness_level_check CHECK ((creative_awareness_level = ANY (ARRAY['unaware'::text, 'problem_aware'::text, 'solution_aware'::text, 'product_aware'::text, 'most_aware'::text])))
    ad_creative_classifications_creative_format_check CHECK ((creative_format = ANY (ARRAY['video_ugc'::text, 'video_professional'::text, 'video_testimonial'::text, 'video_demo'::text, 'image_static'::text, 'image_before_after'::text, 'image_testimonial'::text, 'image_product'::text, 'carousel'::text, 'collection'::text, 'other'::text])))
    ad_creative_classifications_hook_type_check CHECK ((hook_type = ANY (ARRAY['curiosity'::text, 'fear'::text, 'benefit'::text, 'social_proof'::text, 'urgency'::text, 'transformation'::text, 'question'::text, 'statistic'::text, 'testimonial'::text, 'claim'::text, 'story'::text, 'callout'::text, 'shock'::text, 'relatable'::text, 'before_after'::text, 'authority'::text, 'other'::text])))
    ad_creative_classifications_id_brand_id_meta_ad_id_key UNIQUE (id, brand_id, meta_ad_id)
    ad_creative_classifications_landing_page_awareness_level_check CHECK ((landing_page_awareness_level = ANY (ARRAY['unaware'::text, 'problem_aware'::text, 'solution_aware'::text, 'product_aware'::text, 'most_aware'::text])))
    ad_creative_classifications_landing_page_confidence_check CHECK (((landing_page_confidence >= (0)::numeric) AND (landing_page_confidence <= (1)::numeric)))
    ad_creative_classifications_landing_page_id_brand_id_fkey FOREIGN KEY (landing_page_id, brand_id) REFERENCES brand_landing_pages(id, brand_id) ON DELETE RESTRICT
    ad_creative_classifications_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    ad_creative_classifications_model_used_check CHECK ((model_used <> ''::text))
    ad_creative_classifications_pkey PRIMARY KEY (id)
    ad_creative_classifications_prompt_version_check CHECK ((prompt_version <> ''::text))
    ad_creative_classifications_raw_classification_check CHECK ((jsonb_typeof(raw_classification) = 'object'::text))
    ad_creative_classifications_run_id_fkey FOREIGN KEY (run_id) REFERENCES scheduled_job_runs(id) ON DELETE SET NULL
    ad_creative_classifications_schema_version_check CHECK ((schema_version <> ''::text))
    ad_creative_classifications_source_check CHECK ((source = ANY (ARRAY['existing_brand_ad_analysis'::text, 'gemini_video'::text, 'gemini_light_stored'::text, 'gemini_light_thumbnail'::text, 'gemini_light'::text, 'gemini_image_deep'::text])))
    ad_creative_classifications_video_analysis_id_brand_id_met_fkey FOREIGN KEY (video_analysis_id, brand_id, meta_ad_id) REFERENCES ad_video_analysis(id, brand_id, meta_ad_id) ON DELETE RESTRICT
    ad_creative_classifications_video_duration_sec_check CHECK ((video_duration_sec >= (0)::numeric))
    ad_creative_classifications_video_length_bucket_check CHECK ((video_length_bucket = ANY (ARRAY['short_0_15'::text, 'medium_15_30'::text, 'long_30_60'::text, 'very_long_60_plus'::text])))
    an_overall_needs_components CHECK (((congruence_overall IS NULL) OR (congruence_components <> '[]'::jsonb)))
    congruence_needs_both_levels CHECK ((((congruence_score IS NOT NULL) = ((creative_awareness_level IS NOT NULL) AND (copy_awareness_level IS NOT NULL))) AND ((congruence_score IS NULL) = (congruence_notes IS NULL))))
    only_a_video_has_a_length CHECK (((source = 'gemini_video'::text) OR ((video_duration_sec IS NULL) AND (video_length_bucket IS NULL))))
    CREATE INDEX ad_creative_classifications_awareness ON public.ad_creative_classifications USING btree (brand_id, creative_awareness_level, classified_at DESC, id DESC)
    CREATE INDEX ad_creative_classifications_congruence ON public.ad_creative_classifications USING btree (brand_id, congruence_score, id)
    CREATE INDEX ad_creative_classifications_hook ON public.ad_creative_classifications USING btree (brand_id, hook_type, classified_at DESC, id DESC)
    CREATE INDEX ad_creative_classifications_newest ON public.ad_creative_classifications USING btree (brand_id, classified_at DESC, id DESC)
    CREATE INDEX ad_creative_classifications_of_ad ON public.ad_creative_classifications USING btree (brand_id, meta_ad_id, classified_at DESC, id DESC)
    CREATE INDEX ad_creative_classifications_page ON public.ad_creative_classifications USING btree (landing_page_id) WHERE (landing_page_id IS NOT NULL)
    CREATE INDEX ad_creative_classifications_run ON public.ad_creative_classifications USING btree (run_id) WHERE (run_id IS NOT NULL)
    CREATE INDEX ad_creative_classifications_uncompared ON public.ad_creative_classifications USING btree (classified_at DESC, id) WHERE ((congruence_components = '[]'::jsonb) AND (video_analysis_id IS NOT NULL) AND (landing_page_id IS NOT NULL))
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table ad_intelligence_baselines
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    awareness_level text not null default 'all'::text
    creative_format text not null default 'all'::text
    video_length_bucket text not null default 'all'::text
    campaign_objective text not null default 'all'::text
    range_start date not null
    range_end date not null
    daily_rows integer not null
    ads integer not null
    impressions bigint not null
    spend numeric not null
    is_sufficient boolean not null
    metrics jsonb not null
    computed_at timestamp with time zone not null
    a_range_is_in_order CHECK ((range_start <= range_end))
    ad_intelligence_baselines_ads_check CHECK ((ads >= 0))
    ad_intelligence_baselines_awareness_level_check CHECK ((awareness_level <> ''::text))
    ad_intelligence_baselines_brand_id_awareness_level_creative_key UNIQUE (brand_id, awareness_level, creative_format, video_length_bucket, campaign_objective, range_start, range_end)
    ad_intelligence_baselines_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    ad_intelligence_baselines_campaign_objective_check CHECK ((campaign_objective <> ''::text))
    ad_intelligence_baselines_creative_format_check CHECK ((creative_format <> ''::text))
    ad_intelligence_baselines_daily_rows_check CHECK ((daily_rows >= 0))
    ad_intelligence_baselines_impressions_check CHECK ((impressions >= 0))
    ad_intelligence_baselines_metrics_check CHECK ((jsonb_typeof(metrics) = 'object'::text))
    ad_intelligence_baselines_pkey PRIMARY KEY (id)
    ad_intelligence_baselines_spend_check CHECK ((spend >= (0)::numeric))
    ad_intelligence_baselines_video_length_bucket_check CHECK ((video_length_bucket <> ''::text))
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table ad_video_analysis
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_id text not null
    creative_id text
    video_id text
    storage_path text not null
    input_hash bytea not null
    prompt_version text not null
    status text not null
    validation_errors jsonb not null default '[]'::jsonb
    model_used text not null
    raw_response jsonb not null
    analyzed_at timestamp with time zone not null
    full_transcript text
    transcript_segments jsonb
    text_overlays jsonb not null default '[]'::jsonb
    text_overlay_confidence numeric(4,3)
    hook_transcript_spoken text
    hook_transcript_overlay text
    hook_fingerprint bytea
    hook_type text
    hook_effectiveness_signals jsonb
    hook_visual_description text
    hook_visual_elements text[] not null default '{}'::text[]
    hook_visual_type text
    storyboard jsonb
    benefits_shown text[] not null default '{}'::text[]
    features_demonstrated text[] not null default '{}'::text[]
    pain_points_addressed text[] not null default '{}'::text[]
    angles_used text[] not null default '{}'::text[]
    jobs_to_be_done text[] not null default '{}'::text[]
    claims_made jsonb not null default '[]'::jsonb
    awareness_level text
    awareness_confidence numeric(4,3)
    target_persona jsonb
    emotional_drivers text[] not null default '{}'::text[]
    video_duration_sec numeric(10,3)
    production_quality text
    format_type text
    a_confidence_is_about_a_level CHECK (((awareness_confidence IS NULL) OR (awareness_level IS NOT NULL)))
    a_faulty_analysis_has_no_timeline CHECK (((status = 'ok'::text) OR ((transcript_segments IS NULL) AND (storyboard IS NULL) AND (text_overlays = '[]'::jsonb))))
    a_faulty_analysis_says_what_is_wrong CHECK (((status = 'validation_failed'::text) = (validation_errors <> '[]'::jsonb)))
    ad_video_analysis_awareness_confidence_check CHECK (((awareness_confidence >= (0)::numeric) AND (awareness_confidence <= (1)::numeric)))
    ad_video_analysis_awareness_level_check CHECK ((awareness_level = ANY (ARRAY['unaware'::text, 'problem_aware'::text, 'solution_aware'::text, 'product_aware'::text, 'most_aware'::text])))
    ad_video_analysis_brand_id_meta_ad_id_prompt_version_input__key UNIQUE (brand_id, meta_ad_id, prompt_version, input_hash)
    ad_video_analysis_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    ad_video_analysis_claims_made_check CHECK ((jsonb_typeof(claims_made) = 'array'::text))
    ad_video_analysis_format_type_check CHECK ((format_type = ANY (ARRAY['ugc'::text, 'professional'::text, 'testimonial'::text, 'demo'::text, 'animation'::text, 'mixed'::text])))
    ad_video_analysis_hook_effectiveness_signals_check CHECK ((jsonb_typeof(hook_effectiveness_signals) = 'object'::text))
    ad_video_analysis_hook_fingerprint_check CHECK ((length(hook_fingerprint) = 32))
    ad_video_analysis_hook_type_check CHECK ((hook_type = ANY (ARRAY['question'::text, 'claim'::text, 'story'::text, 'callout'::text, 'transformation'::text, 'shock'::text, 'relatable'::text, 'statistic'::text, 'before_after'::text, 'authority'::text, 'other'::text])))
    ad_video_analysis_hook_visual_type_check CHECK ((hook_visual_type = ANY (ARRAY['unboxing'::text, 'transformation'::text, 'demonstration'::text, 'testimonial'::text, 'lifestyle'::text, 'problem_agitation'::text, 'authority'::text, 'social_proof'::text, 'product_hero'::text, 'curiosity'::text, 'other'::text])))
    ad_video_analysis_id_brand_id_meta_ad_id_key UNIQUE (id, brand_id, meta_ad_id)
    ad_video_analysis_input_hash_check CHECK ((length(input_hash) = 32))
    ad_video_analysis_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    ad_video_analysis_model_used_check CHECK ((model_used <> ''::text))
    ad_video_analysis_pkey PRIMARY KEY (id)
    ad_video_analysis_production_quality_check CHECK ((production_quality = ANY (ARRAY['raw'::text, 'polished'::text, 'professional'::text])))
    ad_video_analysis_prompt_version_check CHECK ((prompt_version <> ''::text))
    ad_video_analysis_status_check CHECK ((status = ANY (ARRAY['ok'::text, 'validation_failed'::text])))
    ad_video_analysis_storage_path_check CHECK ((storage_path <> ''::text))
    ad_video_analysis_storyboard_check CHECK ((jsonb_typeof(storyboard) = 'array'::text))
    ad_video_analysis_target_persona_check CHECK ((jsonb_typeof(target_persona) = 'object'::text))
    ad_video_analysis_text_overlay_confidence_check CHECK (((text_overlay_confidence >= (0)::numeric) AND (text_overlay_confidence <= (1)::numeric)))
    ad_video_analysis_text_overlays_check CHECK ((jsonb_typeof(text_overlays) = 'array'::text))
    ad_video_analysis_transcript_segments_check CHECK ((jsonb_typeof(transcript_segments) = 'array'::text))
    ad_video_analysis_validation_errors_check CHECK ((jsonb_typeof(validation_errors) = 'array'::text))
    ad_video_analysis_video_duration_sec_check CHECK ((video_duration_sec >= (0)::numeric))
    CREATE INDEX ad_video_analysis_same_hook ON public.ad_video_analysis USING btree (brand_id, hook_fingerprint) WHERE (hook_fingerprint IS NOT NULL)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table api_request_counts
    caller_sha256 bytea not null
    window_began_at timestamp with time zone not null
    requests integer not null
    api_request_counts_caller_sha256_check CHECK ((length(caller_sha256) = 32))
    api_request_counts_pkey PRIMARY KEY (caller_sha256)
    api_request_counts_requests_check CHECK ((requests > 0))
    CREATE INDEX api_request_counts_window ON public.api_request_counts USING btree (window_began_at)

table api_tokens
    id uuid not null
    organization_id uuid
    name text not null
    digest bytea not null
    role text not null
    created_by text not null
    created_at timestamp with time zone not null
    expires_at timestamp with time zone
    last_used_at timestamp with time zone
    revoked_at timestamp with time zone
    rotated_to uuid
    scopes text[]
    api_tokens_check CHECK ((expires_at >= created_at))
    api_tokens_check1 CHECK ((rotated_to <> id))
    api_tokens_created_by_check CHECK ((created_by <> ''::text))
    api_tokens_digest_check CHECK ((length(digest) = 32))
    api_tokens_digest_key UNIQUE (digest)
    api_tokens_name_check CHECK (((name <> ''::text) AND (length(name) <= 100)))
    api_tokens_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    api_tokens_pkey PRIMARY KEY (id)
    api_tokens_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text])))
    api_tokens_rotated_to_fkey FOREIGN KEY (rotated_to) REFERENCES api_tokens(id) ON DELETE SET NULL
    api_tokens_rotated_to_key UNIQUE (rotated_to)
    api_tokens_scopes_check CHECK (((scopes <> '{}'::text[]) AND (scopes <@ ARRAY['jobs'::text, 'runs'::text, 'brands'::text, 'notifications'::text, 'access'::text])))
    CREATE INDEX api_tokens_newest ON public.api_tokens USING btree (created_at DESC, id DESC)
    CREATE INDEX api_tokens_of_organization ON public.api_tokens USING btree (organization_id, created_at DESC, id DESC)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT INSERT, SELECT, UPDATE TO sundial_tenant

table brand_ad_accounts
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_account_id text not null
    account_name text
    is_primary boolean not null default true
    auth_method text not null default 'system_user'::text
    token_expires_at timestamp with time zone
    connected_user_name text
    currency text
    timezone_name text
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    sealed_token bytea
    token_key_id text
    token_issued_at timestamp with time zone
    connection text not null default 'connected'::text
    connection_error text
    account_status integer
    facts_read_at timestamp with time zone
    paused_until timestamp with time zone
    pause_reason text
    a_lost_connection_says_why CHECK (((connection = 'reconnect'::text) = (connection_error IS NOT NULL)))
    a_pause_has_its_reason CHECK (((paused_until IS NULL) = (pause_reason IS NULL)))
    a_sealed_token_names_its_key CHECK (((sealed_token IS NULL) = (token_key_id IS NULL)))
    an_account_has_one_owner UNIQUE (organization_id, brand_id, meta_ad_account_id)
    an_oauth_account_has_a_token CHECK (((auth_method = 'system_user'::text) OR (sealed_token IS NOT NULL) OR (connection = 'reconnect'::text)))
    brand_ad_accounts_auth_method_check CHECK ((auth_method = ANY (ARRAY['system_user'::text, 'oauth'::text])))
    brand_ad_accounts_brand_id_meta_ad_account_id_key UNIQUE (brand_id, meta_ad_account_id)
    brand_ad_accounts_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    brand_ad_accounts_connection_check CHECK ((connection = ANY (ARRAY['connected'::text, 'reconnect'::text])))
    brand_ad_accounts_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    brand_ad_accounts_meta_ad_account_id_check CHECK ((meta_ad_account_id ~ '^act_[0-9]{1,32}$'::text))
    brand_ad_accounts_meta_ad_account_id_key UNIQUE (meta_ad_account_id)
    brand_ad_accounts_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX brand_ad_accounts_one_primary ON public.brand_ad_accounts USING btree (brand_id) WHERE is_primary
    CREATE TRIGGER brand_ad_accounts_updated_at BEFORE UPDATE ON public.brand_ad_accounts FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table brand_landing_pages
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    url text not null
    canonical_url text not null
    scrape_status text not null default 'pending'::text
    page_title text
    extracted_data jsonb
    content_hash bytea
    scrape_error text
    attempts integer not null default 0
    next_attempt_at timestamp with time zone
    scraped_at timestamp with time zone
    awareness_level text
    awareness_confidence numeric(4,3)
    created_at timestamp with time zone not null
    updated_at timestamp with time zone not null default now()
    a_confidence_is_about_a_level CHECK (((awareness_confidence IS NULL) OR (awareness_level IS NOT NULL)))
    a_failed_page_says_why CHECK (((scrape_status <> 'failed'::text) OR (scrape_error IS NOT NULL)))
    a_scraped_page_has_its_content CHECK ((((scrape_status = ANY (ARRAY['scraped'::text, 'analyzed'::text])) = (content_hash IS NOT NULL)) AND ((content_hash IS NULL) = (extracted_data IS NULL)) AND ((content_hash IS NULL) = (scraped_at IS NULL))))
    brand_landing_pages_attempts_check CHECK ((attempts >= 0))
    brand_landing_pages_awareness_confidence_check CHECK (((awareness_confidence >= (0)::numeric) AND (awareness_confidence <= (1)::numeric)))
    brand_landing_pages_awareness_level_check CHECK ((awareness_level = ANY (ARRAY['unaware'::text, 'problem_aware'::text, 'solution_aware'::text, 'product_aware'::text, 'most_aware'::text])))
    brand_landing_pages_brand_id_canonical_url_key UNIQUE (brand_id, canonical_url)
    brand_landing_pages_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    brand_landing_pages_canonical_url_check CHECK ((canonical_url <> ''::text))
    brand_landing_pages_content_hash_check CHECK ((length(content_hash) = 32))
    brand_landing_pages_extracted_data_check CHECK ((jsonb_typeof(extracted_data) = 'object'::text))
    brand_landing_pages_id_brand_id_key UNIQUE (id, brand_id)
    brand_landing_pages_pkey PRIMARY KEY (id)
    brand_landing_pages_scrape_status_check CHECK ((scrape_status = ANY (ARRAY['pending'::text, 'scraped'::text, 'analyzed'::text, 'failed'::text])))
    brand_landing_pages_url_check CHECK ((url <> ''::text))
    only_a_page_that_failed_waits CHECK (((next_attempt_at IS NULL) OR (scrape_error IS NOT NULL)))
    only_an_analyzed_page_has_a_level CHECK (((scrape_status = 'analyzed'::text) OR (awareness_level IS NULL)))
    CREATE INDEX brand_landing_pages_scraped ON public.brand_landing_pages USING btree (brand_id, scraped_at) WHERE (scraped_at IS NOT NULL)
    CREATE INDEX brand_landing_pages_unread ON public.brand_landing_pages USING btree (brand_id, created_at) WHERE (scraped_at IS NULL)
    CREATE TRIGGER brand_landing_pages_updated_at BEFORE UPDATE ON public.brand_landing_pages FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table brands
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    name text not null
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    running_max integer
    brands_id_organization_id_key UNIQUE (id, organization_id)
    brands_name_check CHECK ((name <> ''::text))
    brands_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE RESTRICT
    brands_pkey PRIMARY KEY (id)
    brands_running_max_check CHECK ((running_max > 0))
    CREATE INDEX brands_organization_id ON public.brands USING btree (organization_id)
    CREATE TRIGGER brands_updated_at BEFORE UPDATE ON public.brands FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT SELECT, UPDATE TO sundial_tenant

table console_sessions
    id_sha256 bytea not null
    token_sha256 bytea not null
    created_at timestamp with time zone not null
    expires_at timestamp with time zone not null
    last_used_at timestamp with time zone not null
    visitor_name text
    visitor_role text
    visitor_organization_id uuid
    a_session_ends_after_its_start CHECK ((expires_at > created_at))
    a_visitor_has_a_name_and_a_role CHECK (((visitor_name IS NULL) = (visitor_role IS NULL)))
    console_sessions_id_sha256_check CHECK ((length(id_sha256) = 32))
    console_sessions_pkey PRIMARY KEY (id_sha256)
    console_sessions_token_sha256_check CHECK ((length(token_sha256) = 32))
    console_sessions_visitor_name_check CHECK ((visitor_name <> ''::text))
    console_sessions_visitor_organization_id_fkey FOREIGN KEY (visitor_organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    console_sessions_visitor_role_check CHECK ((visitor_role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text])))
    only_a_visitor_has_an_organization CHECK (((visitor_role IS NOT NULL) OR (visitor_organization_id IS NULL)))
    CREATE INDEX console_sessions_expires_at ON public.console_sessions USING btree (expires_at)
    CREATE INDEX console_sessions_visitor_organization_id ON public.console_sessions USING btree (visitor_organization_id) WHERE (visitor_organization_id IS NOT NULL)

table dataset_limits
    dataset_key text not null
    fresh_for_hours integer not null
    dataset_limits_dataset_key_check CHECK ((dataset_key ~ '^[a-z][a-z0-9_]{1,40}$'::text))
    dataset_limits_fresh_for_hours_check CHECK (((fresh_for_hours >= 1) AND (fresh_for_hours <= 8760)))
    dataset_limits_pkey PRIMARY KEY (dataset_key)
    GRANT SELECT TO sundial_tenant

table dataset_status
    id uuid not null default gen_random_uuid()
    organization_id uuid
    brand_id uuid
    dataset_key text not null
    last_success_at timestamp with time zone
    last_attempt_at timestamp with time zone
    last_status text not null default 'unknown'::text
    last_run_id uuid
    records_affected bigint not null default 0
    error_message text
    metadata jsonb not null default '{}'::jsonb
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    a_failure_says_why CHECK (((last_status = 'failed'::text) = (error_message IS NOT NULL)))
    a_success_has_its_time CHECK (((last_status <> 'completed'::text) OR (last_success_at IS NOT NULL)))
    dataset_status_brand_id_dataset_key_key UNIQUE NULLS NOT DISTINCT (brand_id, dataset_key)
    dataset_status_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) MATCH FULL ON DELETE CASCADE
    dataset_status_dataset_key_check CHECK ((dataset_key ~ '^[a-z][a-z0-9_]{1,40}$'::text))
    dataset_status_last_run_id_fkey FOREIGN KEY (last_run_id) REFERENCES scheduled_job_runs(id) ON DELETE SET NULL
    dataset_status_last_status_check CHECK ((last_status = ANY (ARRAY['completed'::text, 'failed'::text, 'unknown'::text])))
    dataset_status_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text))
    dataset_status_pkey PRIMARY KEY (id)
    dataset_status_records_affected_check CHECK ((records_affected >= 0))
    CREATE INDEX dataset_status_last_run_id ON public.dataset_status USING btree (last_run_id)
    CREATE TRIGGER dataset_status_updated_at BEFORE UPDATE ON public.dataset_status FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT INSERT, SELECT, UPDATE TO sundial_tenant

table job_rules
    scheduled_job_id uuid not null
    name text not null
    expression text not null
    timezone text not null
    is_enabled boolean not null
    seen_at timestamp with time zone not null
    job_rules_expression_check CHECK ((expression <> ''::text))
    job_rules_name_check CHECK ((name <> ''::text))
    job_rules_pkey PRIMARY KEY (scheduled_job_id)
    job_rules_scheduled_job_id_fkey FOREIGN KEY (scheduled_job_id) REFERENCES scheduled_jobs(id) ON DELETE CASCADE
    job_rules_timezone_check CHECK ((timezone <> ''::text))
    CREATE INDEX job_rules_name ON public.job_rules USING btree (name)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((( SELECT j.organization_id
   FROM scheduled_jobs j
  WHERE (j.id = job_rules.scheduled_job_id)) = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT SELECT TO sundial_tenant

table job_types
    name text not null
    scope text not null
    dataset_key text
    description text not null
    running_max integer
    running_per_brand_max integer
    created_at timestamp with time zone not null default now()
    job_types_dataset_key_check CHECK ((dataset_key ~ '^[a-z][a-z0-9_]{1,40}$'::text))
    job_types_description_check CHECK ((description <> ''::text))
    job_types_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{1,40}$'::text))
    job_types_name_scope_key UNIQUE (name, scope)
    job_types_pkey PRIMARY KEY (name)
    job_types_running_max_check CHECK ((running_max > 0))
    job_types_running_per_brand_max_check CHECK ((running_per_brand_max > 0))
    job_types_scope_check CHECK ((scope = ANY (ARRAY['brand'::text, 'product'::text, 'platform'::text])))
    GRANT SELECT TO sundial_tenant

table ledger_horizon
    is_only boolean not null default true
    pruned_before timestamp with time zone not null
    ledger_horizon_is_only_check CHECK (is_only)
    ledger_horizon_pkey PRIMARY KEY (is_only)
    GRANT SELECT TO sundial_tenant

table ledger_hour_totals
    hour timestamp with time zone not null
    verdict text not null
    fire_times bigint not null
    ledger_hour_totals_fire_times_check CHECK ((fire_times > 0))
    ledger_hour_totals_hour_fkey FOREIGN KEY (hour) REFERENCES ledger_hours(hour) ON DELETE CASCADE
    ledger_hour_totals_pkey PRIMARY KEY (hour, verdict)
    ledger_hour_totals_verdict_check CHECK ((verdict <> ''::text))

table ledger_hour_verdicts
    id bigint not null identity
    hour timestamp with time zone not null
    organization_id uuid
    verdict text not null
    fire_times bigint not null
    ledger_hour_verdicts_fire_times_check CHECK ((fire_times > 0))
    ledger_hour_verdicts_hour_fkey FOREIGN KEY (hour) REFERENCES ledger_hours(hour) ON DELETE CASCADE
    ledger_hour_verdicts_hour_organization_id_verdict_key UNIQUE NULLS NOT DISTINCT (hour, organization_id, verdict)
    ledger_hour_verdicts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    ledger_hour_verdicts_pkey PRIMARY KEY (id)
    ledger_hour_verdicts_verdict_check CHECK ((verdict <> ''::text))
    CREATE INDEX ledger_hour_verdicts_organization ON public.ledger_hour_verdicts USING btree (organization_id, hour)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT SELECT TO sundial_tenant

table ledger_hours
    hour timestamp with time zone not null
    counted_at timestamp with time zone not null
    is_final boolean not null
    is_complete boolean not null default false
    ledger_hours_hour_check CHECK ((date_bin('01:00:00'::interval, hour, '1970-01-01 00:00:00+00'::timestamp with time zone) = hour))
    ledger_hours_pkey PRIMARY KEY (hour)
    GRANT SELECT TO sundial_tenant

table ledger_quarters
    hour timestamp with time zone not null
    quarter timestamp with time zone not null
    status text not null
    attempts bigint not null
    ledger_quarters_attempts_check CHECK ((attempts > 0))
    ledger_quarters_check CHECK (((quarter >= hour) AND (quarter < (hour + '01:00:00'::interval))))
    ledger_quarters_hour_fkey FOREIGN KEY (hour) REFERENCES ledger_hours(hour) ON DELETE CASCADE
    ledger_quarters_pkey PRIMARY KEY (hour, quarter, status)
    ledger_quarters_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text, 'skipped'::text, 'cancelled'::text])))

table members
    id uuid not null
    sha256 bytea not null
    organization_id uuid
    name text not null
    role text not null
    first_seen_at timestamp with time zone not null
    last_seen_at timestamp with time zone not null
    members_check CHECK ((last_seen_at >= first_seen_at))
    members_name_check CHECK ((name <> ''::text))
    members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    members_pkey PRIMARY KEY (id)
    members_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text])))
    members_sha256_check CHECK ((length(sha256) = 32))
    members_sha256_key UNIQUE (sha256)
    CREATE INDEX members_newest ON public.members USING btree (last_seen_at DESC, id DESC)
    CREATE INDEX members_of_organization ON public.members USING btree (organization_id, last_seen_at DESC, id DESC)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT SELECT TO sundial_tenant

table meta_ad_assets
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_account_id text not null
    meta_ad_id text not null
    asset_type text not null default 'video'::text
    source_id text not null
    is_primary boolean not null default false
    status text not null
    not_downloadable_reason text
    failure_reason text
    attempts integer not null default 0
    next_attempt_at timestamp with time zone
    storage_path text not null default ''::text
    mime_type text
    file_size_bytes bigint
    sha256 bytea
    quality text
    width integer
    height integer
    duration_seconds numeric(10,3)
    meta_video_id text
    image_hash text
    source_url text
    fetched_at timestamp with time zone not null default now()
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    a_downloaded_asset_is_stored CHECK ((((status = 'downloaded'::text) = ((storage_path <> ''::text) AND (sha256 IS NOT NULL) AND (file_size_bytes IS NOT NULL) AND (mime_type IS NOT NULL))) AND ((storage_path <> ''::text) = (sha256 IS NOT NULL))))
    a_failed_asset_says_why CHECK (((status = 'failed'::text) = (failure_reason IS NOT NULL)))
    an_unobtainable_asset_says_why CHECK (((status = 'not_downloadable'::text) = (not_downloadable_reason IS NOT NULL)))
    meta_ad_assets_asset_type_check CHECK ((asset_type = ANY (ARRAY['video'::text, 'image'::text])))
    meta_ad_assets_attempts_check CHECK ((attempts >= 0))
    meta_ad_assets_brand_id_meta_ad_account_id_fkey FOREIGN KEY (brand_id, meta_ad_account_id) REFERENCES brand_ad_accounts(brand_id, meta_ad_account_id) ON DELETE RESTRICT
    meta_ad_assets_brand_id_meta_ad_id_asset_type_source_id_key UNIQUE (brand_id, meta_ad_id, asset_type, source_id)
    meta_ad_assets_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    meta_ad_assets_duration_seconds_check CHECK ((duration_seconds >= (0)::numeric))
    meta_ad_assets_file_size_bytes_check CHECK ((file_size_bytes > 0))
    meta_ad_assets_height_check CHECK ((height > 0))
    meta_ad_assets_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    meta_ad_assets_pkey PRIMARY KEY (id)
    meta_ad_assets_quality_check CHECK ((quality = ANY (ARRAY['full'::text, 'render_1080'::text, 'thumb'::text])))
    meta_ad_assets_sha256_check CHECK ((length(sha256) = 32))
    meta_ad_assets_source_id_check CHECK ((source_id <> ''::text))
    meta_ad_assets_source_url_check CHECK ((source_url !~ '[?#]'::text))
    meta_ad_assets_status_check CHECK ((status = ANY (ARRAY['downloaded'::text, 'failed'::text, 'not_downloadable'::text])))
    meta_ad_assets_width_check CHECK ((width > 0))
    only_a_failed_asset_waits CHECK (((status = 'failed'::text) OR (next_attempt_at IS NULL)))
    CREATE INDEX meta_ad_assets_same_bytes ON public.meta_ad_assets USING btree (brand_id, sha256) WHERE (status = 'downloaded'::text)
    CREATE INDEX meta_ad_assets_same_medium ON public.meta_ad_assets USING btree (brand_id, meta_ad_account_id, asset_type, source_id) WHERE (status = 'downloaded'::text)
    CREATE UNIQUE INDEX meta_ad_assets_one_primary ON public.meta_ad_assets USING btree (brand_id, meta_ad_id, asset_type) WHERE is_primary
    CREATE TRIGGER meta_ad_assets_updated_at BEFORE UPDATE ON public.meta_ad_assets FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table meta_ad_destination_status
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_id text not null
    status text not null
    reason text not null
    creative_id text
    url_count integer not null default 0
    attempted_at timestamp with time zone not null
    updated_at timestamp with time zone not null default now()
    meta_ad_destination_status_brand_id_meta_ad_id_key UNIQUE (brand_id, meta_ad_id)
    meta_ad_destination_status_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    meta_ad_destination_status_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    meta_ad_destination_status_pkey PRIMARY KEY (id)
    meta_ad_destination_status_reason_check CHECK ((reason <> ''::text))
    meta_ad_destination_status_status_check CHECK ((status = ANY (ARRAY['no_url'::text, 'multi_url'::text])))
    meta_ad_destination_status_url_count_check CHECK ((url_count >= 0))
    CREATE TRIGGER meta_ad_destination_status_updated_at BEFORE UPDATE ON public.meta_ad_destination_status FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table meta_ad_destinations
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_id text not null
    destination_url text not null
    canonical_url text not null
    fetched_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    meta_ad_destinations_brand_id_meta_ad_id_canonical_url_key UNIQUE (brand_id, meta_ad_id, canonical_url)
    meta_ad_destinations_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    meta_ad_destinations_canonical_url_check CHECK ((canonical_url <> ''::text))
    meta_ad_destinations_destination_url_check CHECK ((destination_url <> ''::text))
    meta_ad_destinations_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    meta_ad_destinations_pkey PRIMARY KEY (id)
    CREATE TRIGGER meta_ad_destinations_updated_at BEFORE UPDATE ON public.meta_ad_destinations FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table meta_ads
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_account_id text not null
    meta_ad_id text not null
    meta_adset_id text
    meta_campaign_id text
    name text
    effective_status text
    creative_id text
    object_type text
    thumbnail_url text
    meta_video_id text
    is_video boolean not null default false
    ad_copy text
    destination_url text
    newest_date date
    numbers_read_at timestamp with time zone
    status_read_at timestamp with time zone
    creative_read_at timestamp with time zone
    creative_attempts integer not null default 0
    destination_read_at timestamp with time zone
    destination_attempts integer not null default 0
    destination_is_stale boolean not null default false
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    meta_ads_brand_id_meta_ad_account_id_fkey FOREIGN KEY (brand_id, meta_ad_account_id) REFERENCES brand_ad_accounts(brand_id, meta_ad_account_id) ON DELETE RESTRICT
    meta_ads_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    meta_ads_creative_attempts_check CHECK ((creative_attempts >= 0))
    meta_ads_destination_attempts_check CHECK ((destination_attempts >= 0))
    meta_ads_meta_ad_account_id_meta_ad_id_key UNIQUE (meta_ad_account_id, meta_ad_id)
    meta_ads_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    meta_ads_pkey PRIMARY KEY (id)
    CREATE INDEX meta_ads_account ON public.meta_ads USING btree (meta_ad_account_id, numbers_read_at)
    CREATE INDEX meta_ads_brand ON public.meta_ads USING btree (brand_id, meta_ad_id)
    CREATE TRIGGER meta_ads_updated_at BEFORE UPDATE ON public.meta_ads FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table meta_ads_demographic_performance
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_account_id text not null
    meta_ad_id text not null
    date date not null
    breakdown_type text not null
    age_range text not null default ''::text
    gender text not null default ''::text
    publisher_platform text not null default ''::text
    platform_position text not null default ''::text
    ad_name text
    spend numeric
    impressions integer
    reach integer
    link_clicks integer
    link_ctr numeric
    purchases integer
    purchase_value numeric
    roas numeric
    add_to_carts integer
    video_views integer
    fetched_at timestamp with time zone not null default now()
    meta_ads_demographic_performa_meta_ad_id_date_breakdown_typ_key UNIQUE (meta_ad_id, date, breakdown_type, age_range, gender, publisher_platform, platform_position)
    meta_ads_demographic_performa_organization_id_brand_id_met_fkey FOREIGN KEY (organization_id, brand_id, meta_ad_account_id) REFERENCES brand_ad_accounts(organization_id, brand_id, meta_ad_account_id) ON DELETE RESTRICT
    meta_ads_demographic_performance_breakdown_type_check CHECK ((breakdown_type = ANY (ARRAY['age_gender'::text, 'placement'::text])))
    meta_ads_demographic_performance_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    meta_ads_demographic_performance_pkey PRIMARY KEY (id)
    CREATE INDEX meta_ads_demographic_performance_brand_date ON public.meta_ads_demographic_performance USING btree (brand_id, date)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table meta_ads_performance
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_account_id text not null
    meta_ad_id text not null
    meta_adset_id text
    meta_campaign_id text not null
    date date not null
    ad_name text
    adset_name text
    campaign_name text
    campaign_objective text
    ad_status text
    spend numeric
    impressions integer
    reach integer
    frequency numeric
    cpm numeric
    link_clicks integer
    link_ctr numeric
    link_cpc numeric
    add_to_carts integer
    cost_per_add_to_cart numeric
    purchases integer
    purchase_value numeric
    roas numeric
    conversion_rate numeric
    video_views integer
    video_avg_watch_time numeric
    video_p25_watched integer
    video_p50_watched integer
    video_p75_watched integer
    video_p95_watched integer
    video_p100_watched integer
    video_thruplay integer
    hold_rate numeric
    hook_rate numeric
    initiate_checkouts integer
    landing_page_views integer
    content_views integer
    cost_per_initiate_checkout numeric
    raw_actions jsonb
    raw_costs jsonb
    action_values jsonb
    thumbnail_url text
    meta_video_id text
    is_video boolean not null default false
    object_type text
    ad_copy text
    destination_url text
    fetched_at timestamp with time zone not null default now()
    is_provisional boolean not null default false
    incomplete_fields text[] not null default '{}'::text[]
    meta_ads_performance_meta_ad_id_check CHECK ((meta_ad_id ~ '^[0-9]{1,32}$'::text))
    meta_ads_performance_meta_ad_id_date_key UNIQUE (meta_ad_id, date)
    meta_ads_performance_organization_id_brand_id_meta_ad_acco_fkey FOREIGN KEY (organization_id, brand_id, meta_ad_account_id) REFERENCES brand_ad_accounts(organization_id, brand_id, meta_ad_account_id) ON DELETE RESTRICT
    meta_ads_performance_pkey PRIMARY KEY (id)
    CREATE INDEX meta_ads_performance_account ON public.meta_ads_performance USING btree (meta_ad_account_id)
    CREATE INDEX meta_ads_performance_ad ON public.meta_ads_performance USING btree (brand_id, meta_ad_id)
    CREATE INDEX meta_ads_performance_brand_date ON public.meta_ads_performance USING btree (brand_id, date)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table meta_campaigns
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_account_id text not null
    meta_campaign_id text not null
    name text
    status text
    objective text
    daily_budget numeric(12,2)
    lifetime_budget numeric(12,2)
    adset_count integer
    ad_count integer
    synced_at timestamp with time zone not null default now()
    meta_campaigns_brand_id_meta_ad_account_id_fkey FOREIGN KEY (brand_id, meta_ad_account_id) REFERENCES brand_ad_accounts(brand_id, meta_ad_account_id) ON DELETE RESTRICT
    meta_campaigns_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    meta_campaigns_meta_ad_account_id_meta_campaign_id_key UNIQUE (meta_ad_account_id, meta_campaign_id)
    meta_campaigns_meta_campaign_id_check CHECK ((meta_campaign_id ~ '^[0-9]{1,32}$'::text))
    meta_campaigns_pkey PRIMARY KEY (id)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table meta_sync_days
    organization_id uuid not null
    brand_id uuid not null
    meta_ad_account_id text not null
    kind text not null
    date date not null
    age_days integer not null
    rows_stored bigint not null
    fetched_at timestamp with time zone not null
    meta_sync_days_age_days_check CHECK ((age_days >= 0))
    meta_sync_days_brand_id_meta_ad_account_id_fkey FOREIGN KEY (brand_id, meta_ad_account_id) REFERENCES brand_ad_accounts(brand_id, meta_ad_account_id) ON DELETE RESTRICT
    meta_sync_days_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    meta_sync_days_kind_check CHECK ((kind = ANY (ARRAY['performance'::text, 'age_gender'::text, 'placement'::text])))
    meta_sync_days_pkey PRIMARY KEY (meta_ad_account_id, kind, date)
    meta_sync_days_rows_stored_check CHECK ((rows_stored >= 0))
    CREATE INDEX meta_sync_days_brand ON public.meta_sync_days USING btree (brand_id, kind, date)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table meta_sync_slices
    id bigint not null identity
    sync_run_id uuid not null
    meta_ad_account_id text not null
    kind text not null
    date date not null
    scope jsonb
    fields text[]
    parent_id bigint
    state text not null default 'pending'::text
    is_report boolean not null default false
    report_run_id text
    polls integer not null default 0
    submitted_at timestamp with time zone
    due_at timestamp with time zone
    after_cursor text
    page_limit integer not null
    pages integer not null default 0
    rows_stored bigint not null default 0
    rows_rejected bigint not null default 0
    attempts integer not null default 0
    error text
    created_at timestamp with time zone not null
    finished_at timestamp with time zone
    a_failed_slice_says_why CHECK (((state <> 'failed'::text) OR (error IS NOT NULL)))
    a_report_has_its_number CHECK (((state <> 'submitted'::text) OR (report_run_id IS NOT NULL)))
    meta_sync_slices_attempts_check CHECK ((attempts >= 0))
    meta_sync_slices_kind_check CHECK ((kind = ANY (ARRAY['performance'::text, 'age_gender'::text, 'placement'::text])))
    meta_sync_slices_page_limit_check CHECK (((page_limit >= 1) AND (page_limit <= 5000)))
    meta_sync_slices_pages_check CHECK ((pages >= 0))
    meta_sync_slices_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES meta_sync_slices(id) ON DELETE CASCADE
    meta_sync_slices_pkey PRIMARY KEY (id)
    meta_sync_slices_polls_check CHECK ((polls >= 0))
    meta_sync_slices_rows_rejected_check CHECK ((rows_rejected >= 0))
    meta_sync_slices_rows_stored_check CHECK ((rows_stored >= 0))
    meta_sync_slices_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'submitted'::text, 'ready'::text, 'done'::text, 'split'::text, 'failed'::text])))
    meta_sync_slices_sync_run_id_fkey FOREIGN KEY (sync_run_id) REFERENCES scheduled_job_runs(id) ON DELETE CASCADE
    meta_sync_slices_sync_run_id_kind_date_scope_fields_key UNIQUE NULLS NOT DISTINCT (sync_run_id, kind, date, scope, fields)
    CREATE INDEX meta_sync_slices_open ON public.meta_sync_slices USING btree (sync_run_id, kind, date) WHERE (state = ANY (ARRAY['pending'::text, 'submitted'::text, 'ready'::text]))
    CREATE INDEX meta_sync_slices_parent ON public.meta_sync_slices USING btree (parent_id) WHERE (parent_id IS NOT NULL)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((( SELECT r.organization_id
   FROM scheduled_job_runs r
  WHERE (r.id = meta_sync_slices.sync_run_id)) = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table notification_channels
    id uuid not null default gen_random_uuid()
    organization_id uuid
    channel text not null
    is_on boolean not null
    least_severity text not null
    kinds_left_out text[] not null
    recipients text[] not null
    updated_at timestamp with time zone not null
    updated_by text not null
    notification_channels_channel_check CHECK ((channel = ANY (ARRAY['slack'::text, 'email'::text])))
    notification_channels_kinds_left_out_check CHECK ((kinds_left_out <@ ARRAY['dead_letter'::text, 'unreadable'::text, 'recovered'::text, 'reconnect'::text, 'expiring'::text]))
    notification_channels_least_severity_check CHECK ((least_severity = ANY (ARRAY['info'::text, 'warning'::text, 'error'::text])))
    notification_channels_organization_id_channel_key UNIQUE NULLS NOT DISTINCT (organization_id, channel)
    notification_channels_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    notification_channels_pkey PRIMARY KEY (id)
    notification_channels_recipients_check CHECK ((cardinality(recipients) <= 50))
    only_email_has_recipients CHECK (((channel = 'email'::text) OR (cardinality(recipients) = 0)))
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table notification_deliveries
    notification_id uuid not null
    channel text not null
    attempts integer not null default 0
    next_attempt_at timestamp with time zone
    last_error text
    delivered_at timestamp with time zone
    given_up_at timestamp with time zone
    created_at timestamp with time zone not null default now()
    withheld_at timestamp with time zone
    withheld_because text
    a_delivery_is_due_or_over CHECK ((num_nonnulls(next_attempt_at, delivered_at, given_up_at, withheld_at) = 1))
    giving_up_has_a_reason CHECK (((given_up_at IS NULL) OR (last_error IS NOT NULL)))
    notification_deliveries_attempts_check CHECK ((attempts >= 0))
    notification_deliveries_channel_check CHECK ((channel = ANY (ARRAY['slack'::text, 'email'::text])))
    notification_deliveries_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES notifications(id) ON DELETE CASCADE
    notification_deliveries_pkey PRIMARY KEY (notification_id, channel)
    notification_deliveries_withheld_because_check CHECK ((withheld_because = ANY (ARRAY['off'::text, 'severity'::text, 'kind'::text])))
    withholding_has_a_reason CHECK (((withheld_at IS NULL) = (withheld_because IS NULL)))
    CREATE INDEX notification_deliveries_due ON public.notification_deliveries USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((( SELECT n.organization_id
   FROM notifications n
  WHERE (n.id = notification_deliveries.notification_id)) = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT SELECT TO sundial_tenant

table notification_reads
    id uuid not null default gen_random_uuid()
    reader_sha256 bytea not null
    organization_id uuid
    notification_id uuid
    read_at timestamp with time zone not null
    notification_reads_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES notifications(id) ON DELETE CASCADE
    notification_reads_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    notification_reads_pkey PRIMARY KEY (id)
    notification_reads_reader_sha256_check CHECK ((length(reader_sha256) = 32))
    notification_reads_reader_sha256_organization_id_notificati_key UNIQUE NULLS NOT DISTINCT (reader_sha256, organization_id, notification_id)
    CREATE INDEX notification_reads_of_notification ON public.notification_reads USING btree (notification_id) WHERE (notification_id IS NOT NULL)
    CREATE INDEX notification_reads_of_organization ON public.notification_reads USING btree (organization_id) WHERE (organization_id IS NOT NULL)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table notifications
    id uuid not null default gen_random_uuid()
    organization_id uuid
    brand_id uuid
    run_id uuid
    kind text not null
    severity text not null
    title text not null
    body text not null default ''::text
    created_at timestamp with time zone not null default now()
    read_at timestamp with time zone
    scheduled_job_id uuid
    occurrences integer not null default 1
    last_occurred_at timestamp with time zone
    recovered_at timestamp with time zone
    deliver_after timestamp with time zone
    meta_ad_account_id text
    only_channel text
    a_test_is_of_one_channel CHECK (((kind = 'test'::text) = (only_channel IS NOT NULL)))
    notifications_account_fkey FOREIGN KEY (brand_id, meta_ad_account_id) REFERENCES brand_ad_accounts(brand_id, meta_ad_account_id) ON DELETE CASCADE
    notifications_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES brands(id) ON DELETE CASCADE
    notifications_kind_check CHECK ((kind = ANY (ARRAY['dead_letter'::text, 'unreadable'::text, 'recovered'::text, 'reconnect'::text, 'expiring'::text, 'test'::text])))
    notifications_occurrences_check CHECK ((occurrences > 0))
    notifications_only_channel_check CHECK ((only_channel = ANY (ARRAY['slack'::text, 'email'::text])))
    notifications_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    notifications_pkey PRIMARY KEY (id)
    notifications_run_id_fkey FOREIGN KEY (run_id) REFERENCES scheduled_job_runs(id) ON DELETE CASCADE
    notifications_run_id_kind_key UNIQUE (run_id, kind)
    notifications_scheduled_job_id_fkey FOREIGN KEY (scheduled_job_id) REFERENCES scheduled_jobs(id) ON DELETE CASCADE
    notifications_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'error'::text])))
    notifications_title_check CHECK ((title <> ''::text))
    only_a_failure_recovers CHECK (((recovered_at IS NULL) OR (kind = ANY (ARRAY['dead_letter'::text, 'unreadable'::text]))))
    only_an_account_has_a_token CHECK (((kind = ANY (ARRAY['reconnect'::text, 'expiring'::text])) = (meta_ad_account_id IS NOT NULL)))
    CREATE INDEX notifications_latest ON public.notifications USING btree (COALESCE(last_occurred_at, created_at))
    CREATE INDEX notifications_newest ON public.notifications USING btree (created_at DESC, id DESC)
    CREATE INDEX notifications_of_job ON public.notifications USING btree (scheduled_job_id) WHERE (scheduled_job_id IS NOT NULL)
    CREATE INDEX notifications_of_organization ON public.notifications USING btree (organization_id, created_at DESC, id DESC)
    CREATE INDEX notifications_to_deliver ON public.notifications USING btree (deliver_after) WHERE (deliver_after IS NOT NULL)
    CREATE INDEX notifications_unread ON public.notifications USING btree (organization_id, created_at DESC) WHERE (read_at IS NULL)
    CREATE UNIQUE INDEX notifications_one_of_account ON public.notifications USING btree (meta_ad_account_id, kind) WHERE (meta_ad_account_id IS NOT NULL)
    CREATE UNIQUE INDEX notifications_one_standing ON public.notifications USING btree (scheduled_job_id, kind) WHERE ((kind = ANY (ARRAY['dead_letter'::text, 'unreadable'::text])) AND (recovered_at IS NULL))
    CREATE UNIQUE INDEX notifications_one_test ON public.notifications USING btree (organization_id, only_channel) NULLS NOT DISTINCT WHERE (kind = 'test'::text)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table open_channels
    channel text not null
    is_open boolean not null
    seen_at timestamp with time zone not null
    open_channels_channel_check CHECK ((channel = ANY (ARRAY['slack'::text, 'email'::text])))
    open_channels_pkey PRIMARY KEY (channel)
    GRANT SELECT TO sundial_tenant

table organizations
    id uuid not null default gen_random_uuid()
    name text not null
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    organizations_name_check CHECK ((name <> ''::text))
    organizations_pkey PRIMARY KEY (id)
    CREATE TRIGGER organizations_updated_at BEFORE UPDATE ON public.organizations FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT SELECT, UPDATE TO sundial_tenant

table product_template_usage
    id uuid not null default gen_random_uuid()
    product_id uuid not null
    template_storage_name text not null
    template_id uuid
    run_id uuid
    ad_run_id uuid
    used_at timestamp with time zone not null default now()
    product_template_usage_pkey PRIMARY KEY (id)
    product_template_usage_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE
    product_template_usage_product_id_template_storage_name_key UNIQUE (product_id, template_storage_name)
    product_template_usage_run_id_fkey FOREIGN KEY (run_id) REFERENCES scheduled_job_runs(id) ON DELETE SET NULL
    product_template_usage_template_storage_name_check CHECK ((template_storage_name <> ''::text))
    CREATE INDEX product_template_usage_run_id ON public.product_template_usage USING btree (run_id) WHERE (run_id IS NOT NULL)
    CREATE INDEX product_template_usage_template_id ON public.product_template_usage USING btree (template_id) WHERE (template_id IS NOT NULL)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((( SELECT p.organization_id
   FROM products p
  WHERE (p.id = product_template_usage.product_id)) = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table products
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    brand_id uuid not null
    name text not null
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    products_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    products_id_brand_id_key UNIQUE (id, brand_id)
    products_name_check CHECK ((name <> ''::text))
    products_pkey PRIMARY KEY (id)
    CREATE INDEX products_brand_id ON public.products USING btree (brand_id)
    CREATE TRIGGER products_updated_at BEFORE UPDATE ON public.products FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT SELECT TO sundial_tenant

table provider_limits
    provider text not null
    key_id text not null
    model text not null
    allowance numeric not null
    refilled_at timestamp with time zone not null
    paused_until timestamp with time zone
    provider_limits_allowance_check CHECK ((allowance >= (0)::numeric))
    provider_limits_key_id_check CHECK ((key_id ~ '^[0-9a-f]{12}$'::text))
    provider_limits_model_check CHECK ((model <> ''::text))
    provider_limits_pkey PRIMARY KEY (provider, key_id, model)
    provider_limits_provider_check CHECK ((provider = ANY (ARRAY['anthropic'::text, 'openai'::text, 'google'::text, 'elevenlabs'::text])))

table remote_files
    provider text not null
    name text not null
    organization_id uuid not null
    brand_id uuid not null
    run_id uuid
    created_at timestamp with time zone not null
    uploaded_at timestamp with time zone
    deleted_at timestamp with time zone
    remote_files_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) ON DELETE RESTRICT
    remote_files_name_check CHECK ((name <> ''::text))
    remote_files_pkey PRIMARY KEY (provider, name)
    remote_files_provider_check CHECK ((provider = ANY (ARRAY['anthropic'::text, 'openai'::text, 'google'::text, 'elevenlabs'::text])))
    remote_files_run_id_fkey FOREIGN KEY (run_id) REFERENCES scheduled_job_runs(id) ON DELETE SET NULL
    CREATE INDEX remote_files_left ON public.remote_files USING btree (provider, created_at) WHERE (deleted_at IS NULL)
    CREATE INDEX remote_files_run ON public.remote_files USING btree (run_id) WHERE (run_id IS NOT NULL)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table retry_batch_runs
    batch_id uuid not null
    run_id uuid not null
    position integer not null
    released_at timestamp with time zone
    retry_batch_runs_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES retry_batches(id) ON DELETE CASCADE
    retry_batch_runs_batch_id_position_key UNIQUE (batch_id, "position")
    retry_batch_runs_pkey PRIMARY KEY (batch_id, run_id)
    retry_batch_runs_position_check CHECK (("position" > 0))
    retry_batch_runs_run_id_fkey FOREIGN KEY (run_id) REFERENCES scheduled_job_runs(id) ON DELETE CASCADE
    CREATE INDEX retry_batch_runs_run_id ON public.retry_batch_runs USING btree (run_id)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((( SELECT b.organization_id
   FROM (retry_batches b
     JOIN scheduled_job_runs r ON ((r.organization_id = b.organization_id)))
  WHERE ((b.id = retry_batch_runs.batch_id) AND (r.id = retry_batch_runs.run_id))) = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT INSERT, SELECT, UPDATE TO sundial_tenant

table retry_batches
    id uuid not null
    created_at timestamp with time zone not null
    created_by text not null
    rate_per_minute integer not null
    stop_after_failures integer
    status text not null default 'active'::text
    ended_at timestamp with time zone
    organization_id uuid default current_organization_id()
    cancelled_by text
    an_ended_batch_has_its_end CHECK (((status = 'active'::text) = (ended_at IS NULL)))
    only_a_cancelled_batch_has_who_cancelled CHECK (((cancelled_by IS NULL) OR (status = 'cancelled'::text)))
    retry_batches_created_by_check CHECK ((created_by <> ''::text))
    retry_batches_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE RESTRICT
    retry_batches_pkey PRIMARY KEY (id)
    retry_batches_rate_per_minute_check CHECK (((rate_per_minute >= 1) AND (rate_per_minute <= 600)))
    retry_batches_status_check CHECK ((status = ANY (ARRAY['active'::text, 'done'::text, 'stopped'::text, 'cancelled'::text])))
    retry_batches_stop_after_failures_check CHECK ((stop_after_failures > 0))
    CREATE INDEX retry_batches_active ON public.retry_batches USING btree (created_at) WHERE (status = 'active'::text)
    CREATE INDEX retry_batches_ended ON public.retry_batches USING btree (ended_at) WHERE (ended_at IS NOT NULL)
    CREATE INDEX retry_batches_organization_id ON public.retry_batches USING btree (organization_id)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT INSERT, SELECT, UPDATE TO sundial_tenant

table run_logs
    id bigint not null identity
    run_id uuid not null
    segment integer not null
    at timestamp with time zone not null
    level text not null
    message text not null
    run_logs_level_check CHECK ((level = ANY (ARRAY['debug'::text, 'info'::text, 'warn'::text, 'error'::text])))
    run_logs_pkey PRIMARY KEY (id)
    run_logs_run_id_fkey FOREIGN KEY (run_id) REFERENCES scheduled_job_runs(id) ON DELETE CASCADE
    run_logs_segment_check CHECK ((segment > 0))
    CREATE INDEX run_logs_at ON public.run_logs USING btree (at)
    CREATE INDEX run_logs_run_id ON public.run_logs USING btree (run_id, id)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((( SELECT r.organization_id
   FROM scheduled_job_runs r
  WHERE (r.id = run_logs.run_id)) = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT INSERT, SELECT TO sundial_tenant

table run_steps
    run_id uuid not null
    segment integer not null
    dataset_key text not null
    at timestamp with time zone not null
    records bigint
    is_partial boolean not null
    error_message text
    run_steps_check CHECK (((NOT is_partial) OR (records IS NULL)))
    run_steps_check1 CHECK (((records IS NULL) = (error_message IS NOT NULL)))
    run_steps_dataset_key_check CHECK ((dataset_key <> ''::text))
    run_steps_pkey PRIMARY KEY (run_id, segment, dataset_key)
    run_steps_records_check CHECK ((records >= 0))
    run_steps_run_id_fkey FOREIGN KEY (run_id) REFERENCES scheduled_job_runs(id) ON DELETE CASCADE
    run_steps_segment_check CHECK ((segment > 0))
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((( SELECT r.organization_id
   FROM scheduled_job_runs r
  WHERE (r.id = run_steps.run_id)) = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT INSERT, SELECT, UPDATE TO sundial_tenant

table scheduled_job_changes
    id bigint not null identity
    scheduled_job_id uuid not null
    revision integer not null
    changed_at timestamp with time zone not null
    changed_by text not null
    field text not null
    old_value jsonb
    new_value jsonb not null
    a_change_changes_something CHECK ((old_value IS DISTINCT FROM new_value))
    only_a_new_job_has_no_old_value CHECK (((old_value IS NULL) = (field = 'job'::text)))
    scheduled_job_changes_changed_by_check CHECK ((changed_by <> ''::text))
    scheduled_job_changes_field_check CHECK ((field <> ''::text))
    scheduled_job_changes_pkey PRIMARY KEY (id)
    scheduled_job_changes_revision_check CHECK ((revision > 0))
    scheduled_job_changes_scheduled_job_id_fkey FOREIGN KEY (scheduled_job_id) REFERENCES scheduled_jobs(id) ON DELETE RESTRICT
    scheduled_job_changes_scheduled_job_id_revision_field_key UNIQUE (scheduled_job_id, revision, field)
    CREATE INDEX scheduled_job_changes_changed_at ON public.scheduled_job_changes USING btree (changed_at)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((( SELECT j.organization_id
   FROM scheduled_jobs j
  WHERE (j.id = scheduled_job_changes.scheduled_job_id)) = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT INSERT, SELECT TO sundial_tenant

table scheduled_job_runs
    id uuid not null default gen_random_uuid()
    scheduled_job_id uuid not null
    job_revision integer not null
    origin text not null
    requested_by text
    scheduled_for timestamp with time zone not null
    attempt_number integer not null default 1
    segment integer not null default 1
    snoozes integer not null default 0
    parameters jsonb not null
    cursor jsonb
    is_exclusive boolean not null default true
    status text not null default 'pending'::text
    reason text
    run_after timestamp with time zone not null
    sent_at timestamp with time zone
    started_at timestamp with time zone
    completed_at timestamp with time zone
    lease_token uuid
    lease_expires_at timestamp with time zone
    cancel_requested_at timestamp with time zone
    progress_done bigint
    progress_total bigint
    progress_unit text
    metadata jsonb not null default '{}'::jsonb
    warnings text[] not null default '{}'::text[]
    error_kind text
    error_message text
    retry_run_id uuid
    parent_run_id uuid
    acknowledged_at timestamp with time zone
    announced_at timestamp with time zone
    idempotency_key text
    request_sha256 bytea
    ad_run_ids uuid[]
    templates_used text[]
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    acknowledged_by text
    follow_ups jsonb not null default '[]'::jsonb
    follow_up_key text
    duplicates integer not null default 0
    organization_id uuid
    cancel_requested_by text
    a_failed_run_says_why CHECK ((((status = 'failed'::text) = (error_kind IS NOT NULL)) AND ((error_kind IS NULL) = (error_message IS NULL))))
    a_key_has_its_request CHECK (((idempotency_key IS NULL) = (request_sha256 IS NULL)))
    a_reason_fits_its_status CHECK (
CASE status
    WHEN 'skipped'::text THEN ((reason IS NOT NULL) AND (reason = ANY (ARRAY['overlap'::text, 'missed'::text, 'paused'::text, 'superseded'::text, 'requested'::text])))
    WHEN 'pending'::text THEN ((reason IS NULL) OR (reason = ANY (ARRAY['capped'::text, 'overlap'::text, 'snoozed'::text, 'continued'::text])))
    ELSE (reason IS NULL)
END)
    a_run_at_work_has_started CHECK (((status <> ALL (ARRAY['running'::text, 'completed'::text])) OR (started_at IS NOT NULL)))
    a_running_run_holds_a_lease CHECK ((((status = 'running'::text) = ((lease_token IS NOT NULL) AND (lease_expires_at IS NOT NULL))) AND ((lease_token IS NULL) = (lease_expires_at IS NULL))))
    an_ended_run_has_its_end CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text, 'skipped'::text, 'cancelled'::text])) = (completed_at IS NOT NULL)))
    only_a_failed_run_is_acknowledged CHECK (((acknowledged_at IS NULL) OR (status = 'failed'::text)))
    only_a_failed_run_is_retried CHECK (((retry_run_id IS NULL) OR (status = 'failed'::text)))
    only_a_follow_up_has_its_key CHECK (((follow_up_key IS NULL) OR (origin = 'follow_up'::text)))
    scheduled_job_runs_attempt_number_check CHECK ((attempt_number > 0))
    scheduled_job_runs_duplicates_check CHECK ((duplicates >= 0))
    scheduled_job_runs_error_kind_check CHECK ((error_kind = ANY (ARRAY['retry'::text, 'permanent'::text, 'lost'::text, 'timeout'::text, 'panic'::text, 'throttled'::text, 'segments'::text])))
    scheduled_job_runs_follow_up_key_check CHECK ((follow_up_key <> ''::text))
    scheduled_job_runs_follow_ups_check CHECK ((jsonb_typeof(follow_ups) = 'array'::text))
    scheduled_job_runs_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 237)))
    scheduled_job_runs_idempotency_key_key UNIQUE (idempotency_key)
    scheduled_job_runs_job_revision_check CHECK ((job_revision > 0))
    scheduled_job_runs_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text))
    scheduled_job_runs_origin_check CHECK ((origin = ANY (ARRAY['tick'::text, 'manual'::text, 'follow_up'::text])))
    scheduled_job_runs_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text))
    scheduled_job_runs_parent_run_id_fkey FOREIGN KEY (parent_run_id) REFERENCES scheduled_job_runs(id) ON DELETE SET NULL
    scheduled_job_runs_pkey PRIMARY KEY (id)
    scheduled_job_runs_progress_done_check CHECK ((progress_done >= 0))
    scheduled_job_runs_progress_total_check CHECK ((progress_total >= 0))
    scheduled_job_runs_request_sha256_check CHECK ((length(request_sha256) = 32))
    scheduled_job_runs_retry_run_id_fkey FOREIGN KEY (retry_run_id) REFERENCES scheduled_job_runs(id) ON DELETE SET NULL
    scheduled_job_runs_retry_run_id_key UNIQUE (retry_run_id)
    scheduled_job_runs_scheduled_job_id_fkey FOREIGN KEY (scheduled_job_id) REFERENCES scheduled_jobs(id) ON DELETE RESTRICT
    scheduled_job_runs_segment_check CHECK ((segment > 0))
    scheduled_job_runs_snoozes_check CHECK ((snoozes >= 0))
    scheduled_job_runs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text, 'skipped'::text, 'cancelled'::text])))
    who_cancels_has_a_time CHECK (((cancel_requested_by IS NULL) OR (cancel_requested_at IS NOT NULL)))
    CREATE INDEX scheduled_job_runs_acknowledged ON public.scheduled_job_runs USING btree (acknowledged_at) WHERE (acknowledged_at IS NOT NULL)
    CREATE INDEX scheduled_job_runs_dead ON public.scheduled_job_runs USING btree (completed_at) WHERE ((status = 'failed'::text) AND (retry_run_id IS NULL) AND (acknowledged_at IS NULL))
    CREATE INDEX scheduled_job_runs_due ON public.scheduled_job_runs USING btree (run_after) WHERE (status = 'pending'::text)
    CREATE INDEX scheduled_job_runs_ended ON public.scheduled_job_runs USING btree (completed_at) WHERE (completed_at IS NOT NULL)
    CREATE INDEX scheduled_job_runs_leases ON public.scheduled_job_runs USING btree (lease_expires_at) WHERE (status = 'running'::text)
    CREATE INDEX scheduled_job_runs_newest ON public.scheduled_job_runs USING btree (created_at DESC)
    CREATE INDEX scheduled_job_runs_nominal ON public.scheduled_job_runs USING brin (scheduled_for timestamptz_minmax_multi_ops) WITH (pages_per_range='32', autosummarize='on')
    CREATE INDEX scheduled_job_runs_of_job ON public.scheduled_job_runs USING btree (scheduled_job_id, created_at DESC)
    CREATE INDEX scheduled_job_runs_of_organization ON public.scheduled_job_runs USING btree (organization_id, created_at DESC, id DESC)
    CREATE INDEX scheduled_job_runs_of_status ON public.scheduled_job_runs USING btree (status, created_at DESC, id DESC)
    CREATE INDEX scheduled_job_runs_parent ON public.scheduled_job_runs USING btree (parent_run_id) WHERE (parent_run_id IS NOT NULL)
    CREATE INDEX scheduled_job_runs_requested ON public.scheduled_job_runs USING btree (scheduled_for) WHERE (reason = 'requested'::text)
    CREATE INDEX scheduled_job_runs_unannounced ON public.scheduled_job_runs USING btree (completed_at) WHERE ((completed_at IS NOT NULL) AND (announced_at IS NULL))
    CREATE UNIQUE INDEX scheduled_job_runs_one_follow_up ON public.scheduled_job_runs USING btree (follow_up_key) WHERE ((status = 'pending'::text) AND (started_at IS NULL))
    CREATE UNIQUE INDEX scheduled_job_runs_one_running ON public.scheduled_job_runs USING btree (scheduled_job_id) WHERE ((status = 'running'::text) AND is_exclusive)
    CREATE UNIQUE INDEX scheduled_job_runs_one_verdict ON public.scheduled_job_runs USING btree (scheduled_job_id, scheduled_for, attempt_number) WHERE (origin = 'tick'::text)
    CREATE TRIGGER scheduled_job_runs_organization BEFORE INSERT OR UPDATE OF scheduled_job_id, organization_id ON public.scheduled_job_runs FOR EACH ROW EXECUTE FUNCTION set_organization_of_run()
    CREATE TRIGGER scheduled_job_runs_updated_at BEFORE UPDATE ON public.scheduled_job_runs FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT INSERT, SELECT, UPDATE TO sundial_tenant

table scheduled_jobs
    id uuid not null default gen_random_uuid()
    organization_id uuid
    brand_id uuid
    product_id uuid
    job_type text not null
    scope text not null generated as 
CASE
    WHEN (product_id IS NOT NULL) THEN 'product'::text
    WHEN (brand_id IS NOT NULL) THEN 'brand'::text
    ELSE 'platform'::text
END
    name text not null
    parameters jsonb not null default '{}'::jsonb
    trigger_source text not null default 'scheduled'::text
    schedule_type text not null
    cron_expression text
    scheduled_at timestamp with time zone
    timezone text not null default 'UTC'::text
    dst_gap_policy text not null default 'shift'::text
    dst_repeat_policy text not null default 'first'::text
    overlap_policy text not null default 'skip'::text
    misfire_policy text not null default 'latest'::text
    misfire_limit integer not null default 10
    misfire_window_seconds integer not null default 86400
    max_retries integer not null default 3
    status text not null default 'active'::text
    pause_reason text
    next_run_at timestamp with time zone
    max_runs integer
    runs_completed integer not null default 0
    last_error text
    revision integer not null default 1
    template_mode text
    template_count integer
    template_ids text[]
    template_source text not null default 'uploaded'::text
    scraped_template_ids uuid[] not null default '{}'::uuid[]
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    starts_at timestamp with time zone
    ends_at timestamp with time zone
    paused_until timestamp with time zone
    a_live_recurring_job_has_its_next_time CHECK ((NOT ((schedule_type = 'recurring'::text) AND (status = ANY (ARRAY['active'::text, 'paused'::text])) AND (next_run_at IS NULL))))
    a_period_ends_after_its_start CHECK ((ends_at > starts_at))
    a_product_has_its_brand CHECK (((product_id IS NULL) OR (brand_id IS NOT NULL)))
    a_recurring_job_has_a_cron CHECK (((schedule_type = 'recurring'::text) = (cron_expression IS NOT NULL)))
    an_ended_job_has_no_next_time CHECK (((status = ANY (ARRAY['active'::text, 'paused'::text])) OR (next_run_at IS NULL)))
    only_a_one_time_job_has_a_time CHECK (((schedule_type = 'one_time'::text) OR (scheduled_at IS NULL)))
    only_a_paused_job_has_a_pause_reason CHECK (((status = 'paused'::text) OR (pause_reason IS NULL)))
    only_a_paused_job_has_an_end_of_its_pause CHECK (((status = 'paused'::text) OR (paused_until IS NULL)))
    only_a_recurring_job_has_a_period CHECK (((schedule_type = 'recurring'::text) OR ((starts_at IS NULL) AND (ends_at IS NULL))))
    scheduled_jobs_brand_id_organization_id_fkey FOREIGN KEY (brand_id, organization_id) REFERENCES brands(id, organization_id) MATCH FULL ON DELETE RESTRICT
    scheduled_jobs_cron_expression_check CHECK ((length(cron_expression) <= 256))
    scheduled_jobs_dst_gap_policy_check CHECK ((dst_gap_policy = ANY (ARRAY['shift'::text, 'skip'::text])))
    scheduled_jobs_dst_repeat_policy_check CHECK ((dst_repeat_policy = ANY (ARRAY['first'::text, 'second'::text, 'both'::text])))
    scheduled_jobs_job_type_scope_fkey FOREIGN KEY (job_type, scope) REFERENCES job_types(name, scope)
    scheduled_jobs_max_retries_check CHECK (((max_retries >= 0) AND (max_retries <= 20)))
    scheduled_jobs_max_runs_check CHECK ((max_runs > 0))
    scheduled_jobs_misfire_limit_check CHECK (((misfire_limit >= 1) AND (misfire_limit <= 100)))
    scheduled_jobs_misfire_policy_check CHECK ((misfire_policy = ANY (ARRAY['latest'::text, 'skip'::text, 'all'::text])))
    scheduled_jobs_misfire_window_seconds_check CHECK (((misfire_window_seconds >= 60) AND (misfire_window_seconds <= 604800)))
    scheduled_jobs_name_check CHECK (((name <> ''::text) AND (length(name) <= 200)))
    scheduled_jobs_overlap_policy_check CHECK ((overlap_policy = ANY (ARRAY['skip'::text, 'queue'::text, 'allow'::text])))
    scheduled_jobs_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text))
    scheduled_jobs_pkey PRIMARY KEY (id)
    scheduled_jobs_product_id_brand_id_fkey FOREIGN KEY (product_id, brand_id) REFERENCES products(id, brand_id) ON DELETE RESTRICT
    scheduled_jobs_revision_check CHECK ((revision > 0))
    scheduled_jobs_runs_completed_check CHECK ((runs_completed >= 0))
    scheduled_jobs_schedule_type_check CHECK ((schedule_type = ANY (ARRAY['one_time'::text, 'recurring'::text])))
    scheduled_jobs_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'completed'::text, 'archived'::text])))
    scheduled_jobs_template_count_check CHECK ((template_count > 0))
    scheduled_jobs_template_mode_check CHECK ((template_mode = ANY (ARRAY['unused'::text, 'specific'::text, 'upload'::text])))
    scheduled_jobs_template_source_check CHECK ((template_source = ANY (ARRAY['uploaded'::text, 'scraped'::text])))
    scheduled_jobs_timezone_check CHECK ((timezone <> ''::text))
    scheduled_jobs_trigger_source_check CHECK ((trigger_source = ANY (ARRAY['scheduled'::text, 'manual'::text, 'api'::text])))
    CREATE INDEX scheduled_jobs_archived ON public.scheduled_jobs USING btree (id) WHERE (status = 'archived'::text)
    CREATE INDEX scheduled_jobs_brand_id ON public.scheduled_jobs USING btree (brand_id)
    CREATE INDEX scheduled_jobs_ended_once ON public.scheduled_jobs USING btree (created_at) WHERE ((schedule_type = 'one_time'::text) AND (status = ANY (ARRAY['completed'::text, 'archived'::text])))
    CREATE INDEX scheduled_jobs_job_type ON public.scheduled_jobs USING btree (job_type)
    CREATE INDEX scheduled_jobs_live ON public.scheduled_jobs USING btree (COALESCE(brand_id, '00000000-0000-0000-0000-000000000000'::uuid), job_type, status, created_at DESC) WHERE (status = ANY (ARRAY['active'::text, 'paused'::text]))
    CREATE INDEX scheduled_jobs_newest ON public.scheduled_jobs USING btree (created_at DESC, id DESC)
    CREATE INDEX scheduled_jobs_organization_id ON public.scheduled_jobs USING btree (organization_id)
    CREATE INDEX scheduled_jobs_pauses ON public.scheduled_jobs USING btree (paused_until) WHERE (paused_until IS NOT NULL)
    CREATE INDEX scheduled_jobs_product_id ON public.scheduled_jobs USING btree (product_id) WHERE (product_id IS NOT NULL)
    CREATE INDEX scheduled_jobs_schedules ON public.scheduled_jobs USING btree (next_run_at, cron_expression, timezone, starts_at, ends_at, paused_until, dst_gap_policy, dst_repeat_policy, status) WHERE (status = ANY (ARRAY['active'::text, 'paused'::text]))
    CREATE INDEX scheduled_jobs_without_time ON public.scheduled_jobs USING btree (id) WHERE ((schedule_type = 'one_time'::text) AND (status = 'active'::text) AND (next_run_at IS NULL))
    CREATE UNIQUE INDEX scheduled_jobs_one_recurring ON public.scheduled_jobs USING btree (job_type, brand_id, product_id, parameters) NULLS NOT DISTINCT WHERE ((schedule_type = 'recurring'::text) AND (status = ANY (ARRAY['active'::text, 'paused'::text])))
    CREATE TRIGGER scheduled_jobs_organization AFTER UPDATE OF organization_id ON public.scheduled_jobs FOR EACH ROW WHEN ((old.organization_id IS DISTINCT FROM new.organization_id)) EXECUTE FUNCTION pass_organization_to_runs()
    CREATE TRIGGER scheduled_jobs_updated_at BEFORE UPDATE ON public.scheduled_jobs FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT INSERT, SELECT, UPDATE TO sundial_tenant

table token_usage
    id uuid not null default gen_random_uuid()
    user_id uuid
    organization_id uuid not null
    run_id uuid
    provider text not null
    model text not null
    tool_name text
    operation text
    input_tokens bigint not null default 0
    output_tokens bigint not null default 0
    total_tokens bigint generated as (input_tokens + output_tokens)
    units numeric
    unit_type text
    cost_usd numeric(10,6)
    reserved_usd numeric(10,6) not null default 0
    request_metadata jsonb not null default '{}'::jsonb
    duration_ms bigint
    created_at timestamp with time zone not null
    settled_at timestamp with time zone
    a_settled_call_has_its_cost CHECK (((settled_at IS NULL) = (cost_usd IS NULL)))
    token_usage_cost_usd_check CHECK ((cost_usd >= (0)::numeric))
    token_usage_duration_ms_check CHECK ((duration_ms >= 0))
    token_usage_input_tokens_check CHECK ((input_tokens >= 0))
    token_usage_model_check CHECK ((model <> ''::text))
    token_usage_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE RESTRICT
    token_usage_output_tokens_check CHECK ((output_tokens >= 0))
    token_usage_pkey PRIMARY KEY (id)
    token_usage_provider_check CHECK ((provider = ANY (ARRAY['anthropic'::text, 'openai'::text, 'google'::text, 'elevenlabs'::text])))
    token_usage_request_metadata_check CHECK ((jsonb_typeof(request_metadata) = 'object'::text))
    token_usage_reserved_usd_check CHECK ((reserved_usd >= (0)::numeric))
    token_usage_run_id_fkey FOREIGN KEY (run_id) REFERENCES scheduled_job_runs(id) ON DELETE SET NULL
    token_usage_units_check CHECK ((units >= (0)::numeric))
    units_have_their_type CHECK (((units IS NULL) = (unit_type IS NULL)))
    CREATE INDEX token_usage_month ON public.token_usage USING btree (organization_id, created_at) INCLUDE (cost_usd, reserved_usd)
    CREATE INDEX token_usage_run ON public.token_usage USING btree (run_id) WHERE (run_id IS NOT NULL)
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT DELETE, INSERT, SELECT, UPDATE TO sundial_tenant

table usage_limits
    id uuid not null default gen_random_uuid()
    organization_id uuid not null
    limit_type text not null
    limit_value numeric not null
    period text not null
    alert_threshold numeric not null default 0.8
    enabled boolean not null default true
    created_at timestamp with time zone not null default now()
    updated_at timestamp with time zone not null default now()
    a_limit_has_the_period_it_names CHECK (((limit_type ~~ 'monthly%'::text) = (period = 'monthly'::text)))
    usage_limits_alert_threshold_check CHECK (((alert_threshold > (0)::numeric) AND (alert_threshold <= (1)::numeric)))
    usage_limits_limit_type_check CHECK ((limit_type = ANY (ARRAY['monthly_tokens'::text, 'monthly_cost'::text, 'daily_ads'::text, 'daily_requests'::text])))
    usage_limits_limit_value_check CHECK ((limit_value >= (0)::numeric))
    usage_limits_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE RESTRICT
    usage_limits_organization_id_limit_type_key UNIQUE (organization_id, limit_type)
    usage_limits_period_check CHECK ((period = ANY (ARRAY['daily'::text, 'monthly'::text])))
    usage_limits_pkey PRIMARY KEY (id)
    CREATE TRIGGER usage_limits_updated_at BEFORE UPDATE ON public.usage_limits FOR EACH ROW EXECUTE FUNCTION set_updated_at()
    ROW LEVEL SECURITY
    POLICY a_tenant_has_its_own AS RESTRICTIVE FOR ALL TO sundial_tenant USING ((organization_id = ( SELECT current_organization_id() AS current_organization_id)))
    POLICY grants_decide AS PERMISSIVE FOR ALL TO public USING (true)
    GRANT SELECT TO sundial_tenant

view newest_ad_classifications with (security_invoker=true)
 SELECT DISTINCT ON (ad_creative_classifications.brand_id, ad_creative_classifications.meta_ad_id) ad_creative_classifications.id,
    ad_creative_classifications.organization_id,
    ad_creative_classifications.brand_id,
    ad_creative_classifications.meta_ad_id,
    ad_creative_classifications.run_id,
    ad_creative_classifications.creative_awareness_level,
    ad_creative_classifications.creative_awareness_confidence,
    ad_creative_classifications.creative_format,
    ad_creative_classifications.creative_angle,
    ad_creative_classifications.video_length_bucket,
    ad_creative_classifications.video_duration_sec,
    ad_creative_classifications.copy_awareness_level,
    ad_creative_classifications.copy_awareness_confidence,
    ad_creative_classifications.hook_type,
    ad_creative_classifications.primary_cta,
    ad_creative_classifications.landing_page_id,
    ad_creative_classifications.landing_page_awareness_level,
    ad_creative_classifications.landing_page_confidence,
    ad_creative_classifications.congruence_score,
    ad_creative_classifications.congruence_notes,
    ad_creative_classifications.congruence_components,
    ad_creative_classifications.congruence_overall,
    ad_creative_classifications.video_analysis_id,
    ad_creative_classifications.source,
    ad_creative_classifications.prompt_version,
    ad_creative_classifications.schema_version,
    ad_creative_classifications.content_hash,
    ad_creative_classifications.model_used,
    ad_creative_classifications.raw_classification,
    ad_creative_classifications.classified_at
   FROM ad_creative_classifications
  ORDER BY ad_creative_classifications.brand_id, ad_creative_classifications.meta_ad_id, ad_creative_classifications.classified_at DESC, ad_creative_classifications.id DESC;
    GRANT SELECT TO sundial_tenant

view v_active_scheduled_jobs with (security_invoker=true)
 SELECT j.id,
    j.name,
    j.job_type,
    j.organization_id,
    j.brand_id,
    b.name AS brand_name,
    j.product_id,
    p.name AS product_name,
    j.schedule_type,
    j.cron_expression,
    j.timezone,
    j.scheduled_at,
    j.next_run_at,
    j.max_runs,
    j.runs_completed,
    j.parameters,
    j.last_error
   FROM ((scheduled_jobs j
     LEFT JOIN brands b ON ((b.id = j.brand_id)))
     LEFT JOIN products p ON ((p.id = j.product_id)))
  WHERE (j.status = 'active'::text)
  ORDER BY j.next_run_at;
    GRANT SELECT TO sundial_tenant

view v_recent_job_runs with (security_invoker=true)
 SELECT r.id,
    r.scheduled_job_id,
    j.name AS job_name,
    j.job_type,
    j.organization_id,
    j.brand_id,
    j.product_id,
    p.name AS product_name,
    r.origin,
    r.scheduled_for,
    r.attempt_number,
    r.segment,
    r.status,
    r.reason,
    r.started_at,
    r.completed_at,
    (r.completed_at - r.started_at) AS duration,
    r.error_kind,
    r.error_message,
    r.retry_run_id,
    r.metadata,
    r.warnings,
    cardinality(r.ad_run_ids) AS ad_runs,
    cardinality(r.templates_used) AS templates_used
   FROM ((scheduled_job_runs r
     JOIN scheduled_jobs j ON ((j.id = r.scheduled_job_id)))
     LEFT JOIN products p ON ((p.id = j.product_id)))
  ORDER BY r.created_at DESC;
    GRANT SELECT TO sundial_tenant
