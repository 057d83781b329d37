-- What to run, when, with which parameters.

create table scheduled_jobs (
    id                      uuid primary key default gen_random_uuid(),
    organization_id         uuid,
    brand_id                uuid,
    product_id              uuid,
    job_type                text not null,
    scope                   text not null generated always as (
                                case when product_id is not null then 'product'
                                     when brand_id is not null then 'brand'
                                     else 'platform' end) stored,
    name                    text not null check (name <> '' and length(name) <= 200),
    parameters              jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
    trigger_source          text not null default 'scheduled' check (trigger_source in ('scheduled', 'manual', 'api')),

    schedule_type           text not null check (schedule_type in ('one_time', 'recurring')),
    cron_expression         text check (length(cron_expression) <= 256),
    scheduled_at            timestamptz,
    timezone                text not null default 'UTC' check (timezone <> ''),
    dst_gap_policy          text not null default 'shift' check (dst_gap_policy in ('shift', 'skip')),
    dst_repeat_policy       text not null default 'first' check (dst_repeat_policy in ('first', 'second', 'both')),
    overlap_policy          text not null default 'skip' check (overlap_policy in ('skip', 'queue', 'allow')),
    misfire_policy          text not null default 'latest' check (misfire_policy in ('latest', 'skip', 'all')),
    misfire_limit           int not null default 10 check (misfire_limit between 1 and 100),
    misfire_window_seconds  int not null default 86400 check (misfire_window_seconds between 60 and 604800),
    max_retries             int not null default 3 check (max_retries between 0 and 20),

    status                  text not null default 'active' check (status in ('active', 'paused', 'completed', 'archived')),
    pause_reason            text,
    -- The ledger's watermark: fire times before it have a verdict. Only claims, edits and the
    -- reconciler move it, and it never moves back past a fired tick.
    next_run_at             timestamptz,
    max_runs                int check (max_runs > 0),
    runs_completed          int not null default 0 check (runs_completed >= 0),
    last_error              text,
    -- Counts edits; each run remembers the revision it was made by.
    revision                int not null default 1 check (revision > 0),

    template_mode           text check (template_mode in ('unused', 'specific', 'upload')),
    template_count          int check (template_count > 0),
    template_ids            text[],
    template_source         text not null default 'uploaded' check (template_source in ('uploaded', 'scraped')),
    scraped_template_ids    uuid[] not null default '{}',

    created_at              timestamptz not null default now(),
    updated_at              timestamptz not null default now(),

    foreign key (job_type, scope) references job_types (name, scope),
    foreign key (brand_id, organization_id) references brands (id, organization_id) match full on delete restrict,
    foreign key (product_id, brand_id) references products (id, brand_id) on delete restrict,
    unique (id, job_type),

    constraint a_product_has_its_brand check (product_id is null or brand_id is not null),
    constraint a_recurring_job_has_a_cron check ((schedule_type = 'recurring') = (cron_expression is not null)),
    constraint only_a_one_time_job_has_a_time check (schedule_type = 'one_time' or scheduled_at is null),
    constraint a_live_recurring_job_has_its_next_time check (
        not (schedule_type = 'recurring' and status in ('active', 'paused') and next_run_at is null)),
    constraint an_ended_job_has_no_next_time check (status in ('active', 'paused') or next_run_at is null),
    constraint only_a_paused_job_has_a_pause_reason check (status = 'paused' or pause_reason is null)
);
create index scheduled_jobs_due on scheduled_jobs (next_run_at) where status in ('active', 'paused');
create index scheduled_jobs_brand_id on scheduled_jobs (brand_id);
create index scheduled_jobs_organization_id on scheduled_jobs (organization_id);
create index scheduled_jobs_product_id on scheduled_jobs (product_id) where product_id is not null;
create index scheduled_jobs_job_type on scheduled_jobs (job_type);

-- One recurring job for one purpose: a second page cannot schedule the same thing again.
create unique index scheduled_jobs_one_recurring on scheduled_jobs
    (job_type, brand_id, product_id, parameters) nulls not distinct
    where schedule_type = 'recurring' and status in ('active', 'paused');

create trigger scheduled_jobs_updated_at before update on scheduled_jobs
    for each row execute function set_updated_at();
