-- From when to when a schedule is in force, pauses that end by themselves, ticks skipped on request.

alter table scheduled_jobs
    -- Fire times before the one and after the other are none.
    add column starts_at     timestamptz,
    add column ends_at       timestamptz,
    -- When the ledger resumes a paused job; null: when a person does.
    add column paused_until  timestamptz,
    add constraint a_period_ends_after_its_start check (ends_at > starts_at),
    add constraint only_a_recurring_job_has_a_period check (
        schedule_type = 'recurring' or (starts_at is null and ends_at is null)),
    add constraint only_a_paused_job_has_an_end_of_its_pause check (status = 'paused' or paused_until is null);
create index scheduled_jobs_pauses on scheduled_jobs (paused_until) where paused_until is not null;

alter table scheduled_job_runs
    drop constraint a_reason_fits_its_status,
    add constraint a_reason_fits_its_status check (
        case status when 'skipped' then reason is not null
                                    and reason in ('overlap', 'missed', 'paused', 'superseded', 'requested')
                    when 'pending' then reason is null or reason in ('capped', 'overlap', 'snoozed', 'continued')
                    else reason is null end);
