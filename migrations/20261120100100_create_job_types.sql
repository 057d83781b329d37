-- What can be scheduled. A new job type is one row here.

create table job_types (
    name                   text primary key check (name ~ '^[a-z][a-z0-9_]{1,40}$'),
    -- What a job of this type belongs to.
    scope                  text not null check (scope in ('brand', 'product', 'platform')),
    -- The dataset its success refreshes; null when it refreshes none.
    dataset_key            text check (dataset_key ~ '^[a-z][a-z0-9_]{1,40}$'),
    description            text not null check (description <> ''),
    -- Runs at the same time: over all brands, and per brand. Null: no limit.
    running_max            int check (running_max > 0),
    running_per_brand_max  int check (running_per_brand_max > 0),
    created_at             timestamptz not null default now(),
    unique (name, scope)
);

insert into job_types (name, scope, dataset_key, description, running_max, running_per_brand_max)
values ('asset_download', 'brand', 'ad_assets', 'Copies the images and videos of a brand''s ads into the object store.', 8, 2);
