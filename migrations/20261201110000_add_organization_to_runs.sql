-- Whose rows the transaction may see, where it looks at those of one organisation alone; null elsewhere.
create function current_organization_id() returns uuid
language sql stable parallel safe as
'select nullif(current_setting(''sundial.organization_id'', true), '''')::uuid';

-- The organisation of a run's job, in the run as well: the newest runs of an organisation are then read from an index,
-- instead of looking up the job of run after run until enough are found. Null for the platform's.
alter table scheduled_job_runs add organization_id uuid;

-- Found and not taken from whoever inserts, so that no statement can forget it or say another. Whoever does not see the
-- job finds no organisation, and may then not insert.
create function set_organization_of_run() returns trigger
language plpgsql as $$
begin
    select j.organization_id into new.organization_id from scheduled_jobs as j where j.id = new.scheduled_job_id;
    return new;
end
$$;

create trigger scheduled_job_runs_organization
    before insert or update of scheduled_job_id, organization_id on scheduled_job_runs
    for each row execute function set_organization_of_run();

create function pass_organization_to_runs() returns trigger
language plpgsql as $$
begin
    update scheduled_job_runs set organization_id = new.organization_id where scheduled_job_id = new.id;
    return null;
end
$$;

create trigger scheduled_jobs_organization
    after update of organization_id on scheduled_jobs
    for each row when (old.organization_id is distinct from new.organization_id)
    execute function pass_organization_to_runs();

-- Half a minute for each 1,000,000 runs. It is no edit of a run.
set local statement_timeout = 0;
alter table scheduled_job_runs disable trigger scheduled_job_runs_updated_at;
alter table scheduled_job_runs disable trigger scheduled_job_runs_organization;
update scheduled_job_runs as r
   set organization_id = j.organization_id
  from scheduled_jobs as j
 where j.id = r.scheduled_job_id and j.organization_id is not null;
alter table scheduled_job_runs enable trigger scheduled_job_runs_organization;
alter table scheduled_job_runs enable trigger scheduled_job_runs_updated_at;

create index scheduled_job_runs_of_organization on scheduled_job_runs (organization_id, created_at desc, id desc);

-- Two organisations may choose the same key: an organisation's own stand behind its id and a space, of which a key has none.
alter table scheduled_job_runs drop constraint scheduled_job_runs_idempotency_key_check;
alter table scheduled_job_runs add constraint scheduled_job_runs_idempotency_key_check
    check (length(idempotency_key) between 1 and 237);

-- Whose batch of retries it is. Null: the installation's own, and those from before whose runs have several owners.
alter table retry_batches add organization_id uuid default current_organization_id()
    references organizations (id) on delete restrict;

update retry_batches as b
   set organization_id = owner.id
  from (select m.batch_id, min(r.organization_id::text)::uuid as id
          from retry_batch_runs as m
          join scheduled_job_runs as r on r.id = m.run_id
         group by m.batch_id
        having count(distinct r.organization_id) = 1 and count(*) = count(r.organization_id)) as owner
 where owner.batch_id = b.id;

create index retry_batches_organization_id on retry_batches (organization_id);
create index notifications_of_organization on notifications (organization_id, created_at desc, id desc);
