-- What is usual for a brand's ads: quartiles of each figure over a cohort of them.

alter table if exists ad_intelligence_baselines rename to adopted_ad_intelligence_baselines;

create table ad_intelligence_baselines (
    id                   uuid primary key default gen_random_uuid(),
    organization_id      uuid not null,
    brand_id             uuid not null,
    -- The cohort; `all` where it is not divided so.
    awareness_level      text not null default 'all' check (awareness_level <> ''),
    creative_format      text not null default 'all' check (creative_format <> ''),
    video_length_bucket  text not null default 'all' check (video_length_bucket <> ''),
    campaign_objective   text not null default 'all' check (campaign_objective <> ''),
    range_start          date not null,
    range_end            date not null,
    -- How much there is behind it, and whether that is enough to judge by.
    daily_rows           int not null check (daily_rows >= 0),
    ads                  int not null check (ads >= 0),
    impressions          bigint not null check (impressions >= 0),
    spend                numeric not null check (spend >= 0),
    is_sufficient        boolean not null,
    -- {"cpc": {"ads": 5, "p25": "0.81", "p50": "1.00", "p75": "1.32"}, …}; figures as text, exact.
    metrics              jsonb not null check (jsonb_typeof(metrics) = 'object'),
    computed_at          timestamptz not null,
    unique (brand_id, awareness_level, creative_format, video_length_bucket, campaign_objective, range_start, range_end),
    constraint a_range_is_in_order check (range_start <= range_end),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict
);
