-- Dead letters: failed runs that nobody retried or acknowledged, and their retry in bulk.

alter table scheduled_job_runs
    add column acknowledged_by text,
    add constraint only_a_failed_run_is_acknowledged check (acknowledged_at is null or status = 'failed');
create index scheduled_job_runs_dead on scheduled_job_runs (completed_at)
    where status = 'failed' and retry_run_id is null and acknowledged_at is null;

-- Runs to retry, so many a minute, until so many of them have failed again.
create table retry_batches (
    id                   uuid primary key,
    created_at           timestamptz not null,
    created_by           text not null check (created_by <> ''),
    rate_per_minute      int not null check (rate_per_minute between 1 and 600),
    -- Null: whatever fails, the rest is retried all the same.
    stop_after_failures  int check (stop_after_failures > 0),
    -- `done`: every run was released; `stopped`: too many had failed again.
    status               text not null default 'active' check (status in ('active', 'done', 'stopped', 'cancelled')),
    ended_at             timestamptz,
    constraint an_ended_batch_has_its_end check ((status = 'active') = (ended_at is null))
);
create index retry_batches_active on retry_batches (created_at) where status = 'active';

create table retry_batch_runs (
    batch_id     uuid not null references retry_batches (id) on delete cascade,
    -- The failed run; the next attempt is its retry_run_id.
    run_id       uuid not null references scheduled_job_runs (id) on delete cascade,
    position     int not null check (position > 0),
    -- When its turn came, whether or not it still could be retried.
    released_at  timestamptz,
    primary key (batch_id, run_id),
    unique (batch_id, position)
);
create index retry_batch_runs_run_id on retry_batch_runs (run_id);
