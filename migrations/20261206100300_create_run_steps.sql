-- What a run said about the datasets that it refreshes, one after the other.
create table run_steps (
    run_id uuid not null references scheduled_job_runs (id) on delete cascade,
    segment int not null check (segment > 0),
    -- As in `ad_assets`.
    dataset_key text not null check (dataset_key <> ''),
    -- When it said so.
    at timestamptz not null,
    -- Records written; null: it could not, or not all of it.
    records bigint check (records >= 0),
    -- Whether some were written all the same.
    is_partial boolean not null check (not is_partial or records is null),
    error_message text,
    primary key (run_id, segment, dataset_key),
    check ((records is null) = (error_message is not null))
);

create policy grants_decide on run_steps using (true);
create policy a_tenant_has_its_own on run_steps as restrictive to sundial_tenant
    using ((select r.organization_id from scheduled_job_runs as r where r.id = run_steps.run_id)
           = (select current_organization_id()));
alter table run_steps enable row level security;
grant select, insert, update on run_steps to sundial_tenant;
