-- What a classification has to look at, ad by ad, and what became of each. Written once, before the first is paid for.

create table ad_classification_units (
    run_id             uuid not null references scheduled_job_runs (id) on delete cascade,
    organization_id    uuid not null,
    brand_id           uuid not null,
    -- By spend, the highest first, from 1.
    position           int not null check (position > 0),
    meta_ad_id         text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    -- All that was ever spent on it, in the account's currency.
    spend              numeric not null,
    state              text not null default 'pending'
                           check (state in ('pending', 'classified', 'cached', 'skipped', 'failed', 'over_cap')),
    -- Why it was skipped, or which kind of error it was.
    reason             text check (reason ~ '^[a-z][a-z0-9_]{0,59}$'),
    message            text,
    attempts           int not null default 0 check (attempts >= 0),
    cost_usd           numeric(12, 6) not null default 0 check (cost_usd >= 0),
    classification_id  uuid,
    finished_at        timestamptz,
    primary key (run_id, position),
    unique (run_id, meta_ad_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict,
    foreign key (classification_id, brand_id, meta_ad_id)
        references ad_creative_classifications (id, brand_id, meta_ad_id) on delete restrict,
    constraint a_finished_unit_has_its_time check ((state = 'pending') = (finished_at is null)),
    constraint a_classified_unit_has_its_row check ((state in ('classified', 'cached')) = (classification_id is not null)),
    constraint a_unit_that_came_to_nothing_says_why check ((state in ('skipped', 'failed')) = (reason is not null)),
    constraint only_a_reason_has_a_message check (message is null or reason is not null)
);
create index ad_classification_units_pending on ad_classification_units (run_id, position) where state = 'pending';
create index ad_classification_units_classification on ad_classification_units (classification_id)
    where classification_id is not null;
