"""Runs that are watched, stopped and tried again, by functions that really run."""

import unittest

from browser import BrowserTest, expect
from world import SHOWN_SECONDS_MAX

# Slower than the page looks again, so that it must see the run at work; quick enough for a test.
SLOW_MILLISECONDS = 2_500

# How often a page looks again, while something goes on and while nothing does; as console.js has it.
BUSY_SECONDS = 4
IDLE_SECONDS = 20


class Runs(BrowserTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.world.usual_meta)

    def test_a_run_is_started_and_watched_until_it_has_completed(self):
        brand = self.world.brand("Watched Beans")
        account = self.world.account(brand)
        job = self.world.job(brand, "Watched", job_type="meta_sync")
        self.world.slow_meta(account, SLOW_MILLISECONDS, times=3)
        self.visit(f"/console/jobs/{job}")
        self.link("Run now").click()
        self.field("days back").fill("2")
        self.button("Run now").click()
        expect(self.notice("Queued")).to_be_visible()
        self.stays()
        expect(self.badge("running")).to_be_visible()
        expect(self.button("Cancel")).to_be_visible()

        expect(self.badge("completed")).to_be_visible()
        self.stayed()
        expect(self.page.locator("#announcements")).to_contain_text("completed")
        expect(self.button("Cancel")).to_have_count(0)
        expect(self.page.get_by_role("region", name="Timeline")).to_contain_text("Started")
        expect(self.page.get_by_role("region", name="What it reported")).to_contain_text('"days_back": 2')
        expect(self.page.get_by_role("region", name="What belongs to it")).to_contain_text("asset_download")

    def test_the_overview_shows_what_begins_and_ends_while_it_is_open(self):
        brand = self.world.brand("Overviewed Beans")
        account = self.world.account(brand)
        job = self.world.job(brand, "Shown on the overview", job_type="meta_sync")
        self.world.slow_meta(account, SLOW_MILLISECONDS, times=3)
        self.page.clock.install()
        self.visit("/console")
        self.stays()
        running = self.page.get_by_role("region", name="Running now")
        expect(running).to_contain_text("Nothing is running.")
        run = self.world.run(job)
        self.world.wait_for(lambda: self.world.status(run) == "running", SHOWN_SECONDS_MAX, "the run to start")

        self.page.clock.run_for(IDLE_SECONDS * 1000)
        expect(running).to_contain_text("Shown on the overview")
        self.assertEqual(self.world.ended(run), "completed")
        self.page.clock.run_for(BUSY_SECONDS * 1000)
        expect(running).to_contain_text("Nothing is running.")
        self.stayed()

    def test_a_run_at_work_is_cancelled(self):
        brand = self.world.brand("Cancelled Beans")
        account = self.world.account(brand)
        job = self.world.job(brand, "Takes long", job_type="meta_sync")
        self.world.slow_meta(account, SLOW_MILLISECONDS, times=50)
        run = self.world.run(job)
        self.visit(f"/console/runs/{run}")
        self.stays()
        expect(self.badge("running")).to_be_visible()
        self.button("Cancel").click()
        expect(self.notice("Asked to stop: it does at its next safe point.")).to_be_visible()
        self.stays()
        expect(self.badge("cancelled")).to_be_visible()
        self.stayed()
        self.assertEqual(self.world.api("GET", f"/api/runs/{run}")["status"], "cancelled")

    def test_the_log_of_a_run_at_work_grows(self):
        brand = self.world.brand("Talkative Beans")
        account = self.world.account(brand)
        self.addCleanup(self.world.usual_meta)
        self.world.slow_meta(account, 2_500, times=5)
        run = self.world.run(self.world.job(brand, "Says much", job_type="meta_sync"))
        self.say(run, 1, 250)
        self.visit(f"/console/runs/{run}")
        log = self.page.get_by_role("region", name="Log")
        self.stays()
        expect(log).to_contain_text("word 250.")
        self.page.evaluate("window.first = document.querySelector('.log li:last-child')")
        self.say(run, 251, 260)
        expect(log).to_contain_text("word 260.")
        self.assertTrue(self.page.evaluate("window.first.isConnected"))
        expect(log.locator("li")).to_have_count(200)
        self.stayed()

    def say(self, run, first, last):
        self.world.db.execute(
            "insert into run_logs (run_id, segment, at, level, message)"
            " select %s, 1, now(), 'info', 'word ' || n || '.' from generate_series(%s::int, %s::int) n", (run, first, last))

    def test_a_failed_run_tells_why_and_is_retried(self):
        brand = self.world.brand("Failing Beans")
        run = self.world.failed_run(brand, "Fails at first")
        self.visit(f"/console/runs/{run}")
        expect(self.badge("failed")).to_be_visible()
        why = self.page.get_by_role("region", name="Why it failed")
        expect(why).to_contain_text("ad account")
        expect(why).to_contain_text("What to do.")
        self.world.account(brand)

        self.button("Retry").click()
        expect(self.notice("Queued for another attempt.")).to_be_visible()
        expect(self.badge("completed")).to_be_visible()
        expect(self.page.get_by_role("region", name="What belongs to it")).to_contain_text("attempt 1")

    def test_a_failure_is_acknowledged(self):
        run = self.world.failed_run(self.world.brand("Acknowledged Beans"), "Fails for good")
        self.visit(f"/console/runs/{run}")
        self.button("Acknowledge").click()
        expect(self.notice("Acknowledged")).to_be_visible()
        expect(self.button("Retry")).to_have_count(0)

    def test_dead_letters_of_one_cause_are_retried_in_bulk_and_the_page_follows(self):
        brands = [self.world.brand(f"Bulk Beans {number}") for number in range(3)]
        # A type that no other test fails with, so that the cause is theirs alone.
        runs = [self.world.run(self.world.job(brand, "Fails in bulk", job_type="destination_sync")) for brand in brands]
        self.assertEqual([self.world.ended(run) for run in runs], ["failed"] * 3)
        for brand in brands:
            self.world.account(brand)
        self.visit("/console/dead-letters")
        cause = self.page.get_by_role("region", name="3 × destination sync")
        cause.get_by_text("Retry 3…").click()
        cause.get_by_label("So many a minute").fill("600")
        cause.get_by_label("Stop after so many fail again").fill("2")
        cause.get_by_role("button", name="Retry").click()
        expect(self.heading("Retry of failures")).to_be_visible()
        self.stays()
        expect(self.field("0 of 3 released")).to_have_attribute("value", "0")

        self.world.sweep()
        expect(self.field("3 of 3 released")).to_have_attribute("value", "3")
        expect(self.page.locator("#announcements")).to_have_text("3 of 3 released, 3 completed, 0 failed again")
        expect(self.badge("done")).to_be_visible()
        self.stayed()
        self.visit("/console/dead-letters")
        expect(cause).to_have_count(0)

    def test_a_retry_in_bulk_is_ended(self):
        runs = [self.world.run(self.world.job(self.world.brand(f"Ended Beans {number}"), "Fails in bulk", job_type="demographic_backfill"))
                for number in range(2)]
        self.assertEqual([self.world.ended(run) for run in runs], ["failed"] * 2)
        self.visit("/console/dead-letters")
        cause = self.page.get_by_role("region", name="2 × demographic backfill")
        cause.get_by_text("Retry 2…").click()
        cause.get_by_role("button", name="Retry").click()
        self.button("End it").click()
        expect(self.badge("cancelled")).to_be_visible()
        self.link("Failures").last.click()
        expect(cause).to_be_visible()

    def test_who_must_know_is_notified_of_a_failure_and_of_its_end(self):
        brand = self.world.brand("Notified Beans")
        run = self.world.failed_run(brand, "Tells when it fails")
        self.visit("/console/notifications")
        row = self.page.get_by_role("row").filter(has_text="Tells when it fails")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("Notified Beans")
        row.get_by_role("link", name="the run").click()
        expect(self.page).to_have_url(f"{self.world.url}/console/runs/{run}")

        self.world.account(brand)
        self.button("Retry").click()
        expect(self.badge("completed")).to_be_visible()
        self.page.get_by_role("link", name="Notifications").click()
        expect(row.filter(has_text="works again since")).to_have_count(1)


