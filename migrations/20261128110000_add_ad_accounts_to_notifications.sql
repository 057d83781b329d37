-- People are told of an ad account whose token is lost or about to expire.

alter table notifications
    add column meta_ad_account_id text,
    drop constraint notifications_kind_check,
    add constraint notifications_kind_check check (
        kind in ('dead_letter', 'unreadable', 'recovered', 'reconnect', 'expiring')),
    add constraint only_an_account_has_a_token check ((kind in ('reconnect', 'expiring')) = (meta_ad_account_id is not null)),
    add constraint notifications_account_fkey foreign key (brand_id, meta_ad_account_id)
        references brand_ad_accounts (brand_id, meta_ad_account_id) on delete cascade;
-- The newest one of each kind; a later one takes its place.
create unique index notifications_one_of_account on notifications (meta_ad_account_id, kind)
    where meta_ad_account_id is not null;
