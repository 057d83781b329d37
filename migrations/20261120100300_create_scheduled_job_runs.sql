-- The ledger: queue, history and proof in one. One row is one attempt.

create table scheduled_job_runs (
    id                   uuid primary key default gen_random_uuid(),
    scheduled_job_id     uuid not null references scheduled_jobs (id) on delete restrict,
    job_revision         int not null check (job_revision > 0),
    -- A tick of the schedule (also when the reconciler catches up on it), a person's request, or
    -- another run's wish. Retries keep the origin of their first attempt.
    origin               text not null check (origin in ('tick', 'manual', 'follow_up')),
    requested_by         text,
    -- The nominal fire time; for other origins the time of the request.
    scheduled_for        timestamptz not null,
    attempt_number       int not null default 1 check (attempt_number > 0),
    segment              int not null default 1 check (segment > 0),
    snoozes              int not null default 0 check (snoozes >= 0),
    parameters           jsonb not null check (jsonb_typeof(parameters) = 'object'),
    cursor               jsonb,
    -- Whether this run excludes others of its job (overlap_policy other than allow).
    is_exclusive         boolean not null default true,

    status               text not null default 'pending'
                         check (status in ('pending', 'running', 'completed', 'failed', 'skipped', 'cancelled')),
    reason               text,
    run_after            timestamptz not null,
    sent_at              timestamptz,
    started_at           timestamptz,
    completed_at         timestamptz,
    lease_token          uuid,
    lease_expires_at     timestamptz,
    cancel_requested_at  timestamptz,

    progress_done        bigint check (progress_done >= 0),
    progress_total       bigint check (progress_total >= 0),
    progress_unit        text,
    metadata             jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    warnings             text[] not null default '{}',
    error_kind           text check (error_kind in ('retry', 'permanent', 'lost', 'timeout', 'panic', 'throttled', 'segments')),
    error_message        text,
    retry_run_id         uuid unique references scheduled_job_runs (id) on delete set null,
    parent_run_id        uuid references scheduled_job_runs (id) on delete set null,
    acknowledged_at      timestamptz,
    -- When RunFinished left for the bus; null on an ended run means it still has to.
    announced_at         timestamptz,

    idempotency_key      text unique check (length(idempotency_key) between 1 and 200),
    request_sha256       bytea check (length(request_sha256) = 32),

    ad_run_ids           uuid[],
    templates_used       text[],
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),

    constraint an_ended_run_has_its_end check (
        (status in ('completed', 'failed', 'skipped', 'cancelled')) = (completed_at is not null)),
    constraint a_running_run_holds_a_lease check (
        (status = 'running') = (lease_token is not null and lease_expires_at is not null)
        and (lease_token is null) = (lease_expires_at is null)),
    constraint a_run_at_work_has_started check (status not in ('running', 'completed') or started_at is not null),
    constraint a_reason_fits_its_status check (
        case status when 'skipped' then reason is not null and reason in ('overlap', 'missed', 'paused', 'superseded')
                    when 'pending' then reason is null or reason in ('capped', 'overlap', 'snoozed', 'continued')
                    else reason is null end),
    constraint a_failed_run_says_why check (
        (status = 'failed') = (error_kind is not null) and (error_kind is null) = (error_message is null)),
    constraint only_a_failed_run_is_retried check (retry_run_id is null or status = 'failed'),
    constraint a_key_has_its_request check ((idempotency_key is null) = (request_sha256 is null))
);

-- Every nominal fire time has exactly one first attempt, and one of each later attempt.
create unique index scheduled_job_runs_one_verdict on scheduled_job_runs
    (scheduled_job_id, scheduled_for, attempt_number) where origin = 'tick';
create unique index scheduled_job_runs_one_running on scheduled_job_runs
    (scheduled_job_id) where status = 'running' and is_exclusive;
create index scheduled_job_runs_due on scheduled_job_runs (run_after) where status = 'pending';
create index scheduled_job_runs_leases on scheduled_job_runs (lease_expires_at) where status = 'running';
create index scheduled_job_runs_unannounced on scheduled_job_runs (completed_at)
    where completed_at is not null and announced_at is null;
create index scheduled_job_runs_of_job on scheduled_job_runs (scheduled_job_id, created_at desc);
create index scheduled_job_runs_newest on scheduled_job_runs (created_at desc);

create table run_logs (
    id       bigint generated always as identity primary key,
    run_id   uuid not null references scheduled_job_runs (id) on delete cascade,
    segment  int not null check (segment > 0),
    at       timestamptz not null,
    level    text not null check (level in ('debug', 'info', 'warn', 'error')),
    message  text not null
);
create index run_logs_run_id on run_logs (run_id, id);

create table product_template_usage (
    id                     uuid primary key default gen_random_uuid(),
    product_id             uuid not null references products (id) on delete cascade,
    template_storage_name  text not null check (template_storage_name <> ''),
    template_id            uuid,
    run_id                 uuid references scheduled_job_runs (id) on delete set null,
    ad_run_id              uuid,
    used_at                timestamptz not null default now(),
    unique (product_id, template_storage_name)
);
create index product_template_usage_template_id on product_template_usage (template_id) where template_id is not null;

create trigger scheduled_job_runs_updated_at before update on scheduled_job_runs
    for each row execute function set_updated_at();
