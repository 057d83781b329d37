-- Of each ad, the newest classification.
create view newest_ad_classifications as
select distinct on (brand_id, meta_ad_id) *
  from ad_creative_classifications
 order by brand_id, meta_ad_id, classified_at desc, id desc;

-- What each of a brand's ads cost and brought from one day to another, both included, in the account's currency.
create function numbers_of_ads(of_brand uuid, first_day date, last_day date)
returns table (meta_ad_id text, spend numeric, impressions bigint, link_clicks bigint, purchases bigint, purchase_value numeric)
language sql stable
as $$
    select it.meta_ad_id, sum(it.spend), sum(it.impressions)::bigint, sum(it.link_clicks)::bigint, sum(it.purchases)::bigint,
           sum(it.purchase_value)
      from meta_ads_performance as it
     where it.brand_id = of_brand and it.date between first_day and last_day
     group by it.meta_ad_id
$$;
