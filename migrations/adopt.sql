-- Takes over a database of the old system, in place: its tables are extended, not replaced.
--
-- `Database::migrate` runs this once, in one transaction, after it has run the first seven
-- migrations in an empty schema `sundial_baseline`, on which the search path stands now. What is
-- there is the pattern: parts 2, 3 and 5 read it from the catalogue, so that an adopted database
-- cannot differ from a new one. `sundial.search_path` holds the search path of the real tables,
-- `sundial.job_types` the names of the job types that the program knows, with commas.
--
-- No row is lost: whatever is changed or removed is first copied to `adopted_rows`, as it was.
-- sqlx takes only files named VERSION_NAME.sql for migrations, so it does not take this one.
--
-- A later migration that inserts a row into job_types must say `on conflict (name) do update`:
-- jobs of the old system may have brought the type with them. Their scope is then already in use:
-- where it is another, such jobs must be moved first.

set local client_min_messages = warning;
-- Half a minute for each 100,000 runs with their logs.
set local statement_timeout = 0;
-- Where constraints are deferred, pending checks would refuse every ALTER TABLE after an UPDATE.
set constraints all immediate;

-- ---------------------------------------------------------------------------------------------
-- 1. The pattern, and what is there.

create temp table baseline_columns on commit drop as
select c.relname as tab, a.attname as col, a.attnum as position,
       format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as is_required,
       a.attgenerated <> '' as is_generated, pg_get_expr(d.adbin, d.adrelid) as value
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
 where c.relnamespace = 'sundial_baseline'::regnamespace and c.relkind = 'r';

create temp table baseline_constraints on commit drop as
select c.relname as tab, k.conname as name, pg_get_constraintdef(k.oid) as def,
       position(k.contype::text in 'pucf') as rank
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
 where c.relnamespace = 'sundial_baseline'::regnamespace and k.contype <> 'n';

create temp table baseline_indexes on commit drop as
select c.relname as tab, x.relname as name, i.indisunique as is_unique,
       replace(pg_get_indexdef(i.indexrelid), ' ON sundial_baseline.', ' ON ') as def
  from pg_index i
  join pg_class c on c.oid = i.indrelid
  join pg_class x on x.oid = i.indexrelid
 where c.relnamespace = 'sundial_baseline'::regnamespace
   and not exists (select from pg_constraint k where k.conindid = i.indexrelid);

create temp table baseline_triggers on commit drop as
select c.relname as tab, t.tgname as name,
       replace(pg_get_triggerdef(t.oid), ' ON sundial_baseline.', ' ON ') as def
  from pg_trigger t
  join pg_class c on c.oid = t.tgrelid
 where c.relnamespace = 'sundial_baseline'::regnamespace and not t.tgisinternal;

create temp table baseline_views on commit drop as
select c.relname as name, pg_get_viewdef(c.oid) as def
  from pg_class c
 where c.relnamespace = 'sundial_baseline'::regnamespace and c.relkind = 'v';

select set_config('search_path', current_setting('sundial.search_path'), true);

create temp table old_columns on commit drop as
select c.oid as relid, c.relname as tab, a.attname as col, a.attnum as position,
       format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as is_required,
       a.atthasdef or a.attidentity <> '' as has_value
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relnamespace = quote_ident(current_schema())::regnamespace and c.relkind in ('r', 'p')
   and c.relname in (select tab from baseline_columns);

create function pg_temp.had(tab name, col name) returns boolean language sql as
'select exists (select from old_columns o where (o.tab, o.col) = ($1, $2))';

-- Old rows as they were. A row that is gone has is_removed; the others were changed where they are.
create table adopted_rows (
    id          bigint generated always as identity primary key,
    table_name  text not null,
    row_id      text,
    row         jsonb not null,
    reason      text not null,
    is_removed  boolean not null,
    at          timestamptz not null default now(),
    unique (table_name, row_id)
);

-- ---------------------------------------------------------------------------------------------
-- 2. Clears the way: rules of the old tables that contradict ours, or would refuse the repairs.

do $$
declare
    it record;
