//! The mistakes of the system before this one, each with what makes it impossible here.
//!
//! A test is named by its mistake's number. Where a mistake has no place in this design, the test
//! asserts the reason: a constraint, a type, or what no file contains.

mod drift;
mod duplicates;
mod isolation;
mod silent;
mod time;
mod tools;
mod truth;

/// Number, guard, and the test that fails without it.
#[rustfmt::skip]
const MISTAKES: &[(u32, &str, &str)] = &[
    (1, "a claim moves next_run_at on, and no ending touches it", "m01_a_failed_recurring_job_keeps_its_next_time"),
    (2, "constraint a_live_recurring_job_has_its_next_time", "m02_a_live_recurring_job_cannot_lack_its_next_time"),
    (3, "constraint a_live_recurring_job_has_its_next_time", "m03_a_schedule_cannot_be_saved_without_its_first_time"),
    (4, "runtime settles whatever a handler returns", "m04_a_run_with_nothing_to_do_finishes_like_any_other"),
    (5, "only runtime writes an ending", "m05_no_function_writes_an_ending_of_its_own"),
    (6, "a tick's row and the watermark are one transaction", "m06_a_tick_whose_row_cannot_be_written_stays_due"),
    (7, "a run's ending and its job are one transaction", "m07_a_run_and_its_job_end_together_or_not_at_all"),
    (8, "one parser for what is offered, saved and fired", "m08_every_cadence_people_are_offered_goes_on_firing"),
    (9, "a claim that fails changes nothing", "m09_a_database_that_fails_once_costs_a_delivery_not_the_job"),
    (10, "jobs::ledger::note_failure ends a one-time job", "m10_a_one_time_job_without_attempts_left_is_over"),
    (11, "settling a lost run inserts its retry", "m11_a_run_that_a_shutdown_cut_off_is_tried_again"),
    (12, "job_types and JobType are compared", "m12_a_type_with_a_handler_can_be_scheduled"),
    (13, "foreign key of a run to its job", "m13_a_run_of_a_job_that_does_not_exist_cannot_be_written"),
    (14, "every statement is compiled against the schema", "m14_every_statement_is_checked_against_the_schema_when_it_is_compiled"),
    (15, "compare-and-swap on next_run_at, unique verdict", "m15_two_claims_of_one_tick_make_one_run"),
    (16, "a claim moves next_run_at on", "m16_a_failing_job_does_not_run_again_every_minute"),
    (17, "domain::retry bounds and spaces every retry", "m17_a_lost_run_is_retried_after_a_wait_and_only_so_often"),
    (18, "a lease lasts as long as the invocation", "m18_a_long_run_within_its_lease_is_left_alone"),
    (19, "foreign key of a job to job_types", "m19_a_type_nobody_knows_cannot_be_scheduled"),
    (20, "unique idempotency_key", "m20_a_double_click_makes_one_run"),
    (21, "attempt_number counts per fire time", "m21_the_next_occurrence_has_all_its_retries"),
    (22, "misfire_window_seconds", "m22_work_that_was_due_weeks_ago_is_not_caught_up_on"),
    (23, "unique index scheduled_jobs_one_recurring", "m23_the_same_work_cannot_be_scheduled_twice"),
    (24, "a function refuses runs of other types", "m24_a_function_does_no_work_of_a_type_that_is_not_its_own"),
    (25, "an error of the settlement goes up", "m25_an_ending_that_cannot_be_written_fails_the_invocation"),
    (26, "a failed step is a row", "m26_a_step_that_fails_is_seen_even_when_the_run_goes_on"),
    (27, "scenarios call every real handler", "m27_every_job_type_is_run_by_tests_that_call_its_own_handler"),
    (28, "saving nothing of something fails", "m28_a_run_whose_every_item_failed_has_failed"),
    (29, "dataset_status has no word for running", "m29_a_dataset_cannot_be_left_running"),
    (30, "only success moves last_success_at", "m30_what_fetched_nothing_makes_nothing_fresh"),
    (31, "a run over media that are all gone warns", "m31_a_run_over_dead_inputs_says_so"),
    (32, "what a limit leaves out is counted apart", "m32_what_a_limit_left_out_is_no_error"),
    (33, "an empty outcome is an outcome", "m33_nothing_to_do_is_success_and_a_part_is_success_with_warnings"),
    (34, "a handler stopped at its deadline has failed", "m34_a_run_that_was_cut_short_is_not_a_success"),
    (35, "checks on the type of jsonb columns", "m35_structured_columns_cannot_hold_text"),
    (36, "an event is noted as sent after the bus took it", "m36_what_did_not_leave_is_not_noted_as_sent"),
    (37, "a delivery is due, delivered, or given up with its reason", "m37_a_message_that_did_not_arrive_is_still_to_be_delivered"),
    (38, "a run whose every step failed fails", "m38_a_run_whose_every_step_failed_has_failed"),
    (39, "job types are rows, not a constraint", "m39_no_constraint_lists_the_job_types_again"),
    (40, "every statement is compiled against the schema", "m40_every_statement_names_only_what_the_schema_has"),
    (41, "the schema is compared with the committed one", "m41_a_schema_changed_by_hand_is_not_the_committed_one"),
    (42, "words are enums, checked on both sides", "m42_the_words_of_the_code_are_those_of_the_schema"),
    (43, "views and lists are read by tests", "m43_lists_that_people_read_are_not_empty_for_want_of_a_relation"),
    (44, "unknown parameters are refused", "m44_a_parameter_the_handler_does_not_know_is_refused_by_name"),
    (45, "a job's owner and parameters are checked when it is made", "m45_what_a_job_needs_is_asked_for_when_it_is_made"),
    (46, "JobType::ALL, compared with the other three places", "m46_every_list_of_types_is_the_same_list"),
    (47, "what the README names is looked up", "m47_the_readme_names_only_what_there_is"),
    (48, "times carry their offset", "m48_a_time_is_never_shown_without_its_offset"),
    (49, "domain::schedule", "m49_the_chosen_minute_and_day_are_those_that_count"),
    (50, "one meaning of a weekday: 0 and 7 are Sunday", "m50_a_weekday_is_the_same_day_everywhere"),
    (51, "the offset is looked up for each fire time", "m51_the_offset_is_that_of_the_day_itself"),
    (52, "zones go by their IANA names", "m52_a_zone_is_called_by_its_name_all_year"),
    (53, "a day is looked for in later months", "m53_days_that_not_every_month_has_come_in_the_next_month_that_has_them"),
    (54, "every time column is timestamptz", "m54_no_column_holds_a_time_without_its_zone"),
    (55, "an invocation for each run, and no lock while it works", "m55_a_run_that_does_not_end_holds_nobody_up"),
    (56, "leases are judged by the reconciler", "m56_recovery_needs_nothing_of_the_process_that_is_stuck"),
    (57, "clients are arguments", "m57_no_client_lives_in_a_global"),
    (58, "a capped run waits in the queue, not in a worker", "m58_a_run_that_waits_for_a_slot_blocks_no_other"),
    (59, "slots are derived from live leases", "m59_a_dead_run_holds_its_slot_no_longer_than_its_lease"),
    (60, "JobError::Snooze", "m60_a_vendor_that_asks_for_a_pause_gets_it_and_costs_no_attempt"),
    (61, "a function for each job type, and continuation", "m61_work_longer_than_an_invocation_goes_on_in_the_next"),
    (62, "no crate acts when it is loaded", "m62_importing_a_crate_does_nothing"),
    (63, "sweeps read batch after batch", "m63_what_is_read_in_pages_is_read_to_its_end"),
    (64, "foreign key of brand and organization together", "m64_a_job_of_a_brand_belongs_to_that_brands_organization"),
];

#[test]
fn every_mistake_has_its_guard_and_its_test() {
    let sources = [
        include_str!("silent.rs"),
        include_str!("duplicates.rs"),
        include_str!("truth.rs"),
        include_str!("drift.rs"),
        include_str!("time.rs"),
        include_str!("isolation.rs"),
    ]
    .concat();
    for (number, (mistake, guard, test)) in (1..).zip(MISTAKES) {
        assert_eq!(*mistake, number);
        assert!(!guard.is_empty());
        assert!(test.starts_with(&format!("m{number:02}_")), "{test}");
        assert!(sources.contains(&format!("fn {test}(")), "{test} is gone");
    }
    assert_eq!(MISTAKES.len(), 64);
}
