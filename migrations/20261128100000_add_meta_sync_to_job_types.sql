-- The jobs that read a brand's ads and numbers from Meta, and the one that keeps tokens alive.

insert into job_types (name, scope, dataset_key, description, running_max, running_per_brand_max)
values
    -- One per brand: two would ask Meta for the same days.
    ('meta_sync', 'brand', 'meta_ads_performance', 'Reads a brand''s ads and their numbers from Meta.', 8, 1),
    ('destination_sync', 'brand', 'ad_destinations', 'Finds out where a brand''s ads lead to.', 4, 1),
    ('demographic_backfill', 'brand', 'demographic_performance', 'Reads past numbers of a brand''s ads by age, gender and placement.', 4, 1),
    ('token_refresh', 'platform', null, 'Extends access tokens before they expire.', 1, null)
on conflict (name) do update
    set dataset_key = excluded.dataset_key,
        description = excluded.description,
        running_max = excluded.running_max,
        running_per_brand_max = excluded.running_per_brand_max;
