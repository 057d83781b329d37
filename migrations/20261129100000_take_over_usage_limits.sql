-- What people have set as limits in the old system stays in force: without a row there is no limit. A row that
-- says nothing that can be kept to, or of no organization that is left, stays aside in adopted_usage_limits.
do $$
begin
    if to_regclass('adopted_usage_limits') is not null then
        insert into usage_limits (organization_id, limit_type, limit_value, period, alert_threshold, enabled)
        select o.id, a.limit_type, a.limit_value, a.period,
               case when a.alert_threshold > 0 and a.alert_threshold <= 1 then a.alert_threshold else 0.8 end,
               coalesce(a.enabled, true)
          from adopted_usage_limits it,
               jsonb_to_record(to_jsonb(it)) as a (organization_id uuid, limit_type text, limit_value numeric,
                                                   period text, alert_threshold numeric, enabled boolean)
          join organizations o on o.id = a.organization_id
         where a.limit_value >= 0
           and (a.limit_type, a.period) in (('monthly_tokens', 'monthly'), ('monthly_cost', 'monthly'),
                                            ('daily_ads', 'daily'), ('daily_requests', 'daily'))
        on conflict do nothing;
    end if;
end $$;

-- A run has at most a few hundred units, and its primary key finds them.
drop index ad_classification_units_pending;
