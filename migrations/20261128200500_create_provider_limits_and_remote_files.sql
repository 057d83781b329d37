-- What every function instance shares about a provider: how often it may be asked, and what lies there.

create table provider_limits (
    provider      text not null check (provider in ('anthropic', 'openai', 'google', 'elevenlabs')),
    -- The first 12 hexadecimal digits of the key's SHA-256, never the key.
    key_id        text not null check (key_id ~ '^[0-9a-f]{12}$'),
    model         text not null check (model <> ''),
    -- Requests that may leave at once, as of `refilled_at`; parts of one count while it grows.
    allowance     numeric not null check (allowance >= 0),
    refilled_at   timestamptz not null,
    -- The provider asked for fewer requests: none leaves before then.
    paused_until  timestamptz,
    primary key (provider, key_id, model)
);

create table remote_files (
    provider         text not null check (provider in ('anthropic', 'openai', 'google', 'elevenlabs')),
    -- Chosen by us, so that it can be noted before the upload: what is noted is found again after a crash.
    name             text not null check (name <> ''),
    organization_id  uuid not null,
    brand_id         uuid not null,
    run_id           uuid references scheduled_job_runs (id) on delete set null,
    created_at       timestamptz not null,
    uploaded_at      timestamptz,
    deleted_at       timestamptz,
    primary key (provider, name),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict
);
create index remote_files_left on remote_files (provider, created_at) where deleted_at is null;
create index remote_files_run on remote_files (run_id) where run_id is not null;