begin
    for it in select name from baseline_views loop
        execute format('drop view if exists %I', it.name);
    end loop;

    -- References among our tables; those of other tables to them, and to other tables, stay.
    for it in
        select k.conrelid::regclass as tab, k.conname as name
          from pg_constraint k
         where k.contype = 'f'
           and k.conrelid in (select relid from old_columns)
           and k.confrelid in (select relid from old_columns)
           and not exists (select from old_columns o
                            where o.relid = k.conrelid and o.position = any (k.conkey)
                              and (o.tab, o.col) not in (select tab, col from baseline_columns))
    loop
        execute format('alter table %s drop constraint %I', it.tab, it.name);
    end loop;

    -- Checks and unique keys of the tables that are Sundial's alone from now on.
    for it in
        select k.conrelid::regclass as tab, k.conname as name
          from pg_constraint k
          join pg_class c on c.oid = k.conrelid
         where k.conrelid in (select relid from old_columns)
           and c.relname not in ('organizations', 'brands', 'products')
           and (k.contype = 'c'
                or k.contype in ('u', 'x')
                   and (c.relname, pg_get_constraintdef(k.oid))
                       not in (select tab, def from baseline_constraints)
                   and not exists (select from old_columns o
                                    where o.relid = k.conrelid and o.position = any (k.conkey)
                                      and (o.tab, o.col) not in (select tab, col from baseline_columns))
                   and not exists (select from pg_constraint f
                                    where f.contype = 'f' and f.conindid = k.conindid))
    loop
        execute format('alter table %s drop constraint %I', it.tab, it.name);
    end loop;
    for it in
        select i.indexrelid::regclass as name
          from pg_index i
          join pg_class c on c.oid = i.indrelid
         where i.indrelid in (select relid from old_columns) and i.indisunique
           and c.relname not in ('organizations', 'brands', 'products')
           and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    loop
        execute format('drop index %s', it.name);
    end loop;

    -- Triggers that keep updated_at, under whatever name; ours does, and repairs are no edits.
    for it in
        select t.tgrelid::regclass as tab, t.tgname as name
          from pg_trigger t
          join pg_proc p on p.oid = t.tgfoid
         where t.tgrelid in (select relid from old_columns) and not t.tgisinternal
           and p.prosrc ~* 'new\.updated_at'
    loop
        execute format('drop trigger %I on %s', it.name, it.tab);
    end loop;
end $$;

-- ---------------------------------------------------------------------------------------------
-- 3. Extends: tables and columns that are missing, types, defaults. What is required comes last.

-- Columns of others that must be given and have no default: our inserts do not know them.
create function pg_temp.loosen(wanted name) returns void language plpgsql as $$
declare
    it record;
begin
    for it in
        select o.tab, o.col from old_columns o
         where o.tab = wanted and o.is_required and not o.has_value
           and not exists (select from baseline_columns b where (b.tab, b.col) = (o.tab, o.col))
    loop
        execute format('alter table %I alter column %I drop not null', it.tab, it.col);
    end loop;
end $$;

do $$
declare
    it record;
begin
    for it in select distinct tab from baseline_columns except select tab from old_columns loop
        execute format('create table %I (like sundial_baseline.%1$I including defaults
                        including generated including identity)', it.tab);
    end loop;
    for it in
        select b.*, o.type as old_type, o.is_required as was_required
          from baseline_columns b
          left join old_columns o using (tab, col)
         where b.tab in (select tab from old_columns)
         order by b.tab, b.is_generated, b.position
    loop
        if it.old_type is null then
            execute format('alter table %I add column %I %s %s', it.tab, it.col, it.type,
                case when it.is_generated then 'generated always as (' || it.value || ') stored'
                     when it.value is not null then 'default ' || it.value else '' end);
            continue;
        end if;
        execute format('alter table %I alter column %I drop default', it.tab, it.col);
        if it.old_type <> it.type then
            execute format('alter table %I alter column %I type %s using %2$I::%3$s',
                           it.tab, it.col, it.type);
        end if;
        if it.value is not null then
            execute format('alter table %I alter column %I set default %s', it.tab, it.col, it.value);
        end if;
        if it.was_required and not it.is_required then
            execute format('alter table %I alter column %I drop not null', it.tab, it.col);
        end if;
    end loop;
    for it in
        select distinct tab from old_columns where tab not in ('organizations', 'brands', 'products')
    loop
        perform pg_temp.loosen(it.tab);
    end loop;
