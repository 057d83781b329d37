-- What a person with psql asks first.

create view v_active_scheduled_jobs as
select j.id, j.name, j.job_type, j.organization_id, j.brand_id, b.name as brand_name,
       j.product_id, p.name as product_name, j.schedule_type, j.cron_expression, j.timezone,
       j.scheduled_at, j.next_run_at, j.max_runs, j.runs_completed, j.parameters, j.last_error
  from scheduled_jobs j
  left join brands b on b.id = j.brand_id
  left join products p on p.id = j.product_id
 where j.status = 'active'
 order by j.next_run_at nulls last;

create view v_recent_job_runs as
select r.id, r.scheduled_job_id, j.name as job_name, j.job_type, j.organization_id, j.brand_id,
       j.product_id, p.name as product_name, r.origin, r.scheduled_for, r.attempt_number, r.segment,
       r.status, r.reason, r.started_at, r.completed_at, r.completed_at - r.started_at as duration,
       r.error_kind, r.error_message, r.retry_run_id, r.metadata, r.warnings,
       cardinality(r.ad_run_ids) as ad_runs, cardinality(r.templates_used) as templates_used
  from scheduled_job_runs r
  join scheduled_jobs j on j.id = r.scheduled_job_id
  left join products p on p.id = j.product_id
 order by r.created_at desc;
