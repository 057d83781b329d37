-- How far back the ledger tells everything. Retention deletes rows, and an audit of the time before must not
-- take what is gone for lost.

create table ledger_horizon (
    is_only        boolean primary key default true check (is_only),
    -- Of fire times before this moment the ledger may have no row any more. Never moves back.
    pruned_before  timestamptz not null
);