class Ads(BrowserTest):
    def test_what_is_said_of_ads_is_shown_with_what_was_looked_at(self):
        brand = self.world.classified_brand()
        # Of one brand alone, the page shows the ads at once.
        self.world.brand("Without Ads")
        self.visit("/console/ads")
        expect(self.page.get_by_text("Choose a brand to see")).to_be_visible()
        self.field("Brand").select_option(brand)
        self.button("Show").click()
        expect(self.notice("made up by the stand-in for Gemini")).to_be_visible()
        hooks = self.page.get_by_role("region", name="Hooks").get_by_role("table")
        expect(hooks.get_by_role("rowheader").first).to_be_visible()
        hooks.get_by_role("link").first.click()
        expect(self.page.get_by_role("heading", name="Ads with")).to_be_visible()
        self.link("Show all ads").click()
        expect(self.page.get_by_role("heading", name="All ads")).to_be_visible()

        self.page.get_by_role("link", name="astronaut.jpg").click()
        picture = self.page.get_by_role("img", name="Picture 1 of the ad")
        picture.scroll_into_view_if_needed()
        self.until("document.querySelector('figure img').naturalWidth > 0")
        self.page.get_by_text("The answer as it came").click()
        expect(self.page.locator("details pre").last).to_be_visible()
        self.link("All ads of the brand").click()
        expect(self.page.get_by_role("heading", name="All ads")).to_be_visible()

    def test_stored_videos_are_played(self):
        brand = self.world.classified_brand()
        self.visit(f"/console/ads?brand={brand}")
        self.page.get_by_role("region", name="All ads").get_by_role("link", name="launch-day.mp4").first.click()
        video = self.page.locator("video").first
        expect(video).to_have_attribute("src", self.page.locator("video").first.get_attribute("src"))
        self.until("document.querySelector('video').readyState >= 1")


if __name__ == "__main__":
    unittest.main(verbosity=2)
