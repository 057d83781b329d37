-- The rule of each job as the reconciler saw it in the cloud's clock, or put it there, last.
create table job_rules (
    scheduled_job_id uuid primary key references scheduled_jobs (id) on delete cascade,
    name text not null check (name <> ''),
    -- As in `cron(0 6 * * ? *)`.
    expression text not null check (expression <> ''),
    -- IANA name of the zone that the expression counts in.
    timezone text not null check (timezone <> ''),
    is_enabled boolean not null,
    -- Since when it is like this.
    seen_at timestamptz not null
);
create index job_rules_name on job_rules (name);

create policy grants_decide on job_rules using (true);
create policy a_tenant_has_its_own on job_rules as restrictive to sundial_tenant
    using ((select j.organization_id from scheduled_jobs as j where j.id = job_rules.scheduled_job_id)
           = (select current_organization_id()));
alter table job_rules enable row level security;
grant select on job_rules to sundial_tenant;
