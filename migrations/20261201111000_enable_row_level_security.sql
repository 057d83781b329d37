-- A transaction of one organisation sees and writes that organisation's rows, whatever its statements ask for. It guards
-- against a statement that forgets to ask whose rows it reads, not against one that takes another role.
--
-- Each table that carries tenants' data has two policies. The first leaves to grants who uses the table, as before: it is
-- for everybody, unless somebody has guarded the table already. The second is restrictive, so no other policy widens
-- what a tenant sees. The tables' owner, its members and superusers, as whom the installation works, are under neither.
--
-- A later table carries tenants' data and gets the like of these, or nothing is granted to tenants; a test holds it to that.

do $$
declare
    it record;
    -- Read once for a statement, and not for each row.
    own constant text := '(select current_organization_id())';
begin
    for it in
        select of_table.name, coalesce(of_table.owner, 'organization_id') || ' = ' || own as rule, of_table.privileges,
               to_regclass(of_table.name) as id
          from (values
                -- Who there is. That an organisation or brand exists, others decide; its row is locked and its limits are set.
                ('organizations', 'id', 'select, update'),
                ('brands', null, 'select, update'),
                ('products', null, 'select'),
                ('usage_limits', null, 'select'),
                -- The ledger. Its history is not rewritten, and what retention deletes the installation deletes.
                ('scheduled_jobs', null, 'select, insert, update'),
                ('scheduled_job_changes',
                 '(select j.organization_id from scheduled_jobs as j where j.id = scheduled_job_changes.scheduled_job_id)',
                 'select, insert'),
                ('scheduled_job_runs', null, 'select, insert, update'),
                ('run_logs', '(select r.organization_id from scheduled_job_runs as r where r.id = run_logs.run_id)',
                 'select, insert'),
                ('retry_batches', null, 'select, insert, update'),
                ('retry_batch_runs',
                 '(select b.organization_id
                     from retry_batches as b
                     join scheduled_job_runs as r on r.organization_id = b.organization_id
                    where b.id = retry_batch_runs.batch_id and r.id = retry_batch_runs.run_id)',
                 'select, insert, update'),
                ('dataset_status', null, 'select, insert, update'),
                ('notifications', null, 'select, insert, update, delete'),
                ('token_usage', null, 'select, insert, update, delete'),
                -- What jobs fetch and find out.
                ('brand_ad_accounts', null, 'select, insert, update, delete'),
                ('meta_sync_days', null, 'select, insert, update, delete'),
                ('meta_sync_slices',
                 '(select r.organization_id from scheduled_job_runs as r where r.id = meta_sync_slices.sync_run_id)',
                 'select, insert, update, delete'),
                ('meta_campaigns', null, 'select, insert, update, delete'),
                ('meta_ads', null, 'select, insert, update, delete'),
                ('meta_ads_performance', null, 'select, insert, update, delete'),
                ('meta_ads_demographic_performance', null, 'select, insert, update, delete'),
                ('meta_ad_assets', null, 'select, insert, update, delete'),
                ('meta_ad_destinations', null, 'select, insert, update, delete'),
                ('meta_ad_destination_status', null, 'select, insert, update, delete'),
                ('brand_landing_pages', null, 'select, insert, update, delete'),
                ('ad_video_analysis', null, 'select, insert, update, delete'),
                ('ad_creative_classifications', null, 'select, insert, update, delete'),
                ('ad_classification_units', null, 'select, insert, update, delete'),
                ('ad_intelligence_baselines', null, 'select, insert, update, delete'),
                ('remote_files', null, 'select, insert, update, delete'),
                ('product_template_usage',
                 '(select p.organization_id from products as p where p.id = product_template_usage.product_id)',
                 'select, insert, update, delete')
               ) as of_table (name, owner, privileges)
    loop
        execute format('create policy grants_decide on %s to %s using (true)', it.id,
                       case when (select relrowsecurity from pg_class where oid = it.id) then 'sundial_tenant'
                            else 'public' end);
        execute format('create policy a_tenant_has_its_own on %s as restrictive to sundial_tenant using (%s)', it.id, it.rule);
        execute format('alter table %s enable row level security', it.id);
        execute format('grant %s on %s to sundial_tenant', it.privileges, it.id);
    end loop;
end
$$;

-- Everybody's to read: which jobs there are, and since when the ledger is kept.
grant select on job_types, ledger_horizon to sundial_tenant;

-- Views read as whoever asks, and not as their owner, who sees everything.
alter view newest_ad_classifications set (security_invoker = true);
alter view v_active_scheduled_jobs set (security_invoker = true);
alter view v_recent_job_runs set (security_invoker = true);
grant select on newest_ad_classifications, v_active_scheduled_jobs, v_recent_job_runs to sundial_tenant;
