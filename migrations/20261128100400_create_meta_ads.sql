-- The ads themselves: what Meta tells of them besides their numbers.

create table meta_ads (
    id                     uuid primary key default gen_random_uuid(),
    organization_id        uuid not null,
    brand_id               uuid not null,
    meta_ad_account_id     text not null,
    meta_ad_id             text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    meta_adset_id          text,
    meta_campaign_id       text,
    name                   text,
    effective_status       text,
    creative_id            text,
    object_type            text,
    thumbnail_url          text,
    meta_video_id          text,
    is_video               boolean not null default false,
    ad_copy                text,
    destination_url        text,
    -- The newest day with numbers of it, and when numbers of it were last read.
    newest_date            date,
    numbers_read_at        timestamptz,
    -- When the status was last read, whether or not Meta knew the ad.
    status_read_at         timestamptz,
    -- When its creative was last asked for, and how often in a row without an answer.
    creative_read_at       timestamptz,
    creative_attempts      int not null default 0 check (creative_attempts >= 0),
    -- The same of where it leads.
    destination_read_at    timestamptz,
    destination_attempts   int not null default 0 check (destination_attempts >= 0),
    -- It shows something else since it was found out where it leads.
    destination_is_stale   boolean not null default false,
    created_at             timestamptz not null default now(),
    updated_at             timestamptz not null default now(),
    unique (meta_ad_account_id, meta_ad_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict,
    foreign key (brand_id, meta_ad_account_id) references brand_ad_accounts (brand_id, meta_ad_account_id) on delete restrict
);
create index meta_ads_account on meta_ads (meta_ad_account_id, numbers_read_at);
create index meta_ads_brand on meta_ads (brand_id, meta_ad_id);

create trigger meta_ads_updated_at before update on meta_ads
    for each row execute function set_updated_at();

-- Ads that were known before this table was.
insert into meta_ads (newest_date, numbers_read_at, organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_adset_id, meta_campaign_id, name,
                      effective_status, object_type, thumbnail_url, meta_video_id, is_video, ad_copy, destination_url)
select distinct on (meta_ad_account_id, meta_ad_id)
       date, fetched_at, organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_adset_id, meta_campaign_id, ad_name,
       ad_status, object_type, thumbnail_url, meta_video_id, is_video, ad_copy, destination_url
  from meta_ads_performance
 order by meta_ad_account_id, meta_ad_id, date desc;
