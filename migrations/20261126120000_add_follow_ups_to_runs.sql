-- Runs that another run wishes for, and that are made when it completes.

alter table scheduled_job_runs
    -- What was wished for so far: [{"job_type": …, "parameters": …}], saved with the cursor, kept
    -- over segments and attempts, and made true when the run completes.
    add column follow_ups     jsonb not null default '[]' check (jsonb_typeof(follow_ups) = 'array'),
    -- Type, owner and parameters of a follow-up, so that one that waits is not doubled.
    add column follow_up_key  text check (follow_up_key <> ''),
    add constraint only_a_follow_up_has_its_key check (follow_up_key is null or origin = 'follow_up');
create unique index scheduled_job_runs_one_follow_up on scheduled_job_runs (follow_up_key)
    where status = 'pending' and started_at is null;
