-- Who asked a run to stop, and who ended a batch of retries before its end.
alter table scheduled_job_runs
    add column cancel_requested_by text,
    add constraint who_cancels_has_a_time check (cancel_requested_by is null or cancel_requested_at is not null);
alter table retry_batches
    add column cancelled_by text,
    add constraint only_a_cancelled_batch_has_who_cancelled check (cancelled_by is null or status = 'cancelled');
