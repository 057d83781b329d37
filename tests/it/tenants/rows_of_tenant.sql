-- One row of a tenant in each table that carries tenants' data. {n} tells tenants apart.
insert into organizations (id, name) values ('00000000-0000-4000-8000-0000000000{n}1', 'Northwind {n}');
insert into brands (id, organization_id, name)
values ('00000000-0000-4000-8000-0000000000{n}2', '00000000-0000-4000-8000-0000000000{n}1', 'Tea {n}');
insert into products (id, organization_id, brand_id, name)
select '00000000-0000-4000-8000-0000000000{n}3', organization_id, id, 'Green' from brands where name = 'Tea {n}';
insert into scheduled_jobs (id, organization_id, brand_id, job_type, name, schedule_type, cron_expression, next_run_at)
select '00000000-0000-4000-8000-0000000000{n}4', organization_id, id, 'asset_download', 'Download', 'recurring',
       '0 6 * * *', '2026-12-01 06:00+00'
  from brands where name = 'Tea {n}';
insert into scheduled_job_changes (scheduled_job_id, revision, changed_at, changed_by, field, new_value)
values ('00000000-0000-4000-8000-0000000000{n}4', 1, '2026-12-01', 'Ann', 'job', '{}');
insert into job_rules (scheduled_job_id, name, expression, timezone, is_enabled, seen_at)
values ('00000000-0000-4000-8000-0000000000{n}4', 'sundial-{n}', 'cron(0 6 * * ? *)', 'UTC', true, '2026-12-01');
insert into scheduled_job_runs
       (id, scheduled_job_id, job_revision, origin, scheduled_for, parameters, run_after, status, completed_at, error_kind,
        error_message)
values ('00000000-0000-4000-8000-0000000000{n}5', '00000000-0000-4000-8000-0000000000{n}4', 1, 'manual', '2026-12-01', '{}',
        '2026-12-01', 'failed', '2026-12-01', 'retry', 'no answer');
insert into run_logs (run_id, segment, at, level, message)
values ('00000000-0000-4000-8000-0000000000{n}5', 1, '2026-12-01', 'info', 'begun');
insert into run_steps (run_id, segment, dataset_key, at, records, is_partial)
values ('00000000-0000-4000-8000-0000000000{n}5', 1, 'assets', '2026-12-01', 12, false);
insert into retry_batches (id, created_at, created_by, rate_per_minute, organization_id)
values ('00000000-0000-4000-8000-0000000000{n}6', '2026-12-01', 'Ann', 1, '00000000-0000-4000-8000-0000000000{n}1');
insert into retry_batch_runs (batch_id, run_id, position)
values ('00000000-0000-4000-8000-0000000000{n}6', '00000000-0000-4000-8000-0000000000{n}5', 1);
insert into dataset_status (organization_id, brand_id, dataset_key)
select organization_id, id, 'assets' from brands where name = 'Tea {n}';
insert into notifications (organization_id, brand_id, run_id, kind, severity, title)
select organization_id, id, '00000000-0000-4000-8000-0000000000{n}5', 'dead_letter', 'error', 'a run failed'
  from brands where name = 'Tea {n}';
insert into token_usage (organization_id, provider, model, created_at)
values ('00000000-0000-4000-8000-0000000000{n}1', 'google', 'flash', '2026-12-01');
insert into usage_limits (organization_id, limit_type, limit_value, period)
values ('00000000-0000-4000-8000-0000000000{n}1', 'monthly_cost', 100, 'monthly');
insert into product_template_usage (product_id, template_storage_name)
values ('00000000-0000-4000-8000-0000000000{n}3', 'template.png');

insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)
select organization_id, id, 'act_{n}' from brands where name = 'Tea {n}';
insert into meta_sync_days (organization_id, brand_id, meta_ad_account_id, kind, date, age_days, rows_stored, fetched_at)
select organization_id, id, 'act_{n}', 'performance', '2026-11-30', 1, 0, '2026-12-01' from brands where name = 'Tea {n}';
insert into meta_sync_slices (sync_run_id, meta_ad_account_id, kind, date, page_limit, created_at)
values ('00000000-0000-4000-8000-0000000000{n}5', 'act_{n}', 'performance', '2026-11-30', 100, '2026-12-01');
insert into meta_campaigns (organization_id, brand_id, meta_ad_account_id, meta_campaign_id)
select organization_id, id, 'act_{n}', '7{n}' from brands where name = 'Tea {n}';
insert into meta_ads (organization_id, brand_id, meta_ad_account_id, meta_ad_id)
select organization_id, id, 'act_{n}', '8{n}' from brands where name = 'Tea {n}';
insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_campaign_id, date)
select organization_id, id, 'act_{n}', '8{n}', '7{n}', '2026-11-30' from brands where name = 'Tea {n}';
insert into meta_ads_demographic_performance
       (organization_id, brand_id, meta_ad_account_id, meta_ad_id, date, breakdown_type, age_range, gender)
