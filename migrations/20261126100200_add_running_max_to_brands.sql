-- Runs of a brand at the same time, over all job types. Null: no limit.

alter table brands add column running_max int check (running_max > 0);
