-- Whether a notification reached its channels is shown beside it, to whom it belongs.

alter table notification_deliveries enable row level security;
create policy grants_decide on notification_deliveries to public using (true);
create policy a_tenant_has_its_own on notification_deliveries as restrictive to sundial_tenant
    using ((select n.organization_id from notifications as n where n.id = notification_deliveries.notification_id)
           = (select current_organization_id()));
revoke all on notification_deliveries from sundial_tenant;
grant select on notification_deliveries to sundial_tenant;