select organization_id, id, 'act_{n}', '8{n}', '2026-11-30', 'age_gender', '25-34', 'female' from brands where name = 'Tea {n}';
insert into meta_ad_assets (organization_id, brand_id, meta_ad_account_id, meta_ad_id, source_id, status, failure_reason)
select organization_id, id, 'act_{n}', '8{n}', 'video', 'failed', 'no answer' from brands where name = 'Tea {n}';
insert into meta_ad_destinations (organization_id, brand_id, meta_ad_id, destination_url, canonical_url)
select organization_id, id, '8{n}', 'https://tea.test', 'https://tea.test' from brands where name = 'Tea {n}';
insert into meta_ad_destination_status (organization_id, brand_id, meta_ad_id, status, reason, attempted_at)
select organization_id, id, '8{n}', 'no_url', 'no_link', '2026-12-01' from brands where name = 'Tea {n}';
insert into brand_landing_pages (organization_id, brand_id, url, canonical_url, created_at)
select organization_id, id, 'https://tea.test', 'https://tea.test', '2026-12-01' from brands where name = 'Tea {n}';
insert into ad_video_analysis
       (organization_id, brand_id, meta_ad_id, storage_path, input_hash, prompt_version, status, model_used, raw_response,
        analyzed_at)
select organization_id, id, '8{n}', 'video.mp4', sha256('video'), 'v1', 'ok', 'flash', '{}', '2026-12-01'
  from brands where name = 'Tea {n}';
insert into ad_creative_classifications
       (organization_id, brand_id, meta_ad_id, creative_format, source, prompt_version, schema_version, content_hash,
        model_used, raw_classification, classified_at)
select organization_id, id, '8{n}', 'image_static', 'gemini_light', 'v1', 'v1', sha256('image'), 'flash', '{}', '2026-12-01'
  from brands where name = 'Tea {n}';
insert into ad_classification_units (run_id, organization_id, brand_id, position, meta_ad_id, spend)
select '00000000-0000-4000-8000-0000000000{n}5', organization_id, id, 1, '8{n}', 0 from brands where name = 'Tea {n}';
insert into ad_classification_refusals
       (organization_id, brand_id, meta_ad_id, operation, model, prompt_version, schema_version, content_hash, message,
        is_of_stand_in, refused_at)
select organization_id, id, '8{n}', 'light', 'flash', 'v1', 'v1', sha256('image'), 'SAFETY', false, '2026-12-01'
  from brands where name = 'Tea {n}';
insert into ad_intelligence_baselines
       (organization_id, brand_id, range_start, range_end, daily_rows, ads, impressions, spend, is_sufficient, metrics,
        computed_at)
select organization_id, id, '2026-11-01', '2026-11-30', 1, 1, 1, 1, false, '{}', '2026-12-01' from brands where name = 'Tea {n}';
insert into remote_files (provider, name, organization_id, brand_id, created_at)
select 'google', 'files/{n}', organization_id, id, '2026-12-01' from brands where name = 'Tea {n}';
insert into api_tokens (id, organization_id, name, digest, role, created_by, created_at)
values ('00000000-0000-4000-8000-0000000000{n}7', '00000000-0000-4000-8000-0000000000{n}1', 'Deploys', sha256('{n}'), 'viewer', 'Ann',
        '2026-12-01');
insert into members (id, sha256, organization_id, name, role, first_seen_at, last_seen_at)
values ('00000000-0000-4000-8000-0000000000{n}8', sha256('member {n}'), '00000000-0000-4000-8000-0000000000{n}1', 'Ann', 'viewer',
        '2026-12-01', '2026-12-01');
insert into ledger_hours (hour, counted_at, is_final) values ('2026-11-30 06:00+00', '2026-12-01', true) on conflict do nothing;
insert into ledger_hour_verdicts (hour, organization_id, verdict, fire_times)
values ('2026-11-30 06:00+00', '00000000-0000-4000-8000-0000000000{n}1', 'completed', 1);
insert into notification_reads (reader_sha256, organization_id, notification_id, read_at)
select sha256('reader'), organization_id, id, '2026-12-01' from notifications
 where run_id = '00000000-0000-4000-8000-0000000000{n}5';
insert into notification_channels (organization_id, channel, is_on, least_severity, kinds_left_out, recipients, updated_at, updated_by)
values ('00000000-0000-4000-8000-0000000000{n}1', 'email', true, 'info', '{}', '{}', '2026-12-01', 'Ann');
insert into notification_deliveries (notification_id, channel, delivered_at)
select id, 'slack', '2026-12-01' from notifications where run_id = '00000000-0000-4000-8000-0000000000{n}5';
