-- How fresh the data is, and what people must be told.

create table dataset_status (
    id                uuid primary key default gen_random_uuid(),
    organization_id   uuid,
    -- Null: a dataset of the platform, shared by all brands.
    brand_id          uuid,
    dataset_key       text not null check (dataset_key ~ '^[a-z][a-z0-9_]{1,40}$'),
    -- Moved by success only; freshness is judged by this alone.
    last_success_at   timestamptz,
    last_attempt_at   timestamptz,
    -- Whether a refresh runs right now is derived from live leases, so nothing can be left behind.
    last_status       text not null default 'unknown' check (last_status in ('completed', 'failed', 'unknown')),
    last_run_id       uuid references scheduled_job_runs (id) on delete set null,
    records_affected  bigint not null default 0 check (records_affected >= 0),
    error_message     text,
    metadata          jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    unique nulls not distinct (brand_id, dataset_key),
    foreign key (brand_id, organization_id) references brands (id, organization_id) match full on delete cascade,
    constraint a_success_has_its_time check (last_status <> 'completed' or last_success_at is not null),
    constraint a_failure_says_why check ((last_status = 'failed') = (error_message is not null))
);

create table notifications (
    id               uuid primary key default gen_random_uuid(),
    organization_id  uuid references organizations (id) on delete cascade,
    brand_id         uuid references brands (id) on delete cascade,
    run_id           uuid references scheduled_job_runs (id) on delete cascade,
    kind             text not null check (kind in ('dead_letter', 'recovered')),
    severity         text not null check (severity in ('info', 'warning', 'error')),
    title            text not null check (title <> ''),
    body             text not null default '',
    created_at       timestamptz not null default now(),
    read_at          timestamptz,
    unique (run_id, kind)
);
create index notifications_unread on notifications (organization_id, created_at desc) where read_at is null;

create trigger dataset_status_updated_at before update on dataset_status
    for each row execute function set_updated_at();
