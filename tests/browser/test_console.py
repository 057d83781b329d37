"""What people do in the console, on a stack whose functions really run."""

import unittest
import uuid

from browser import BrowserTest, expect


class SigningIn(BrowserTest):
    is_signed_in = False

    def test_a_wrong_token_is_refused_and_the_right_one_leads_on(self):
        self.visit("/console/runs?status=failed")
        expect(self.field("Token")).to_be_focused()
        self.field("Token").fill("not this one")
        self.button("Sign in").click()
        expect(self.page.get_by_role("alert")).to_have_text("This token is not valid here.")
        self.refused(403)

        self.field("Token").fill(self.world.token)
        self.button("Sign in").click()
        expect(self.page).to_have_url(f"{self.world.url}/console/runs?status=failed")

        self.button("Sign out").click()
        expect(self.button("Sign in")).to_be_visible()
        self.visit("/console")
        expect(self.button("Sign in")).to_be_visible()


class Trouble(BrowserTest):
    def test_a_part_that_is_not_refreshed_says_so_until_it_is(self):
        self.visit("/console")
        trouble = self.page.locator("[data-trouble]")
        look = "document.dispatchEvent(new Event('visibilitychange'))"
        self.page.route("**/console/live", lambda route: route.fulfill(status=429))
        self.page.evaluate(look)
        expect(trouble).to_contain_text("This is not refreshed: too many requests were made")
        expect(trouble).to_contain_text("as of 20")
        self.refused(429)

        self.page.unroute("**/console/live")
        self.page.evaluate(look)
        expect(trouble).to_have_count(0)


