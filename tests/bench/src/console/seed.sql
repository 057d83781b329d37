-- 200 organizations with two brands each, 25 jobs a brand, 100 runs a job: one an hour, the newest an hour ago.
insert into organizations (id, name)
select md5('organization ' || n)::uuid, 'Organization ' || n from generate_series(1, 200) n;

insert into brands (id, organization_id, name)
select md5('brand ' || n)::uuid, md5('organization ' || (n + 1) / 2)::uuid, 'Brand ' || n from generate_series(1, 400) n;

insert into scheduled_jobs
       (id, organization_id, brand_id, job_type, name, parameters, schedule_type, cron_expression, timezone, status,
        next_run_at, runs_completed, created_at)
select md5('job ' || n)::uuid, b.organization_id, b.id,
       (array['asset_download', 'meta_sync', 'ad_classification', 'destination_sync'])[1 + n % 4],
       'Job ' || n, jsonb_build_object('days_back', 1 + n / 400), 'recurring', n % 60 || ' * * * *',
       (array['UTC', 'Europe/Berlin', 'America/New_York'])[1 + n % 3],
       case when n % 50 = 0 then 'paused' else 'active' end,
       date_trunc('hour', now()) + interval '1 h' + n % 60 * interval '1 min', 95, now() - interval '90 days' + n * interval '1 s'
  from generate_series(0, 9999) n, lateral (select * from brands where id = md5('brand ' || 1 + n % 400)::uuid) b;

-- Of 100 runs of a job two are failures, of which one is retried, three are skipped, and the others end well.
insert into scheduled_job_runs
       (id, scheduled_job_id, job_revision, origin, scheduled_for, parameters, status, reason, run_after, sent_at, started_at,
        completed_at, announced_at, metadata, error_kind, error_message, created_at)
select md5('run ' || n || ' ' || h)::uuid, md5('job ' || n)::uuid, 1, 'tick', due, '{}',
       status, case status when 'skipped' then 'overlap' end, due, due,
       case when status <> 'skipped' then due + interval '2 s' end,
       due + interval '62 s', due + interval '63 s',
       case when status = 'completed' then '{"assets": 12}'::jsonb else '{}'::jsonb end,
       case when status = 'failed' then 'retry' end,
       case when status = 'failed' then 'copying an asset: 403 from the server of ' || n % 40 end,
       due
  from generate_series(1, 100) h, generate_series(0, 9999) n,
       lateral (select date_trunc('hour', now()) - h * interval '1 h' + n % 60 * interval '1 min' as due,
                       case when (n + h) % 50 = 0 then 'failed'
                            when (n + h) % 50 = 1 then 'skipped'
                            else 'completed' end as status) as run
 order by due;

-- Failures of more than a day ago were taken note of.
update scheduled_job_runs set acknowledged_at = completed_at, acknowledged_by = 'Bench'
 where status = 'failed' and completed_at < now() - interval '1 day';

insert into run_logs (run_id, segment, at, level, message)
select id, 1, started_at + line * interval '3 s', case when line % 10 = 0 then 'warn' else 'info' end, 'Copied asset ' || line
  from scheduled_job_runs, generate_series(1, 20) line
 where completed_at > now() - interval '2 h' and started_at is not null;

insert into dataset_status (organization_id, brand_id, dataset_key, last_success_at, last_attempt_at, last_status)
select organization_id, id, dataset, now() - interval '3 h', now() - interval '3 h', 'completed'
  from brands, unnest(array['meta_ads_performance', 'meta_ad_assets', 'meta_campaigns', 'demographic_performance']) dataset;

insert into notifications (organization_id, brand_id, run_id, scheduled_job_id, kind, severity, title, body, created_at, recovered_at)
select r.organization_id, j.brand_id, r.id, j.id, 'dead_letter', 'error', j.name || ' failed', r.error_message, r.completed_at,
       r.completed_at + interval '1 h'
  from scheduled_job_runs r join scheduled_jobs j on j.id = r.scheduled_job_id
 where r.status = 'failed';

insert into members (id, sha256, organization_id, name, role, first_seen_at, last_seen_at)
select gen_random_uuid(), sha256(('member ' || n)::bytea), md5('organization ' || 1 + n % 200)::uuid, 'user ' || n, 'viewer',
       now() - interval '30 d', now() - n * interval '1 min'
  from generate_series(1, 1000) n;

-- As the reconciler counts it.
insert into ledger_hours (hour, counted_at, is_final, is_complete)
select hour, hour + interval '1 h', true, true
  from generate_series(date_trunc('hour', now()) - interval '400 d', date_trunc('hour', now()) - interval '1 h', interval '1 h') hour;
insert into ledger_hour_verdicts (hour, organization_id, verdict, fire_times)
select h.hour, o.id, verdict, fire_times
  from ledger_hours h, organizations o, (values ('completed', 48), ('dead_letter', 1), ('skipped:overlap', 1), ('started_within:2', 49)) v (verdict, fire_times)
 where h.hour > now() - interval '49 h';
insert into ledger_hour_totals (hour, verdict, fire_times)
select hour, verdict, sum(fire_times) from ledger_hour_verdicts group by hour, verdict;
insert into ledger_quarters (hour, quarter, status, attempts)
select date_trunc('hour', scheduled_for), date_bin('15 minutes', scheduled_for, '2000-01-01 00:00:00+00') as quarter, status, count(*)
  from scheduled_job_runs
 group by 1, 2, 3;
-- Of the time before, of which no runs are kept.
insert into ledger_quarters (hour, quarter, status, attempts)
select h.hour, h.hour + n * interval '15 min', status, 800
  from ledger_hours h, generate_series(0, 3) n, unnest(array['completed', 'failed', 'skipped']) status
 where h.hour < (select min(hour) from ledger_quarters);
