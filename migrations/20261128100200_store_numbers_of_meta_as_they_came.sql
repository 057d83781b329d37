-- Meta's numbers, without rounding, and what is not settled about a row.

alter table meta_ads_performance
    alter column spend type numeric,
    alter column frequency type numeric,
    alter column cpm type numeric,
    alter column link_ctr type numeric,
    alter column link_cpc type numeric,
    alter column cost_per_add_to_cart type numeric,
    alter column purchase_value type numeric,
    alter column roas type numeric,
    alter column conversion_rate type numeric,
    alter column video_avg_watch_time type numeric,
    alter column hold_rate type numeric,
    alter column hook_rate type numeric,
    alter column cost_per_initiate_checkout type numeric,
    -- One foreign key says what two did, at half the price for each of many rows.
    drop constraint meta_ads_performance_brand_id_organization_id_fkey,
    drop constraint meta_ads_performance_brand_id_meta_ad_account_id_fkey,
    add foreign key (organization_id, brand_id, meta_ad_account_id)
        references brand_ad_accounts (organization_id, brand_id, meta_ad_account_id) on delete restrict,
    -- The day was not over in the account's time zone when it was read.
    add column is_provisional boolean not null default false,
    -- Fields that Meta would not answer with for this ad and day; what they feed is as it was before.
    add column incomplete_fields text[] not null default '{}';
create index meta_ads_performance_ad on meta_ads_performance (brand_id, meta_ad_id);
