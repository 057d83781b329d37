-- The job that says what a brand's ads show and to whom they speak.

insert into job_types (name, scope, dataset_key, description, running_max, running_per_brand_max)
values
    -- One per brand: two would pay for the same ads.
    ('ad_classification', 'brand', 'ad_classifications', 'Says what a brand''s ads show and to whom they speak.', 4, 1)
on conflict (name) do update
    set dataset_key = excluded.dataset_key,
        description = excluded.description,
        running_max = excluded.running_max,
        running_per_brand_max = excluded.running_per_brand_max;