class Jobs(BrowserTest):
    def test_the_preview_follows_what_is_entered_and_the_job_is_created(self):
        self.world.brand("Preview Beans")
        self.visit("/console/jobs/new")
        self.link("asset download").click()
        preview = self.page.locator("#preview")
        expect(preview).to_contain_text("UTC")
        expect(preview.locator("ol li")).to_have_count(10)
        self.stays()

        self.field("Cron").fill("30 2 * * *")
        expect(preview).to_contain_text("At 02:30, UTC")
        self.field("Time zone").fill("Europe/Berlin")
        expect(preview).to_contain_text("does not exist in Europe/Berlin: it fires at 03:00 instead")
        expect(preview).to_contain_text("comes twice in Europe/Berlin")
        expect(preview.locator("ol li").first).to_contain_text("your time:")
        expect(self.page.locator("#announcements")).to_contain_text("At 02:30, Europe/Berlin, next")
        self.page.get_by_text("Period, retries and policies").click()
        self.field("When clocks go forward over it").select_option("skip")
        expect(preview).to_contain_text("it does not fire then (gap policy `skip`)")
        self.field("Cron").fill("0 9 31 * *")
        expect(preview).to_contain_text("Day 31 does not exist in every month")
        self.field("Cron").fill("61 * * * *")
        expect(preview).to_contain_text("No preview yet")
        expect(preview.locator("li")).to_contain_text("cron_expression")
        self.field("Cron").fill("* * * * *")
        expect(preview).to_contain_text("It fires every minute, 1,440 times a day.")
        self.field("Cron").fill("30 2 * * *")
        expect(preview).to_contain_text("At 02:30, Europe/Berlin")
        self.stayed()

        self.field("Name").fill("Nightly media")
        self.field("Brand").select_option("Preview Beans")
        self.button("Create").click()
        expect(self.heading("Nightly media")).to_be_visible()
        expect(self.notice("Created.")).to_be_visible()
        expect(self.page.get_by_role("region", name="Next fire times").locator("li")).to_have_count(10)
        expect(self.page.locator("main")).to_contain_text("At 02:30, Europe/Berlin")

    def test_a_schedule_is_chosen_and_the_preview_follows(self):
        self.visit("/console/jobs/new?type=token_refresh")
        preview = self.page.locator("#preview")
        expect(preview).to_contain_text("At 06:00, UTC")
        self.stays()
        self.field("Repeats").select_option("weekly")
        self.field("Thursday").check()
        self.field("Time of day").fill("07:15")
        expect(preview).to_contain_text("15 7 * * MON,THU")
        expect(self.field("Minute of the hour")).to_be_hidden()

        self.field("Cron").fill("0 6 1,15 * *")
        expect(self.field("Repeats")).to_have_value("cron")
        expect(self.field("Time of day")).to_be_hidden()
        expect(preview).to_contain_text("0 6 1,15 * *")
        self.field("Repeats").select_option("hourly")
        expect(self.field("Cron")).to_have_value("")
        expect(preview).to_contain_text("0 * * * *")
        self.stayed()

    def test_what_cannot_be_created_comes_back_with_words_and_what_was_entered(self):
        self.visit("/console/jobs/new?type=asset_download")
        self.field("Name").fill("Without a brand")
        self.button("Create").click()
        expect(self.page.get_by_role("alert")).to_contain_text("brand_id")
        expect(self.field("Name")).to_have_value("Without a brand")
        expect(self.field("Brand")).to_have_attribute("aria-invalid", "true")
        self.refused(422)

    def test_a_job_is_paused_with_a_reason_and_resumed(self):
        job = self.world.job(self.world.brand("Pausing Beans"), "Rests for a while")
        self.visit("/console/jobs")
        self.link("Pause Rests for a while").click()
        self.field("Reason").fill("The account moves")
        self.field("Reason").press("Enter")
        expect(self.notice("fire times are recorded as skipped")).to_be_visible()
        expect(self.badge("paused")).to_be_visible()
        expect(self.notice("Paused: The account moves. It goes on when somebody resumes it.")).to_be_visible()

        self.button("Resume").click()
        expect(self.notice("Resumed")).to_be_visible()
        expect(self.badge("active")).to_be_visible()
        expect(self.page.get_by_role("region", name="Changes")).to_contain_text("The account moves → nothing")
        self.assertEqual(self.world.api("GET", f"/api/jobs/{job}")["status"], "active")

    def test_an_edit_is_previewed_saved_and_refused_when_somebody_was_faster(self):
        job = self.world.job(self.world.brand("Edited Beans"), "Changes often")
        self.visit(f"/console/jobs/{job}")
        self.link("Edit").click()
        preview = self.page.locator("#preview")
        expect(preview).to_contain_text("At 06:00, UTC")
        self.field("Cron").fill("15 7 * * MON-FRI")
        expect(preview).to_contain_text("07:15")
        other = self.context.new_page()
        other.goto(f"/console/jobs/{job}/edit")

        self.button("Save").click()
        expect(self.notice("Saved.")).to_be_visible()
        expect(self.page.get_by_role("region", name="Changes")).to_contain_text("0 6 * * * → 15 7 * * MON-FRI")

        other.get_by_label("Name").fill("Too late")
        other.get_by_role("button", name="Save").click()
        expect(other.get_by_role("heading", name="Not possible now")).to_be_visible()
        expect(other.get_by_role("alert")).to_contain_text("revision")
        self.refused(409)
        self.assertEqual(self.world.api("GET", f"/api/jobs/{job}")["name"], "Changes often")

    def test_the_next_fire_time_is_skipped_and_the_job_archived(self):
        job = self.world.job(self.world.brand("Archived Beans"), "Ends today")
        self.visit(f"/console/jobs/{job}")
        first = self.page.get_by_role("region", name="Next fire times").locator("li time").first
        before = first.get_attribute("datetime")
        self.button("Skip the next fire time").click()
        expect(self.notice("Skipped")).to_be_visible()
        expect(first).not_to_have_attribute("datetime", before)

        self.page.get_by_text("Archive…").click()
        self.button("Archive").click()
        expect(self.badge("archived")).to_be_visible()
        expect(self.page.get_by_text("It fires no more.").first).to_be_visible()

    def test_ticked_jobs_are_paused_and_archived_together_after_a_second_step(self):
        brand, word = self.world.brand("Ticked Beans"), uuid.uuid4().hex
        jobs = [self.world.job(brand, f"{word} {number}", parameters={"max_images": number}) for number in range(3)]
        self.visit(f"/console/jobs?text={word}")
        every = self.field("All on this page")
        every.check()
        self.field(f"Tick {word} 1").uncheck()
        self.assertTrue(every.evaluate("it => it.indeterminate"))
        self.button("Pause…").click()
        expect(self.heading("Pause 2 jobs?")).to_be_visible()
        self.field("Reason").fill("The account moves")
        # What Enter presses is the pause.
        self.field("Reason").press("Enter")
        expect(self.heading("Paused 2 jobs")).to_be_visible()
        self.assertEqual([self.status(job) for job in jobs], ["paused", "active", "paused"])

        self.link("Back to the jobs").click()
        expect(self.page.get_by_role("rowheader")).to_have_count(3)
        self.field("All on this page").check()
        self.button("Archive…").click()
        expect(self.heading("Archive 3 jobs?")).to_be_visible()
        expect(self.page.get_by_text("This cannot be taken back.")).to_be_visible()
        self.link("Leave them as they are").click()
        self.assertEqual(self.status(jobs[1]), "active")
        self.field("All on this page").check()
        self.button("Archive…").click()
        self.button("Archive 3 jobs").click()
        expect(self.heading("Archived 3 jobs")).to_be_visible()
        self.assertEqual([self.status(job) for job in jobs], ["archived"] * 3)

    def status(self, job):
        return self.world.api("GET", f"/api/jobs/{job}")["status"]

    def test_jobs_are_found_by_their_names(self):
        brand, word = self.world.brand("Found Beans"), uuid.uuid4().hex
        for number in range(3):
            self.world.job(brand, f"{word} {number}", cron=f"{number} 6 * * *", parameters={"max_images": number})
        self.visit("/console/jobs")
        self.field("Name or id").fill(f"{word} 1")
        self.button("Filter").click()
        expect(self.page.get_by_role("rowheader")).to_have_count(1)
        expect(self.field("Name or id")).to_have_value(f"{word} 1")
        self.link("Clear").click()
        expect(self.link(f"{word} 2")).to_be_visible()


if __name__ == "__main__":
    unittest.main(verbosity=2)
