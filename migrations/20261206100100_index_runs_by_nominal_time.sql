-- Attempts of an hour by their nominal time. Rows are written in about that order, so that an index of ranges of pages, of
-- about a hundred kilobytes for a million rows, finds those of an hour; and it costs a write next to nothing.
create index scheduled_job_runs_nominal on scheduled_job_runs
 using brin (scheduled_for timestamptz_minmax_multi_ops) with (pages_per_range = 32, autosummarize = on);