end $$;

insert into job_types select * from sundial_baseline.job_types;

-- ---------------------------------------------------------------------------------------------
-- 4. Repairs rows, each under a reason. An old row that changes or goes is copied by this trigger;
--    it watches also the tables that refer to ours, since a deletion may reach them.

create function pg_temp.keep() returns trigger language plpgsql as $$
declare
    added text[] := tg_argv[0];
    was jsonb := to_jsonb(old) - added;
    why text := current_setting('sundial.reason');
begin
    if tg_op = 'UPDATE' and (why = '' or was = to_jsonb(new) - added) then
        return new;
    end if;
    insert into adopted_rows as kept (table_name, row_id, row, reason, is_removed)
    values (tg_relid::regclass::text, was ->> 'id', was, why, tg_op = 'DELETE')
        on conflict (table_name, row_id) do update
       set is_removed = excluded.is_removed,
           reason = case when position(excluded.reason in kept.reason) > 0 then kept.reason
                         else kept.reason || '; ' || excluded.reason end;
    return case tg_op when 'DELETE' then old else new end;
end $$;

do $$
declare
    it record;
begin
    for it in
        select c.oid::regclass as tab,
               array(select b.col::text from baseline_columns b
                      where b.tab = c.relname and c.oid in (select relid from old_columns)
                        and not pg_temp.had(b.tab, b.col)) as added
          from pg_class c
         where c.oid in (select relid from old_columns
                          union
                         select conrelid from pg_constraint
                          where contype = 'f' and confrelid in (select relid from old_columns))
    loop
        execute format('create trigger sundial_keep before update or delete on %s
                        for each row execute function pg_temp.keep(%L)', it.tab, it.added);
    end loop;
end $$;

set local sundial.reason = 'a value was missing';
do $$
declare
    it record;
begin
    for it in
        select b.tab, b.col
          from baseline_columns b
          join old_columns o using (tab, col)
         where b.is_required and b.value is not null and not o.is_required and not b.is_generated
    loop
        execute format('update %I set %I = default where %2$I is null', it.tab, it.col);
    end loop;
end $$;
update scheduled_jobs set job_type = 'ad_creation' where job_type is null;
update organizations set name = 'Unnamed' where coalesce(name, '') = '';
update brands set name = 'Unnamed' where coalesce(name, '') = '';
update products set name = 'Unnamed' where coalesce(name, '') = '';

-- Job types. Nothing of Sundial's could read a job of a type that it does not know, so such jobs are set
-- aside with their runs. A known type that a later migration brings belongs to what most of its jobs do.

create temp table known_types on commit drop as
select string_to_table(current_setting('sundial.job_types'), ',') as name;

set local sundial.reason = 'Sundial does not know its job type';
delete from scheduled_job_runs r
 using scheduled_jobs j
 where j.id = r.scheduled_job_id and j.job_type not in (select name from known_types);
delete from scheduled_jobs where job_type not in (select name from known_types);

insert into job_types (name, scope, description)
select distinct on (job_type) job_type, scope, 'Of the old system.'
  from (select job_type, scope, count(*) as jobs from scheduled_jobs group by job_type, scope) counted
 where job_type not in (select name from job_types)
 order by job_type, jobs desc, scope = 'brand' desc, scope;

-- Who owns a job. `nobody` is the brand of what had none.

create temp table nobody on commit drop as select gen_random_uuid() as brand_id;

set local sundial.reason = 'it had no brand';
update products set brand_id = (select brand_id from nobody) where brand_id is null;

set local sundial.reason = 'its brand was not its product''s';
update scheduled_jobs j
   set brand_id = p.brand_id
  from products p, job_types t
 where p.id = j.product_id and t.name = j.job_type
   and (t.scope = 'product' and j.brand_id is distinct from p.brand_id
        or t.scope = 'brand' and j.brand_id is null);

set local sundial.reason = 'jobs of its type have no such owner';
update scheduled_jobs j
   set product_id = null,
       brand_id = case t.scope when 'brand' then j.brand_id end
  from job_types t
 where t.name = j.job_type and t.scope <> 'product'
   and (j.product_id is not null or t.scope = 'platform' and j.brand_id is not null);

set local sundial.reason = 'its job was set aside';
delete from scheduled_job_runs r
 using scheduled_jobs j, job_types t
 where j.id = r.scheduled_job_id and t.name = j.job_type and t.scope <> j.scope;
set local sundial.reason = 'its job did not exist';
delete from scheduled_job_runs r
 where not exists (select from scheduled_jobs j where j.id = r.scheduled_job_id);
set local sundial.reason = 'its job type needs a brand or a product, and it had none';
delete from scheduled_jobs j using job_types t where t.name = j.job_type and t.scope <> j.scope;

set local sundial.reason = 'its product did not exist, and it had no brand';
update scheduled_jobs j
   set brand_id = (select brand_id from nobody)
 where j.product_id is not null and j.brand_id is null;

-- Owners that do not exist get a placeholder, so that no reference dangles.

create temp table unknown_brands on commit drop as
select brand_id as id from products union select brand_id from scheduled_jobs where brand_id is not null
except select id from brands;

create temp table unknown_products on commit drop as
select distinct on (j.product_id) j.product_id as id, j.brand_id
  from scheduled_jobs j
 where j.product_id is not null and not exists (select from products p where p.id = j.product_id)
 order by j.product_id, j.created_at;

create temp table adopted_organization on commit drop as
select gen_random_uuid() as id
 where exists (select from unknown_brands)
    or exists (select from brands b
                where not exists (select from organizations o where o.id = b.organization_id));

do $$
begin
    if exists (select from adopted_organization) then
        perform pg_temp.loosen('organizations');
        insert into organizations (id, name) select id, 'Adopted' from adopted_organization;
    end if;
    if exists (select from unknown_brands) then
        perform pg_temp.loosen('brands');
        insert into brands (id, organization_id, name)
        select u.id, o.id, 'Unknown brand' from unknown_brands u, adopted_organization o;
    end if;
    if exists (select from unknown_products) then
        perform pg_temp.loosen('products');
        insert into products (id, brand_id, name) select id, brand_id, 'Unknown product' from unknown_products;
    end if;
end $$;

set local sundial.reason = 'its organization did not exist';
update brands b
   set organization_id = o.id
  from adopted_organization o
 where not exists (select from organizations known where known.id = b.organization_id);

-- Two jobs of one unknown product may have named two brands.
set local sundial.reason = 'its brand was not its product''s';
update scheduled_jobs j
   set brand_id = p.brand_id
  from products p
 where p.id = j.product_id and j.brand_id is distinct from p.brand_id;

-- Jobs.

set local sundial.reason = 'values that Sundial does not take';
update scheduled_jobs
   set name = left(coalesce(nullif(name, ''), 'Unnamed'), 200),
       parameters = case jsonb_typeof(parameters) when 'object' then parameters else '{}' end,
       trigger_source = case when trigger_source in ('scheduled', 'manual', 'api') then trigger_source else 'scheduled' end,
       schedule_type = case when schedule_type = 'recurring' then 'recurring' else 'one_time' end,
       cron_expression = case when schedule_type = 'recurring' then cron_expression end,
       scheduled_at = case when schedule_type = 'recurring' then null else scheduled_at end,
       status = case when status in ('active', 'paused', 'completed', 'archived') then status else 'archived' end,
       max_runs = case when max_runs > 0 then max_runs end,
       max_retries = least(greatest(max_retries, 0), 20),
       runs_completed = greatest(runs_completed, 0),
       template_mode = case when template_mode = 'uploaded' then 'upload'
                            when template_mode in ('unused', 'specific', 'upload') then template_mode end,
       template_count = case when template_count > 0 then template_count end,
       template_source = case when template_source in ('uploaded', 'scraped') then template_source else 'uploaded' end;

set local sundial.reason = 'it was recurring without a cron that could be kept';
update scheduled_jobs
   set schedule_type = 'one_time', cron_expression = null, scheduled_at = null, status = 'archived',
       last_error = 'adopted: it was recurring, but without a cron that could be kept'
 where schedule_type = 'recurring'
   and (coalesce(btrim(cron_expression), '') = '' or length(cron_expression) > 256);

set local sundial.reason = 'its brand did not exist';
update scheduled_jobs
   set status = 'archived', last_error = 'adopted: its brand did not exist'
 where status in ('active', 'paused') and brand_id in (select id from unknown_brands);

set local sundial.reason = 'it was once, and had no time';
update scheduled_jobs set status = 'completed'
 where status in ('active', 'paused') and schedule_type = 'one_time' and next_run_at is null;

set local sundial.reason = 'it did the same as an older one';
update scheduled_jobs j
   set status = 'archived', last_error = 'adopted: it did the same as job ' || doubles.oldest
  from (select id, first_value(id) over (partition by job_type, brand_id, product_id, parameters
                                         order by created_at, id) as oldest
          from scheduled_jobs
         where schedule_type = 'recurring' and status in ('active', 'paused')) doubles
 where doubles.id = j.id and doubles.oldest <> j.id;

set local sundial.reason = 'it had ended';
update scheduled_jobs set next_run_at = null where status in ('completed', 'archived') and next_run_at is not null;

-- Paused, since the old worker may still run, and counts weekdays otherwise. A recurring job gets a
-- time that no sweep reaches: resuming it sets the next one. The second revision is this one.
set local sundial.reason = 'it is paused until a person resumes it';
update scheduled_jobs
   set status = 'paused',
       revision = 2,
       pause_reason = 'adopted: check its schedule with schedules import-legacy, then resume',
       scheduled_at = case schedule_type when 'one_time' then coalesce(scheduled_at, next_run_at) end,
       next_run_at = case schedule_type when 'one_time' then next_run_at else '9999-01-01T00:00:00Z' end
 where status in ('active', 'paused');

-- The old worker computed in this zone.
update scheduled_jobs set timezone = 'America/Los_Angeles';

-- Runs. All have ended, and nobody is to be told of them or to retry them.

set local sundial.reason = 'it had not ended, or not as Sundial writes it';
update scheduled_job_runs r
   set job_revision = 1,
       origin = 'manual',
       requested_by = 'the old system',
       scheduled_for = began.at,
       run_after = began.at,
       created_at = case when pg_temp.had('scheduled_job_runs', 'created_at') then r.created_at else began.at end,
       attempt_number = greatest(r.attempt_number, 1),
       parameters = '{}',
       metadata = case jsonb_typeof(r.metadata) when 'object' then r.metadata else '{}' end,
       status = ended.status,
       started_at = coalesce(r.started_at, case ended.status when 'completed' then coalesce(r.completed_at, began.at) end),
       completed_at = coalesce(r.completed_at, case when r.status in ('running', 'pending') then now() else began.at end),
       error_kind = case when r.status = 'running' then 'lost' when ended.status = 'failed' then 'permanent' end,
       error_message = case when r.status = 'running' then 'was at work when Sundial took over'
                            when ended.status = 'failed' then coalesce(nullif(r.error_message, ''), 'no message was kept') end,
       -- A message of a run that did not fail, or of one that was at work.
       warnings = case when r.error_message <> '' and r.status is distinct from 'failed'
                       then array[r.error_message] else '{}' end,
       announced_at = now(),
       acknowledged_at = case ended.status when 'failed' then now() end
  from scheduled_job_runs o
  join scheduled_jobs j on j.id = o.scheduled_job_id
 cross join lateral (select coalesce(o.started_at, o.completed_at,
                         case when pg_temp.had('scheduled_job_runs', 'created_at') then o.created_at end,
                         j.created_at) as at) began
 cross join lateral (select case when o.status in ('completed', 'failed') then o.status
                                 when o.status = 'running' then 'failed' else 'cancelled' end as status) ended
 where o.id = r.id;

insert into run_logs (run_id, segment, at, level, message)
select r.id, 1, r.completed_at, 'info', lines.line
  from scheduled_job_runs r
 cross join lateral string_to_table(to_jsonb(r) ->> 'logs', E'\n') with ordinality lines (line, number)
 where lines.line <> ''
 order by r.completed_at, r.id, lines.number;

set local sundial.reason = 'its product did not exist, or its template had no name';
delete from product_template_usage u
 where coalesce(u.template_storage_name, '') = ''
    or not exists (select from products p where p.id = u.product_id);

-- Datasets.

set local sundial.reason = 'its brand did not exist, or its key is no name';
delete from dataset_status d
 where d.dataset_key !~ '^[a-z][a-z0-9_]{1,40}$'
    or d.brand_id is not null and not exists (select from brands b where b.id = d.brand_id);

set local sundial.reason = 'a state that Sundial derives, or values that it does not take';
update dataset_status d
   set last_status = now_is.status,
       last_run_id = (select r.id from scheduled_job_runs r where r.id = d.last_run_id),
       records_affected = greatest(d.records_affected, 0),
       error_message = case now_is.status when 'failed' then coalesce(nullif(d.error_message, ''), 'no message was kept') end,
       metadata = case jsonb_typeof(d.metadata) when 'object' then d.metadata else '{}' end
  from dataset_status o
 cross join lateral (select case when o.last_status = 'failed' then 'failed'
                                 when o.last_status in ('completed', 'running') and o.last_success_at is not null
                                 then 'completed' else 'unknown' end as status) now_is
 where o.id = d.id;

-- Ad accounts, and what Meta told. One account belongs to one brand.

create function pg_temp.account(id text) returns text language sql immutable as
$$select 'act_' || substring(btrim(id) from '^(?:act_)?([0-9]{1,32})$')$$;

set local sundial.reason = 'it had no brand';
delete from brand_ad_accounts x where not exists (select from brands b where b.id = x.brand_id);
delete from meta_ads_performance x where not exists (select from brands b where b.id = x.brand_id);
delete from meta_campaigns x where not exists (select from brands b where b.id = x.brand_id);
delete from meta_ad_assets x where not exists (select from brands b where b.id = x.brand_id);
delete from meta_ad_destinations x where not exists (select from brands b where b.id = x.brand_id);

set local sundial.reason = 'an id of Meta cannot be read';
delete from brand_ad_accounts where pg_temp.account(meta_ad_account_id) is null;
delete from meta_ads_performance
 where pg_temp.account(meta_ad_account_id) is null or meta_ad_id !~ '^[0-9]{1,32}$' or meta_campaign_id is null;
delete from meta_campaigns where pg_temp.account(meta_ad_account_id) is null or meta_campaign_id !~ '^[0-9]{1,32}$';
delete from meta_ad_assets where meta_ad_id !~ '^[0-9]{1,32}$' or asset_type not in ('video', 'image');
delete from meta_ad_destinations where meta_ad_id !~ '^[0-9]{1,32}$' or destination_url = '' or canonical_url = '';

set local sundial.reason = 'its account is linked already, to this brand or another';
delete from brand_ad_accounts x
 using (select id, row_number() over (partition by pg_temp.account(meta_ad_account_id)
                                      order by is_primary desc, created_at, id) as place
          from brand_ad_accounts) doubles
 where doubles.id = x.id and doubles.place > 1;
set local sundial.reason = 'another row is of the same campaign';
delete from meta_campaigns x
 using (select id, row_number() over (partition by pg_temp.account(meta_ad_account_id), meta_campaign_id
                                      order by synced_at desc, id) as place
          from meta_campaigns) doubles
 where doubles.id = x.id and doubles.place > 1;

-- Not worth a copy: the digits are the same.
set local sundial.reason = '';
update brand_ad_accounts set meta_ad_account_id = pg_temp.account(meta_ad_account_id)
 where meta_ad_account_id <> pg_temp.account(meta_ad_account_id);
update meta_ads_performance set meta_ad_account_id = pg_temp.account(meta_ad_account_id)
 where meta_ad_account_id <> pg_temp.account(meta_ad_account_id);
update meta_campaigns set meta_ad_account_id = pg_temp.account(meta_ad_account_id)
 where meta_ad_account_id <> pg_temp.account(meta_ad_account_id);

insert into brand_ad_accounts (brand_id, meta_ad_account_id, is_primary)
select distinct on (seen.account) seen.brand_id, seen.account, false
  from (select meta_ad_account_id as account, brand_id, min(date) as first from meta_ads_performance group by 1, 2
         union all
        select meta_ad_account_id, brand_id, min(synced_at)::date from meta_campaigns group by 1, 2) seen
 where not exists (select from brand_ad_accounts x where x.meta_ad_account_id = seen.account)
 order by seen.account, seen.first, seen.brand_id;

set local sundial.reason = 'its ad account is linked to another brand';
delete from meta_ads_performance x
 where not exists (select from brand_ad_accounts a
                    where (a.brand_id, a.meta_ad_account_id) = (x.brand_id, x.meta_ad_account_id));
delete from meta_campaigns x
 where not exists (select from brand_ad_accounts a
                    where (a.brand_id, a.meta_ad_account_id) = (x.brand_id, x.meta_ad_account_id));

set local sundial.reason = 'a brand has one primary account, and values must be known ones';
update brand_ad_accounts x
   set is_primary = ranked.place = 1,
       auth_method = case x.auth_method when 'oauth' then 'oauth' else 'system_user' end,
       currency = substring(x.currency from '^[A-Z]{3}$')
  from (select id, row_number() over (partition by brand_id order by is_primary desc, created_at, id) as place
          from brand_ad_accounts) ranked
 where ranked.id = x.id;

-- Media. The old rows know no digest of the bytes, so none of them counts as stored. None is primary
-- either, which makes asset_download look at each ad once more.

set local sundial.reason = 'stored by the old system, or values that Sundial does not take';
update meta_ad_assets x
   set meta_ad_account_id = coalesce(
           (select p.meta_ad_account_id from meta_ads_performance p
             where (p.meta_ad_id, p.brand_id) = (x.meta_ad_id, x.brand_id) order by p.date desc limit 1),
           (select a.meta_ad_account_id from brand_ad_accounts a where a.brand_id = x.brand_id and a.is_primary)),
       source_id = coalesce(nullif(x.meta_video_id, ''), 'adopted:' || x.id),
       fetched_at = case when pg_temp.had('meta_ad_assets', 'fetched_at') then x.fetched_at else x.created_at end,
       status = case x.status when 'not_downloadable' then 'not_downloadable' else 'failed' end,
       not_downloadable_reason = case x.status when 'not_downloadable'
           then coalesce(nullif(x.not_downloadable_reason, ''), 'no reason was kept') end,
       failure_reason = case when x.status = 'failed'
           then coalesce(nullif(x.failure_reason, ''), nullif(x.not_downloadable_reason, ''), 'no reason was kept')
           when x.status = 'not_downloadable' then null
           else 'adopted: stored by the old system, downloads again' end,
       next_attempt_at = null,
       attempts = greatest(x.attempts, 0),
       storage_path = '',
       sha256 = null,
       quality = null,
       file_size_bytes = case when x.file_size_bytes > 0 then x.file_size_bytes end,
       width = case when x.width > 0 then x.width end,
       height = case when x.height > 0 then x.height end,
       duration_seconds = case when x.duration_seconds >= 0 then x.duration_seconds end,
       source_url = substring(x.source_url from '^[^?#]*');

set local sundial.reason = 'no ad account of it is known';
delete from meta_ad_assets where meta_ad_account_id is null;
set local sundial.reason = 'another row is of the same medium';
delete from meta_ad_assets x
 using (select id, row_number() over (partition by brand_id, meta_ad_id, asset_type, source_id
                                      order by created_at desc, id) as place
          from meta_ad_assets) doubles
 where doubles.id = x.id and doubles.place > 1;

-- Anything else that lacks what it needs. Jobs and runs are mended above.

set local sundial.reason = 'it lacked a value that Sundial needs';
do $$
declare
    it record;
begin
    for it in
        select tab, col from baseline_columns
         where is_required and col <> 'organization_id' and tab in (select tab from old_columns)
           and (tab like 'meta%' or tab in ('dataset_status', 'product_template_usage', 'brand_ad_accounts'))
    loop
        execute format('delete from %I where %I is null', it.tab, it.col);
    end loop;
end $$;

-- Whoever has a brand belongs to the brand's organization.

set local sundial.reason = 'its organization was not its brand''s';
do $$
declare
    it record;
begin
    for it in select tab from baseline_columns where col = 'brand_id' and tab <> 'notifications' loop
        execute format('update %I x set organization_id = b.organization_id from brands b
                         where b.id = x.brand_id and x.organization_id is distinct from b.organization_id', it.tab);
        execute format('update %I set organization_id = null where brand_id is null and organization_id is not null', it.tab);
    end loop;
end $$;

do $$
declare
    it record;
begin
    for it in select tgrelid::regclass as tab from pg_trigger 
               where tgfoid = 'pg_temp.keep'::regproc and tgparentid = 0 loop
        execute format('drop trigger sundial_keep on %s', it.tab);
    end loop;
end $$;

-- ---------------------------------------------------------------------------------------------
-- 5. Rules, as the pattern has them.

do $$
declare
    it record;
    same name;
begin
    for it in
        select tab, col from baseline_columns
         where is_required and tab in (select tab from old_columns)
    loop
        execute format('alter table %I alter column %I set not null', it.tab, it.col);
    end loop;

    for it in select * from baseline_constraints order by rank, tab, name loop
        select k.conname into same
          from pg_constraint k
         where k.conrelid = it.tab::regclass and pg_get_constraintdef(k.oid) = it.def
         order by k.conname = it.name desc
         limit 1;
        if same is null then
            execute format('alter table %I drop constraint if exists %I', it.tab, it.name);
            if it.rank <= 2 then
                execute format('drop index if exists %I', it.name);
            end if;
            execute format('alter table %I add constraint %I %s', it.tab, it.name, it.def);
        elsif same <> it.name then
            execute format('alter table %I rename constraint %I to %I', it.tab, same, it.name);
        end if;
    end loop;

    for it in select * from baseline_indexes loop
        execute format('drop index if exists %I', it.name);
        execute it.def;
    end loop;

    for it in
        select pg_get_functiondef(oid) as def from pg_proc where pronamespace = 'sundial_baseline'::regnamespace
    loop
        execute replace(it.def, 'sundial_baseline.', format('%I.', current_schema()));
    end loop;
    for it in select * from baseline_triggers loop
        execute format('drop trigger if exists %I on %I', it.name, it.tab);
        execute it.def;
    end loop;
    for it in select * from baseline_views order by name loop
        execute format('create view %I as %s', it.name, it.def);
    end loop;
end $$;

-- ---------------------------------------------------------------------------------------------
-- 6. What a person must know, for the caller to print before it commits; and the pattern goes.

create temp table adoption_report on commit drop as
select position, concat_ws(' ', rows, words) as line
  from (values
    (0, null, 'a database of the old system was taken over'),
    (1, (select count(*) from scheduled_jobs where pause_reason like 'adopted: check%'),
        'jobs are paused: check their schedules with `schedules import-legacy`, then resume them'),
    (2, (select count(*) from adopted_rows where table_name ~ 'scheduled_jobs$' and is_removed
                                             and reason like '%does not know its job type%'),
        'jobs are of types that this version of Sundial does not know; adopted_rows has them'),
    (3, (select count(*) from scheduled_jobs where status = 'archived' and last_error like 'adopted:%'),
        'jobs are archived; their last_error says why'),
    (4, (select count(*) from adopted_rows where table_name ~ 'scheduled_job_runs$' and not is_removed
                                             and row ->> 'status' in ('running', 'pending')),
        'runs had not ended, and are closed'),
    (5, (select count(*) from unknown_brands), 'brands did not exist, and are named Unknown brand'),
    (6, (select count(*) from unknown_products), 'products did not exist, and are named Unknown product'),
    (7, (select count(*) from brands where organization_id in (select id from adopted_organization)),
        'brands had no organization, and belong to one named Adopted'),
    (8, (select count(*) from adopted_rows where is_removed), 'rows are set aside in adopted_rows'),
    (9, (select count(*) from adopted_rows where not is_removed), 'rows were changed; adopted_rows has them as they were')
  ) of (position, rows, words)
 where rows is null or rows > 0;

drop function pg_temp.keep(), pg_temp.had(name, name), pg_temp.loosen(name), pg_temp.account(text);
drop schema sundial_baseline cascade;
