"""The same work in a browser that runs no script."""

import unittest

from browser import PHONE, BrowserTest, expect


class WithoutScript(BrowserTest):
    options = {"java_script_enabled": False}

    def again(self, run, status):
        """Loads the page of a run anew, as a person would, until its end."""
        self.assertEqual(self.world.ended(run), status)
        self.page.reload()
        expect(self.badge(status)).to_be_visible()

    def run_of_the_page(self):
        return self.page.url.partition("?")[0].rpartition("/")[2]

    def test_a_job_is_previewed_made_run_and_its_failure_retried(self):
        brand = self.world.brand("Scriptless Beans")
        self.link("New job").click()
        self.link("asset download").click()
        self.field("Name").fill("Made without a script")
        self.field("Brand").select_option(brand)
        self.field("Cron").fill("30 2 * * *")
        self.field("Time zone").fill("Europe/Berlin")
        self.page.set_viewport_size(PHONE)
        self.button("Preview").click()
        preview = self.page.get_by_role("region", name="Preview: not saved yet")
        expect(preview).to_be_in_viewport()
        expect(preview.locator("ol li")).to_have_count(10)
        expect(preview).to_contain_text("does not exist in Europe/Berlin")
        expect(self.field("Name")).to_have_value("Made without a script")
        self.button("Create").click()
        expect(self.heading("Made without a script")).to_be_visible()

        self.link("Run now").click()
        self.button("Run now").click()
        failed = self.run_of_the_page()
        self.again(failed, "failed")
        self.world.account(brand)
        self.button("Retry").click()
        self.assertNotEqual(self.run_of_the_page(), failed)
        self.again(self.run_of_the_page(), "completed")

    def test_a_job_is_paused_edited_resumed_and_archived(self):
        job = self.world.job(self.world.brand("Scriptless Beans too"), "Changed without a script")
        self.visit(f"/console/jobs/{job}")
        self.page.get_by_text("Pause…").click()
        self.field("Reason").fill("No script here")
        self.button("Pause").click()
        expect(self.notice("Paused: No script here")).to_be_visible()
        self.link("Edit").click()
        self.field("Name").fill("Edited without a script")
        self.button("Save").click()
        expect(self.heading("Edited without a script")).to_be_visible()
        self.button("Resume").click()
        expect(self.badge("active")).to_be_visible()
        self.page.get_by_text("Archive…").click()
        self.button("Archive").click()
        expect(self.badge("archived")).to_be_visible()

    def test_ticked_jobs_are_run_and_archived_together(self):
        brand = self.world.brand("Scriptless Beans in a row")
        jobs = [self.world.job(brand, f"Ticked without a script {number}", parameters={"max_images": number}) for number in range(2)]
        self.visit("/console/jobs?text=ticked+without")
        expect(self.field("All on this page")).to_be_hidden()
        for number in range(2):
            self.field(f"Tick Ticked without a script {number}").check()
        self.page.get_by_role("form", name="With the ticked jobs").get_by_role("button", name="Run now").click()
        expect(self.heading("Queued a run of 2 jobs")).to_be_visible()
        runs = self.page.get_by_role("link", name="the run of")
        expect(runs).to_have_count(2)
        self.assertEqual(self.world.ended(runs.first.get_attribute("href").rpartition("/")[2]), "failed")
        self.link("Back to the jobs").click()
        expect(self.page.get_by_role("img", name="last run: 1 failed").first).to_be_visible()
        self.field("Tick Ticked without a script 0").check()
        self.button("Archive…").click()
        self.button("Archive 1 job").click()
        expect(self.heading("Archived 1 job")).to_be_visible()
        self.assertEqual([self.world.api("GET", f"/api/jobs/{job}")["status"] for job in jobs], ["archived", "active"])

    def test_a_failure_is_retried_with_other_parameters(self):
        brand = self.world.brand("Scriptless Beans with others")
        failed = self.world.failed_run(brand, "Retried without a script")
        self.world.account(brand)
        self.visit(f"/console/runs/{failed}")
        self.link("Retry with other parameters…").click()
        self.field("max videos").fill("3")
        self.button("Retry").click()
        self.assertNotEqual(self.run_of_the_page(), failed)
        self.again(self.run_of_the_page(), "completed")
        expect(self.page.locator("main")).to_contain_text('"max_videos": 3')

    def test_what_ran_is_found_by_its_hour(self):
        self.world.failed_run(self.world.brand("Scriptless Beans in time"), "Seen in the calendar")
        self.link("Calendar").click()
        expect(self.heading("Calendar")).to_be_visible()
        self.page.get_by_role("region", name="Hours and days").get_by_role("link", name="failed").last.click()
        expect(self.heading("Runs")).to_be_visible()
        expect(self.page.locator("main")).to_contain_text("Seen in the calendar")

    def test_stale_data_is_refreshed_from_where_it_is_shown(self):
        brand = self.world.brand("Scriptless Beans that are old")
        failed = self.world.failed_run(brand, "Refreshes what is old")
        self.visit("/console/freshness")
        row = self.page.locator("tr", has=self.page.get_by_text("Scriptless Beans that are old", exact=True))
        row.get_by_role("link", name="Run now").first.click()
        self.button("Run now").click()
        self.assertNotEqual(self.run_of_the_page(), failed)

    def test_news_is_noted_as_read(self):
        self.world.failed_run(self.world.brand("Scriptless Beans in the news"), "Told without a script")
        self.visit("/console/notifications")
        self.button("Mark all as read").click()
        expect(self.notice("Noted as read.")).to_be_visible()
        expect(self.button("Mark all as read")).to_have_count(0)

    def test_a_run_at_work_is_cancelled(self):
        brand = self.world.brand("Scriptless Beans at work")
        account = self.world.account(brand)
        self.addCleanup(self.world.usual_meta)
        self.world.slow_meta(account, 2_500, times=50)
        run = self.world.run(self.world.job(brand, "Cancelled without a script", job_type="meta_sync"))
        self.visit(f"/console/runs/{run}")
        self.button("Cancel").click()
        expect(self.notice("Asked to stop")).to_be_visible()
        self.again(run, "cancelled")

    def test_failures_are_cared_for_in_bulk(self):
        runs = [self.world.failed_run(self.world.brand(f"Scriptless Beans {number}"), "Fails without a script") for number in range(2)]
        self.visit("/console/dead-letters")
        cause = self.page.locator("section.card").filter(has=self.page.locator(f"a[href='/console/runs/{runs[0]}']"))
        cause.locator("summary", has_text="Retry").click()
        cause.get_by_role("button", name="Retry").click()
        expect(self.heading("Retry of failures")).to_be_visible()
        self.world.sweep()
        self.page.reload()
        expect(self.page.locator("progress")).to_be_visible()
        expect(self.page.locator("main")).not_to_contain_text("0 of ")


if __name__ == "__main__":
    unittest.main(verbosity=2)
