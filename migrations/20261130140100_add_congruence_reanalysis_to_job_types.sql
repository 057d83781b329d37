-- The job that compares videos with the pages behind them, where that was not done.

insert into job_types (name, scope, dataset_key, description, running_max, running_per_brand_max)
values
    ('congruence_reanalysis', 'platform', null, 'Compares videos with the pages behind them, where that was not done.', 1, null)
on conflict (name) do update
    set dataset_key = excluded.dataset_key,
        description = excluded.description,
        running_max = excluded.running_max,
        running_per_brand_max = excluded.running_per_brand_max;

create index ad_creative_classifications_uncompared on ad_creative_classifications (classified_at desc, id)
    where congruence_components = '[]' and video_analysis_id is not null and landing_page_id is not null;
