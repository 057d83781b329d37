-- The live jobs of a brand and type, active ones and the newest first. The platform's are those of nobody's brand.
create index scheduled_jobs_live
    on scheduled_jobs (coalesce(brand_id, '00000000-0000-0000-0000-000000000000'), job_type, status, created_at desc)
    where status in ('active', 'paused');
