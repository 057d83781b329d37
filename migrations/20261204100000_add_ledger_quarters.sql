-- How many attempts stand in which way, by the quarter of an hour of their nominal time, of all organizations together:
-- counted with the verdicts of their hour, as a calendar of ten thousand jobs cannot count a week while somebody waits.
create table ledger_quarters (
    hour timestamptz not null references ledger_hours (hour) on delete cascade,
    -- Its beginning; zones differ by whole quarters.
    quarter timestamptz not null check (quarter >= hour and quarter < hour + interval '1 hour'),
    status text not null check (status in ('pending', 'running', 'completed', 'failed', 'skipped', 'cancelled')),
    attempts bigint not null check (attempts > 0),
    primary key (hour, quarter, status)
);

-- What all organizations together have in `ledger_hour_verdicts`, so that nobody adds up those of hundreds.
create table ledger_hour_totals (
    hour timestamptz not null references ledger_hours (hour) on delete cascade,
    verdict text not null check (verdict <> ''),
    fire_times bigint not null check (fire_times > 0),
    primary key (hour, verdict)
);

-- Hours are counted anew, with these.
delete from ledger_hours;
