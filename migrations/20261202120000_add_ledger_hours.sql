-- What became of the fire times of each hour, counted by the reconciler once the hour is over, and again until nothing
-- of it is under way: on a large ledger nobody can count a day while a page waits.

-- Which hours are counted.
create table ledger_hours (
    -- Its beginning.
    hour timestamptz primary key check (date_bin('1 hour', hour, 'epoch') = hour),
    counted_at timestamptz not null,
    -- Whether every fire time of it has its last word.
    is_final boolean not null
);

-- Their counts.
create table ledger_hour_verdicts (
    id bigint generated always as identity primary key,
    hour timestamptz not null references ledger_hours (hour) on delete cascade,
    -- Null: jobs of the platform.
    organization_id uuid references organizations (id) on delete cascade,
    verdict text not null check (verdict <> ''),
    fire_times bigint not null check (fire_times > 0),
    unique nulls not distinct (hour, organization_id, verdict)
);
create index ledger_hour_verdicts_organization on ledger_hour_verdicts (organization_id, hour);

create policy grants_decide on ledger_hour_verdicts using (true);
create policy a_tenant_has_its_own on ledger_hour_verdicts as restrictive to sundial_tenant
    using (organization_id = (select current_organization_id()));
alter table ledger_hour_verdicts enable row level security;
grant select on ledger_hour_verdicts, ledger_hours to sundial_tenant;
