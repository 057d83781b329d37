-- How old data may be before somebody should look: a day, where nothing else is said. The console judges by it.
create table dataset_limits (
    dataset_key text primary key check (dataset_key ~ '^[a-z][a-z0-9_]{1,40}$'),
    -- Since the last success, to count as fresh; up to twice that it is ageing.
    fresh_for_hours int not null check (fresh_for_hours between 1 and 8760)
);

-- As the old system judged them.
insert into dataset_limits (dataset_key, fresh_for_hours)
values ('meta_ads_performance', 24),
       ('ad_classifications', 48),
       ('landing_pages', 168),
       ('templates_scraped', 168),
       ('templates_evaluated', 168);

grant select on dataset_limits to sundial_tenant;
