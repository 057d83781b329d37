-- Rows of every shape the old system leaves behind. Organizations are a…, brands b…, products c…,
-- jobs d…, runs e…; b…99 and c…99 do not exist.

insert into organizations (id, name) values ('a0000000-0000-4000-8000-000000000001', 'Northwind'), ('a0000000-0000-4000-8000-000000000002', '');

insert into brands (id, organization_id, name, updated_at) values
    ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'Tea', '2026-01-05T00:00:00Z'),
    ('b0000000-0000-4000-8000-000000000002', null, 'Coffee', null),
    ('b0000000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000002', '', '2026-01-05T00:00:00Z');

insert into products (id, brand_id, name, slug) values
    ('c0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'Green tea', 'green'),
    ('c0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 'Espresso', 'espresso'),
    ('c0000000-0000-4000-8000-000000000003', null, '', 'without-a-brand');
insert into scraped_templates (id, name) values ('f0000000-0000-4000-8000-000000000901', 'square');
insert into ad_runs (id, product_id) values ('f0000000-0000-4000-8000-000000000902', 'c0000000-0000-4000-8000-000000000001');
insert into competitors (brand_id, name) values ('b0000000-0000-4000-8000-000000000001', 'Another tea');

insert into scheduled_jobs
    (id, brand_id, product_id, job_type, name, schedule_type, cron_expression, scheduled_at, next_run_at, status, parameters, created_at)
values
    -- a live recurring job, weekly
    ('d0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', null, 'asset_download', 'Download', 'recurring', '0 4 * * 1', null, '2026-02-16T14:00:00Z', 'active', '{"max_videos": 20}', '2026-01-02T00:00:00Z'),
    -- the same work, scheduled twice
    ('d0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000001', null, 'asset_download', 'Download again', 'recurring', '0 5 * * *', null, '2026-02-16T14:00:00Z', 'paused', '{"max_videos": 20}', '2026-01-03T00:00:00Z'),
    -- a preset that the old worker could not read, so it never had a next time
    ('d0000000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000001', null, 'asset_download', 'Download images', 'recurring', '0 6,18 * * *', null, null, 'active', '{"max_images": 5}', '2026-01-04T00:00:00Z'),
    -- recurring, without cron
    ('d0000000-0000-4000-8000-000000000004', 'b0000000-0000-4000-8000-000000000001', null, 'asset_download', 'Without cron', 'recurring', null, null, '2026-02-16T14:00:00Z', 'active', '{}', '2026-01-05T00:00:00Z'),
    -- recurring, with a cron nobody wants
    ('d0000000-0000-4000-8000-000000000005', 'b0000000-0000-4000-8000-000000000001', null, 'asset_download', 'Long cron', 'recurring', '0 6 * * * ############################################################################################################################################################################################################################################################################################################', null, '2026-02-16T14:00:00Z', 'active', '{}', '2026-01-06T00:00:00Z'),
    -- one-time, due
    ('d0000000-0000-4000-8000-000000000006', 'b0000000-0000-4000-8000-000000000001', null, 'asset_download', 'Once', 'one_time', null, null, '2027-03-01T12:00:00Z', 'active', '{}', '2026-01-07T00:00:00Z'),
    -- one-time and failed for good: active, without a next time
    ('d0000000-0000-4000-8000-000000000007', 'b0000000-0000-4000-8000-000000000001', null, 'asset_download', 'Once, dead', 'one_time', null, '2026-01-01T12:00:00Z', null, 'active', '{}', '2026-01-08T00:00:00Z'),
    -- ended, with a next time
    ('d0000000-0000-4000-8000-000000000008', 'b0000000-0000-4000-8000-000000000001', null, 'asset_download', 'Done', 'one_time', null, '2026-01-01T12:00:00Z', '2026-02-16T14:00:00Z', 'completed', '{}', '2026-01-09T00:00:00Z'),
    -- archived
    ('d0000000-0000-4000-8000-000000000009', 'b0000000-0000-4000-8000-000000000001', null, 'asset_download', 'Put away', 'recurring', '0 6 * * *', '2026-02-16T14:00:00Z', '2026-02-16T14:00:00Z', 'archived', '{}', '2026-01-10T00:00:00Z'),
    -- its brand was deleted
    ('d0000000-0000-4000-8000-000000000010', 'b0000000-0000-4000-8000-000000000099', null, 'asset_download', 'Brand gone', 'recurring', '0 6 * * *', null, '2026-02-16T14:00:00Z', 'active', '{}', '2026-01-11T00:00:00Z'),
    -- a brand-level type without a brand
    ('d0000000-0000-4000-8000-000000000011', null, null, 'asset_download', 'No brand', 'recurring', '0 6 * * *', null, '2026-02-16T14:00:00Z', 'active', '{}', '2026-01-12T00:00:00Z'),
    -- a brand-level type with a product
    ('d0000000-0000-4000-8000-000000000012', 'b0000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'asset_download', 'With a product', 'one_time', null, null, null, 'completed', '{}', '2026-01-13T00:00:00Z'),
    -- product-level, brand not copied
    ('d0000000-0000-4000-8000-000000000013', null, 'c0000000-0000-4000-8000-000000000001', 'ad_creation', 'Ads', 'recurring', '0 9 * * 0', null, '2026-02-16T14:00:00Z', 'active', '{"num_variations": 5}', '2026-01-14T00:00:00Z'),
    -- a brand that is not its products
    ('d0000000-0000-4000-8000-000000000014', 'b0000000-0000-4000-8000-000000000002', 'c0000000-0000-4000-8000-000000000001', 'ad_creation', 'Ads of another brand', 'one_time', null, null, null, 'completed', '{}', '2026-01-15T00:00:00Z'),
    -- NULL job type, which meant ad_creation, and NULL status; it has no product
    ('d0000000-0000-4000-8000-000000000015', 'b0000000-0000-4000-8000-000000000001', null, null, 'No type', 'one_time', null, null, null, null, '{}', '2026-01-16T00:00:00Z'),
    -- platform-level
    ('d0000000-0000-4000-8000-000000000016', null, null, 'template_scrape', 'Scrape', 'recurring', '0 6 * * *', null, '2026-02-16T14:00:00Z', 'active', '{}', '2026-01-17T00:00:00Z'),
    -- a platform-level type with a brand
    ('d0000000-0000-4000-8000-000000000017', 'b0000000-0000-4000-8000-000000000001', null, 'template_scrape', 'Scrape for a brand', 'recurring', '0 6 * * *', null, '2026-02-16T14:00:00Z', 'paused', '{"max_ads": 7}', '2026-01-18T00:00:00Z'),
    -- a long name, parameters that are a list
    ('d0000000-0000-4000-8000-000000000018', null, null, 'template_approval', repeat('n', 300), 'recurring', '*/30 * * * *', null, '2026-02-16T14:00:00Z', 'active', '[1]', '2026-01-19T00:00:00Z'),
    -- no name
    ('d0000000-0000-4000-8000-000000000019', 'b0000000-0000-4000-8000-000000000002', null, 'meta_sync', '', 'recurring', '0 6 * * *', null, '2026-02-16T14:00:00Z', 'active', '{}', '2026-01-20T00:00:00Z'),
    -- a manual sync, waiting
    ('d0000000-0000-4000-8000-000000000020', 'b0000000-0000-4000-8000-000000000002', null, 'meta_sync', 'Sync', 'one_time', null, null, '2026-02-16T14:00:00Z', 'active', '{}', '2026-01-21T00:00:00Z'),
    -- its product has no brand
    ('d0000000-0000-4000-8000-000000000021', 'b0000000-0000-4000-8000-000000000003', 'c0000000-0000-4000-8000-000000000003', 'ad_creation', 'Product without a brand', 'one_time', null, null, '2026-02-16T14:00:00Z', 'active', '{}', '2026-01-22T00:00:00Z'),
    -- a type the old worker refuses at every poll
    ('d0000000-0000-4000-8000-000000000022', 'b0000000-0000-4000-8000-000000000002', null, 'genome_validation', 'Future', 'one_time', null, null, '2026-02-16T14:00:00Z', 'active', '{}', '2026-01-23T00:00:00Z'),
    -- platform-level, so that the type is
    ('d0000000-0000-4000-8000-000000000023', null, null, 'template_scrape', 'Scrape more', 'recurring', '0 7 * * *', null, '2026-02-16T14:00:00Z', 'active', '{"max_ads": 10}', '2026-01-24T00:00:00Z'),
    -- one-time, with a cron
    ('d0000000-0000-4000-8000-000000000024', 'b0000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'ad_creation', 'V1', 'one_time', '0 6 * * *', null, null, 'completed', '{}', '2026-01-25T00:00:00Z');

update scheduled_jobs set trigger_source = 'manual', max_retries = null, runs_completed = null, template_source = null,
       created_at = null, scraped_template_ids = null where id = 'd0000000-0000-4000-8000-000000000020';
update scheduled_jobs set max_runs = 0, max_retries = 99, template_mode = 'uploaded', template_count = 0,
       template_source = 'library', tenant_id = 'f0000000-0000-4000-8000-000000000001', last_error = 'timed out' where id = 'd0000000-0000-4000-8000-000000000013';
update scheduled_jobs set max_runs = 3, runs_completed = 3, template_mode = 'unused', template_count = 5 where id = 'd0000000-0000-4000-8000-000000000024';

insert into scheduled_job_runs
    (id, scheduled_job_id, started_at, completed_at, status, error_message, logs, attempt_number, metadata)
values
    -- completed, with a log of two lines
    ('e0000000-0000-4000-8000-000000000001', 'd0000000-0000-4000-8000-000000000001', '2026-02-09T12:00:00Z', '2026-02-09T12:05:00Z', 'completed', null, E'copying\n\ncopied 3', 1, '{"videos": 3}'),
    -- failed
    ('e0000000-0000-4000-8000-000000000002', 'd0000000-0000-4000-8000-000000000001', '2026-02-10T12:00:00Z', '2026-02-10T12:01:00Z', 'failed', 'rate limited', null, 1, '{}'),
    -- failed without a message, attempt beyond all retries
    ('e0000000-0000-4000-8000-000000000003', 'd0000000-0000-4000-8000-000000000001', '2026-02-11T12:00:00Z', '2026-02-11T12:01:00Z', 'failed', null, null, 7, null),
    -- a zombie
    ('e0000000-0000-4000-8000-000000000004', 'd0000000-0000-4000-8000-000000000001', '2026-02-12T12:00:00Z', null, 'running', null, null, 1, '{}'),
    -- a second one at work for the same job, with a message
    ('e0000000-0000-4000-8000-000000000005', 'd0000000-0000-4000-8000-000000000001', '2026-02-12T12:00:00Z', null, 'running', 'stuck', 'half a log', null, '[]'),
    -- pending, which no worker writes
    ('e0000000-0000-4000-8000-000000000006', 'd0000000-0000-4000-8000-000000000001', null, null, 'pending', null, null, 1, '{}'),
    -- no status
    ('e0000000-0000-4000-8000-000000000007', 'd0000000-0000-4000-8000-000000000001', null, null, null, null, null, 1, '{}'),
    -- completed without its times
    ('e0000000-0000-4000-8000-000000000008', 'd0000000-0000-4000-8000-000000000001', null, null, 'completed', null, null, 1, '{}'),
    -- completed without its start, with a message
    ('e0000000-0000-4000-8000-000000000009', 'd0000000-0000-4000-8000-000000000013', null, '2026-02-12T12:00:00Z', 'completed', 'two templates failed', null, 0, '{}'),
    -- a stub
    ('e0000000-0000-4000-8000-000000000010', 'd0000000-0000-4000-8000-000000000013', '2026-02-12T12:00:00Z', '2026-02-12T12:00:01Z', 'completed', null, '', 1, '{"stub": true}'),
    -- of a job that is set aside
    ('e0000000-0000-4000-8000-000000000011', 'd0000000-0000-4000-8000-000000000011', '2026-02-12T12:00:00Z', '2026-02-12T12:00:01Z', 'failed', 'no brand', null, 1, '{}'),
    -- failed without an end
    ('e0000000-0000-4000-8000-000000000012', 'd0000000-0000-4000-8000-000000000010', '2026-02-12T12:00:00Z', null, 'failed', '', null, 1, '{}');

update scheduled_job_runs set ad_run_ids = array['f0000000-0000-4000-8000-000000000902'::uuid], templates_used = '{square}', worker_id = 'boot:1' where id = 'e0000000-0000-4000-8000-000000000009';
insert into activity_notes (run_id, note) values ('e0000000-0000-4000-8000-000000000001', 'kept'), ('e0000000-0000-4000-8000-000000000011', 'goes with its run');

insert into product_template_usage (product_id, template_storage_name, used_at, ad_run_id, template_id) values
    ('c0000000-0000-4000-8000-000000000001', 'a.png', '2026-02-01T00:00:00Z', 'f0000000-0000-4000-8000-000000000902', 'f0000000-0000-4000-8000-000000000901'),
    ('c0000000-0000-4000-8000-000000000001', 'b.png', null, null, null),
    ('c0000000-0000-4000-8000-000000000001', '', now(), null, null);

insert into dataset_status
    (brand_id, dataset_key, last_status, last_success_at, last_attempt_at, last_run_id, records_affected, error_message, metadata, organization_id)
values
    ('b0000000-0000-4000-8000-000000000001', 'ad_assets', 'completed', '2026-02-09T12:05:00Z', '2026-02-09T12:05:00Z', 'e0000000-0000-4000-8000-000000000001', 3, null, '{}', null),
    ('b0000000-0000-4000-8000-000000000001', 'meta_ads_performance', 'failed', '2026-02-09T12:05:00Z', '2026-02-10T12:05:00Z', 'e0000000-0000-4000-8000-000000000002', 3, 'rate limited', '{}', 'a0000000-0000-4000-8000-000000000001'),
    ('b0000000-0000-4000-8000-000000000001', 'ad_thumbnails', 'running', '2026-02-09T12:05:00Z', '2026-02-10T12:05:00Z', 'f0000000-0000-4000-8000-000000000007', null, null, null, 'a0000000-0000-4000-8000-000000000002'),
    ('b0000000-0000-4000-8000-000000000002', 'ad_destinations', 'running', null, '2026-02-10T12:05:00Z', null, 0, null, '[]', null),
    ('b0000000-0000-4000-8000-000000000002', 'scorecard', 'failed', null, '2026-02-10T12:05:00Z', 'e0000000-0000-4000-8000-000000000011', -1, null, '{}', null),
    ('b0000000-0000-4000-8000-000000000002', 'ad_creations', 'completed', null, null, null, 0, 'an old message', '{}', null),
    ('b0000000-0000-4000-8000-000000000002', 'not a key', 'unknown', null, null, null, 0, null, '{}', null);

insert into brand_ad_accounts (brand_id, meta_ad_account_id, account_name, is_primary, created_at, auth_method, access_token, currency) values
    ('b0000000-0000-4000-8000-000000000001', 'act_101', 'Tea', true, '2026-01-01T00:00:00Z', 'oauth', 'EXAMPLE', 'USD'),
    ('b0000000-0000-4000-8000-000000000001', '102', 'Tea, second', true, '2026-01-02T00:00:00Z', null, null, 'usd'),
    ('b0000000-0000-4000-8000-000000000002', 'act_102', 'linked to two brands', false, '2026-01-01T00:00:00Z', 'system_user', null, null),
    ('b0000000-0000-4000-8000-000000000002', 'the main one', 'no id', true, '2026-01-01T00:00:00Z', 'system_user', null, null);

insert into meta_ads_performance (meta_ad_account_id, meta_ad_id, meta_campaign_id, date, brand_id, spend, is_video, fetched_at) values
    ('act_101', '1', '11', '2026-02-01', 'b0000000-0000-4000-8000-000000000001', 1.50, false, now()),
    ('102', '2', '11', '2026-02-01', 'b0000000-0000-4000-8000-000000000001', 2, null, null),
    -- the account is the other brand's
    ('act_102', '3', '11', '2026-02-01', 'b0000000-0000-4000-8000-000000000002', 3, false, now()),
    -- an account nobody linked
    ('203', '4', '12', '2026-02-01', 'b0000000-0000-4000-8000-000000000002', 4, true, now()),
    -- its brand was deleted
    ('act_101', '5', '11', '2026-02-01', null, 5, false, now()),
    ('act_101', 'no id', '11', '2026-02-01', 'b0000000-0000-4000-8000-000000000001', 6, false, now());

insert into meta_campaigns (meta_ad_account_id, meta_campaign_id, name, brand_id, synced_at) values
    ('act_101', '11', 'Spring', 'b0000000-0000-4000-8000-000000000001', '2026-02-01T00:00:00Z'),
    ('101', '11', 'Spring, newer', 'b0000000-0000-4000-8000-000000000001', '2026-02-02T00:00:00Z'),
    ('act_101', '12', 'Without a brand', null, now());

insert into meta_ad_assets (brand_id, meta_ad_id, asset_type, storage_path, mime_type, file_size_bytes, meta_video_id, source_url, status, not_downloadable_reason) values
    ('b0000000-0000-4000-8000-000000000001', '1', 'video', 'meta-ad-assets/1.mp4', 'video/mp4', 1000, '77', 'https://video.example/1.mp4?oh=secret', 'downloaded', null),
    ('b0000000-0000-4000-8000-000000000001', '2', 'image', 'meta-ad-assets/2.jpg', 'image/jpeg', 0, '', 'https://image.example/2.jpg#top', null, null),
    ('b0000000-0000-4000-8000-000000000001', '2', 'video', '', null, null, null, null, 'failed', 'HTTP 403'),
    ('b0000000-0000-4000-8000-000000000002', '4', 'image', '', null, null, null, null, 'not_downloadable', null),
    -- no account of its brand is known
    ('b0000000-0000-4000-8000-000000000003', '6', 'video', 'meta-ad-assets/6.mp4', 'video/mp4', 1000, null, null, 'downloaded', null);

insert into meta_ad_destinations (organization_id, brand_id, meta_ad_id, destination_url, canonical_url, updated_at) values
    ('a0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000001', '1', 'https://tea.example/?utm=1', 'https://tea.example/', null),
    ('a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', '2', 'https://tea.example/', '', now());
