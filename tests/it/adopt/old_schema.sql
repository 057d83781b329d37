-- The tables of the old system, as its descriptions have them: those that Sundial takes over, and a
-- few that refer to them.

create function update_updated_at_column() returns trigger language plpgsql as $$
begin
    NEW.updated_at = now();
    return NEW;
end
$$;

create table organizations (
    id          uuid primary key default gen_random_uuid(),
    name        text not null,
    slug        text,
    created_at  timestamptz default now()
);

create table brands (
    id               uuid primary key default gen_random_uuid(),
    organization_id  uuid references organizations (id) on delete set null,
    name             varchar(255) not null,
    description      text,
    created_at       timestamptz default now(),
    updated_at       timestamptz default now()
);

create table products (
    id          uuid primary key default gen_random_uuid(),
    brand_id    uuid references brands (id) on delete cascade,
    name        varchar(255) not null,
    slug        text not null,
    created_at  timestamptz default now(),
    updated_at  timestamptz default now()
);

create table scraped_templates (
    id    uuid primary key default gen_random_uuid(),
    name  text not null
);

create table ad_runs (
    id          uuid primary key default gen_random_uuid(),
    product_id  uuid references products (id) on delete cascade
);

-- Tables of others that refer to ours.
create table competitors (
    id        uuid primary key default gen_random_uuid(),
    brand_id  uuid not null references brands (id) on delete cascade,
    name      text not null
);

create table scheduled_jobs (
    id                    uuid primary key default gen_random_uuid(),
    product_id            uuid references products (id) on delete cascade,
    brand_id              uuid,
    name                  text not null,
    schedule_type         text not null check (schedule_type in ('one_time', 'recurring')),
    cron_expression       text,
    scheduled_at          timestamptz,
    next_run_at           timestamptz,
    max_runs              int,
    runs_completed        int default 0,
    status                text default 'active' check (status in ('active', 'paused', 'completed', 'archived')),
    template_mode         text,
    template_count        int,
    template_ids          text[],
    parameters            jsonb not null default '{}',
    created_at            timestamptz default now(),
    updated_at            timestamptz default now(),
    tenant_id             uuid,
    job_type              text default 'ad_creation',
    trigger_source        text default 'scheduled' check (trigger_source in ('scheduled', 'manual', 'api')),
    max_retries           int default 3,
    last_error            text,
    scraped_template_ids  uuid[] default '{}',
    template_source       text default 'uploaded',
    constraint valid_job_type check (job_type in (
        'ad_creation', 'meta_sync', 'scorecard', 'template_scrape', 'template_approval',
        'congruence_reanalysis', 'ad_classification', 'asset_download', 'competitor_scrape',
        'reddit_scrape', 'amazon_review_scrape', 'ad_creation_v2', 'creative_genome_update',
        'genome_validation', 'quality_calibration', 'experiment_analysis', 'ad_intelligence_analysis'))
);
create index idx_scheduled_jobs_product on scheduled_jobs (product_id);
create index idx_scheduled_jobs_brand on scheduled_jobs (brand_id);
create index idx_scheduled_jobs_status on scheduled_jobs (status);
create index idx_scheduled_jobs_next_run on scheduled_jobs (next_run_at) where status = 'active';
create index idx_scheduled_jobs_tenant on scheduled_jobs (tenant_id) where tenant_id is not null;
create index idx_scheduled_jobs_job_type on scheduled_jobs (job_type);
create unique index idx_one_pending_analysis on scheduled_jobs (brand_id)
    where job_type = 'ad_intelligence_analysis' and schedule_type = 'one_time' and status = 'active';
create trigger update_scheduled_jobs_updated_at before update on scheduled_jobs
    for each row execute function update_updated_at_column();

create table scheduled_job_runs (
    id                uuid primary key default gen_random_uuid(),
    scheduled_job_id  uuid not null references scheduled_jobs (id) on delete cascade,
    started_at        timestamptz,
    completed_at      timestamptz,
    status            text default 'pending' check (status in ('pending', 'running', 'completed', 'failed')),
    error_message     text,
    ad_run_ids        uuid[],
    templates_used    text[],
    logs              text,
    tenant_id         uuid,
    attempt_number    int default 1,
    metadata          jsonb default '{}',
    worker_id         text
);
create index idx_scheduled_job_runs_job on scheduled_job_runs (scheduled_job_id);
create index idx_scheduled_job_runs_status on scheduled_job_runs (status);
create index idx_scheduled_job_runs_started on scheduled_job_runs (started_at desc);
create index idx_scheduled_job_runs_worker on scheduled_job_runs (worker_id) where status = 'running';

create table activity_notes (
    id      uuid primary key default gen_random_uuid(),
    run_id  uuid references scheduled_job_runs (id) on delete cascade,
    note    text not null
);

create table product_template_usage (
    id                     uuid primary key default gen_random_uuid(),
    product_id             uuid not null references products (id) on delete cascade,
    template_storage_name  text not null,
    used_at                timestamptz default now(),
    ad_run_id              uuid references ad_runs (id) on delete set null,
    tenant_id              uuid,
    template_id            uuid references scraped_templates (id),
    unique (product_id, template_storage_name)
);
create index idx_product_template_usage_product on product_template_usage (product_id);

