-- What Meta told us about a brand's ads, and the media we keep of them.

create table meta_ads_performance (
    id                          uuid primary key default gen_random_uuid(),
    organization_id             uuid not null,
    brand_id                    uuid not null,
    meta_ad_account_id          text not null,
    meta_ad_id                  text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    meta_adset_id               text,
    meta_campaign_id            text not null,
    date                        date not null,
    ad_name                     text,
    adset_name                  text,
    campaign_name               text,
    campaign_objective          text,
    ad_status                   text,
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
    video_p95_watched           int,
    video_p100_watched          int,
    video_thruplay              int,
    hold_rate                   numeric(10, 4),
    hook_rate                   numeric(10, 4),
    initiate_checkouts          int,
    landing_page_views          int,
    content_views               int,
    cost_per_initiate_checkout  numeric(10, 4),
    raw_actions                 jsonb,
    raw_costs                   jsonb,
    action_values               jsonb,
    thumbnail_url               text,
    meta_video_id               text,
    is_video                    boolean not null default false,
    object_type                 text,
    ad_copy                     text,
    destination_url             text,
    fetched_at                  timestamptz not null default now(),
    unique (meta_ad_id, date),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict,
    foreign key (brand_id, meta_ad_account_id) references brand_ad_accounts (brand_id, meta_ad_account_id) on delete restrict
);
create index meta_ads_performance_brand_date on meta_ads_performance (brand_id, date);
create index meta_ads_performance_account on meta_ads_performance (meta_ad_account_id);

create table meta_campaigns (
    id                  uuid primary key default gen_random_uuid(),
    organization_id     uuid not null,
    brand_id            uuid not null,
    meta_ad_account_id  text not null,
    meta_campaign_id    text not null check (meta_campaign_id ~ '^[0-9]{1,32}$'),
    name                text,
    status              text,
    objective           text,
    daily_budget        numeric(12, 2),
    lifetime_budget     numeric(12, 2),
    adset_count         int,
    ad_count            int,
    synced_at           timestamptz not null default now(),
    unique (meta_ad_account_id, meta_campaign_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict,
    foreign key (brand_id, meta_ad_account_id) references brand_ad_accounts (brand_id, meta_ad_account_id) on delete restrict
);

-- One row per medium of an ad; an ad of several media keeps them all.
create table meta_ad_assets (
    id                       uuid primary key default gen_random_uuid(),
    organization_id          uuid not null,
    brand_id                 uuid not null,
    meta_ad_account_id       text not null,
    meta_ad_id               text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    asset_type               text not null default 'video' check (asset_type in ('video', 'image')),
    -- Which medium: a video id, an image hash, or a digest of its address.
    source_id                text not null check (source_id <> ''),
    is_primary               boolean not null default false,
    status                   text not null check (status in ('downloaded', 'failed', 'not_downloadable')),
    not_downloadable_reason  text,
    failure_reason           text,
    attempts                 int not null default 0 check (attempts >= 0),
    next_attempt_at          timestamptz,
    storage_path             text not null default '',
    mime_type                text,
    file_size_bytes          bigint check (file_size_bytes > 0),
    sha256                   bytea check (length(sha256) = 32),
    quality                  text check (quality in ('full', 'render_1080', 'thumb')),
    width                    int check (width > 0),
    height                   int check (height > 0),
    duration_seconds         numeric(10, 3) check (duration_seconds >= 0),
    meta_video_id            text,
    image_hash               text,
    -- Scheme, host and path only: the query of a signed address grants access.
    source_url               text check (source_url !~ '[?#]'),
    fetched_at               timestamptz not null default now(),
    created_at               timestamptz not null default now(),
    updated_at               timestamptz not null default now(),
    unique (brand_id, meta_ad_id, asset_type, source_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict,
    foreign key (brand_id, meta_ad_account_id) references brand_ad_accounts (brand_id, meta_ad_account_id) on delete restrict,
    constraint a_downloaded_asset_is_stored check (
        (status = 'downloaded') = (storage_path <> '' and sha256 is not null and file_size_bytes is not null and mime_type is not null)
        and (storage_path <> '') = (sha256 is not null)),
    constraint a_failed_asset_says_why check ((status = 'failed') = (failure_reason is not null)),
    constraint only_a_failed_asset_waits check (status = 'failed' or next_attempt_at is null),
    constraint an_unobtainable_asset_says_why check ((status = 'not_downloadable') = (not_downloadable_reason is not null))
);
create unique index meta_ad_assets_one_primary on meta_ad_assets (brand_id, meta_ad_id, asset_type) where is_primary;
create index meta_ad_assets_same_bytes on meta_ad_assets (brand_id, sha256) where status = 'downloaded';
create index meta_ad_assets_same_medium on meta_ad_assets (brand_id, meta_ad_account_id, asset_type, source_id)
    where status = 'downloaded';

create table meta_ad_destinations (
    id               uuid primary key default gen_random_uuid(),
    organization_id  uuid not null,
    brand_id         uuid not null,
    meta_ad_id       text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    destination_url  text not null check (destination_url <> ''),
    canonical_url    text not null check (canonical_url <> ''),
    fetched_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    unique (brand_id, meta_ad_id, canonical_url),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict
);

create trigger meta_ad_assets_updated_at before update on meta_ad_assets
    for each row execute function set_updated_at();
create trigger meta_ad_destinations_updated_at before update on meta_ad_destinations
    for each row execute function set_updated_at();
