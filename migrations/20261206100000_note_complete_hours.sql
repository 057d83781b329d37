-- Whether an hour is counted with its quarters and totals; one that an older version counted without is counted anew.
alter table ledger_hours add column is_complete boolean not null default false;
