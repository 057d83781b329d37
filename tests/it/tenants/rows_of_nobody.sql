-- What is the platform's: one row in each table that may hold such.
insert into scheduled_jobs (id, job_type, name, schedule_type, cron_expression, next_run_at)
values ('00000000-0000-4000-8000-000000000004', 'token_refresh', 'Refresh', 'recurring', '0 6 * * *', '2026-12-01 06:00+00');
insert into scheduled_job_changes (scheduled_job_id, revision, changed_at, changed_by, field, new_value)
values ('00000000-0000-4000-8000-000000000004', 1, '2026-12-01', 'Ann', 'job', '{}');
insert into scheduled_job_runs
       (id, scheduled_job_id, job_revision, origin, scheduled_for, parameters, run_after, status, completed_at, error_kind,
        error_message)
values ('00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-000000000004', 1, 'manual', '2026-12-01', '{}',
        '2026-12-01', 'failed', '2026-12-01', 'retry', 'no answer');
insert into run_logs (run_id, segment, at, level, message)
values ('00000000-0000-4000-8000-000000000005', 1, '2026-12-01', 'info', 'begun');
insert into run_steps (run_id, segment, dataset_key, at, records, is_partial)
values ('00000000-0000-4000-8000-000000000005', 1, 'assets', '2026-12-01', 12, false);
insert into retry_batches (id, created_at, created_by, rate_per_minute)
values ('00000000-0000-4000-8000-000000000006', '2026-12-01', 'Ann', 1);
insert into retry_batch_runs (batch_id, run_id, position)
values ('00000000-0000-4000-8000-000000000006', '00000000-0000-4000-8000-000000000005', 1);
insert into dataset_status (dataset_key) values ('assets');
insert into notifications (run_id, kind, severity, title)
values ('00000000-0000-4000-8000-000000000005', 'dead_letter', 'error', 'a run failed');
insert into api_tokens (id, name, digest, role, created_by, created_at)
values ('00000000-0000-4000-8000-000000000007', 'Installation', sha256('0'), 'admin', 'Ann', '2026-12-01');
insert into members (id, sha256, name, role, first_seen_at, last_seen_at)
values ('00000000-0000-4000-8000-000000000008', sha256('member 0'), 'Ann', 'admin', '2026-12-01', '2026-12-01');
insert into notification_channels (channel, is_on, least_severity, kinds_left_out, recipients, updated_at, updated_by)
values ('email', true, 'info', '{}', '{}', '2026-12-01', 'Ann');
