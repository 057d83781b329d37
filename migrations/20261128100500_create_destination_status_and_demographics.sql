-- Where ads do not lead to one page, and numbers by who saw them and where.

-- The old system had tables of these names; their rows stay, and are read anew.
alter table if exists meta_ad_destination_status rename to adopted_meta_ad_destination_status;
alter table if exists meta_ads_demographic_performance rename to adopted_meta_ads_demographic_performance;

create table meta_ad_destination_status (
    id               uuid primary key default gen_random_uuid(),
    organization_id  uuid not null,
    brand_id         uuid not null,
    meta_ad_id       text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    status           text not null check (status in ('no_url', 'multi_url')),
    reason           text not null check (reason <> ''),
    creative_id      text,
    url_count        int not null default 0 check (url_count >= 0),
    attempted_at     timestamptz not null,
    updated_at       timestamptz not null default now(),
    unique (brand_id, meta_ad_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict
);
create trigger meta_ad_destination_status_updated_at before update on meta_ad_destination_status
    for each row execute function set_updated_at();

create table meta_ads_demographic_performance (
    id                  uuid primary key default gen_random_uuid(),
    organization_id     uuid not null,
    brand_id            uuid not null,
    meta_ad_account_id  text not null,
    meta_ad_id          text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    date                date not null,
    breakdown_type      text not null check (breakdown_type in ('age_gender', 'placement')),
    -- '' where the breakdown has no such dimension or Meta left it out.
    age_range           text not null default '',
    gender              text not null default '',
    publisher_platform  text not null default '',
    platform_position   text not null default '',
    ad_name             text,
    spend               numeric,
    impressions         int,
    reach               int,
    link_clicks         int,
    link_ctr            numeric,
    purchases           int,
    purchase_value      numeric,
    roas                numeric,
    add_to_carts        int,
    video_views         int,
    fetched_at          timestamptz not null default now(),
    unique (meta_ad_id, date, breakdown_type, age_range, gender, publisher_platform, platform_position),
    foreign key (organization_id, brand_id, meta_ad_account_id)
        references brand_ad_accounts (organization_id, brand_id, meta_ad_account_id) on delete restrict
);
create index meta_ads_demographic_performance_brand_date on meta_ads_demographic_performance (brand_id, date);
