-- Who changed what about a job, and when: one row per changed field, or one for a new job.

create table scheduled_job_changes (
    id                bigint generated always as identity primary key,
    scheduled_job_id  uuid not null references scheduled_jobs (id) on delete restrict,
    -- The revision the change made; rows of one revision were one change.
    revision          int not null check (revision > 0),
    changed_at        timestamptz not null,
    changed_by        text not null check (changed_by <> ''),
    -- A column of scheduled_jobs, or `job` for a new one.
    field             text not null check (field <> ''),
    -- Null: there was no job before. A field without a value is a JSON null.
    old_value         jsonb,
    new_value         jsonb not null,
    unique (scheduled_job_id, revision, field),
    constraint a_change_changes_something check (old_value is distinct from new_value),
    constraint only_a_new_job_has_no_old_value check ((old_value is null) = (field = 'job'))
);