create table dataset_status (
    id                uuid primary key default gen_random_uuid(),
    brand_id          uuid not null references brands (id) on delete cascade,
    dataset_key       text not null,
    last_success_at   timestamptz,
    last_attempt_at   timestamptz,
    last_status       text not null default 'unknown'
                      check (last_status in ('completed', 'failed', 'running', 'unknown')),
    last_run_id       uuid,
    records_affected  int default 0,
    error_message     text,
    metadata          jsonb default '{}',
    organization_id   uuid references organizations (id),
    created_at        timestamptz default now(),
    updated_at        timestamptz default now(),
    unique (brand_id, dataset_key)
);
create index idx_dataset_status_brand on dataset_status (brand_id);
create trigger dataset_status_updated_at before update on dataset_status
    for each row execute function update_updated_at_column();

create table brand_ad_accounts (
    id                   uuid primary key default gen_random_uuid(),
    brand_id             uuid not null references brands (id) on delete cascade,
    meta_ad_account_id   text not null,
    account_name         text,
    is_primary           boolean default true,
    created_at           timestamptz default now(),
    auth_method          text default 'system_user' check (auth_method in ('system_user', 'oauth')),
    access_token         text,
    token_expires_at     timestamptz,
    refresh_token        text,
    connected_user_name  text,
    currency             text,
    unique (brand_id, meta_ad_account_id)
);

create table meta_ads_performance (
    id                          uuid primary key default gen_random_uuid(),
    meta_ad_account_id          text not null,
    meta_ad_id                  text not null,
    meta_campaign_id            text not null,
    ad_name                     text,
    date                        date not null,
    spend                       numeric(12, 2),
    impressions                 int,
    reach                       int,
    frequency                   numeric(10, 3),
    cpm                         numeric(10, 4),
    link_clicks                 int,
    link_ctr                    numeric(10, 4),
    link_cpc                    numeric(10, 4),
    add_to_carts                int,
    cost_per_add_to_cart        numeric(10, 4),
    purchases                   int,
    purchase_value              numeric(12, 2),
    roas                        numeric(8, 4),
    conversion_rate             numeric(10, 4),
    video_views                 int,
    video_avg_watch_time        numeric(8, 2),
    video_p25_watched           int,
    video_p50_watched           int,
    video_p75_watched           int,
    video_p100_watched          int,
    video_p95_watched           int,
    video_thruplay              int,
    hold_rate                   numeric(10, 4),
    hook_rate                   numeric(10, 4),
    initiate_checkouts          int,
    landing_page_views          int,
    content_views               int,
    cost_per_initiate_checkout  numeric(10, 4),
    raw_actions                 jsonb,
    raw_costs                   jsonb,
    brand_id                    uuid references brands (id) on delete set null,
    fetched_at                  timestamptz default now(),
    ad_status                   text,
    meta_adset_id               text,
    adset_name                  text,
    campaign_name               text,
    thumbnail_url               text,
    meta_video_id               text,
    is_video                    boolean default false,
    object_type                 text,
    ad_copy                     text,
    destination_url             text,
    campaign_objective          text,
    unique (meta_ad_id, date)
);
create index idx_meta_ads_performance_brand on meta_ads_performance (brand_id);

create table meta_campaigns (
    id                  uuid primary key default gen_random_uuid(),
    meta_ad_account_id  text not null,
    meta_campaign_id    text not null,
    name                text,
    status              text,
    objective           text,
    daily_budget        numeric(12, 2),
    lifetime_budget     numeric(12, 2),
    adset_count         int,
    ad_count            int,
    brand_id            uuid references brands (id) on delete set null,
    synced_at           timestamptz default now(),
    unique (meta_ad_account_id, meta_campaign_id)
);

create table meta_ad_assets (
    id                       uuid primary key default gen_random_uuid(),
    brand_id                 uuid not null references brands (id) on delete cascade,
    meta_ad_id               text not null,
    asset_type               text not null default 'video',
    storage_path             text not null,
    mime_type                text,
    file_size_bytes          bigint,
    meta_video_id            text,
    source_url               text,
    status                   text default 'downloaded',
    not_downloadable_reason  text,
    created_at               timestamptz default now(),
    unique (meta_ad_id, asset_type)
);

create table meta_ad_destinations (
    id               uuid primary key default gen_random_uuid(),
    organization_id  uuid not null references organizations (id),
    brand_id         uuid not null references brands (id) on delete cascade,
    meta_ad_id       text not null,
    destination_url  text not null,
    canonical_url    text not null,
    fetched_at       timestamptz default now(),
    updated_at       timestamptz default now(),
    unique (brand_id, meta_ad_id, canonical_url)
);

create view v_active_scheduled_jobs as
select j.id, j.name, j.job_type, j.brand_id, b.name as brand_name, p.name as product_name,
       j.schedule_type, j.cron_expression, j.next_run_at, j.parameters
  from scheduled_jobs j
  left join products p on p.id = j.product_id
  left join brands b on b.id = j.brand_id
 where j.status = 'active'
 order by j.next_run_at nulls last;

create view v_recent_job_runs as
select r.id, r.scheduled_job_id, j.name as job_name, p.name as product_name, r.status,
       r.started_at, r.completed_at, array_length(r.ad_run_ids, 1) as ads_generated,
       array_length(r.templates_used, 1) as templates_used, r.error_message
  from scheduled_job_runs r
  join scheduled_jobs j on j.id = r.scheduled_job_id
  left join products p on p.id = j.product_id
 order by r.started_at desc;
