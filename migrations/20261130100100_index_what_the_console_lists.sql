-- Lists of the console are read page by page, newest first.

create index scheduled_jobs_newest on scheduled_jobs (created_at desc, id desc);
create index notifications_newest on notifications (created_at desc, id desc);
