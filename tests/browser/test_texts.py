"""Texts of strangers: shown as they are, or refused with words; never run, never in the way."""

import unittest

from browser import PHONE, BrowserTest, expect

HTML = "<script>alert(1)</script><img src=x onerror=alert(2)><b>\"bold'</b>&amp;</textarea></title>"
SQL = "'; drop table scheduled_jobs; -- %s {0} $1"
RTL = "\u202eגב\u202c مرحبا \u2067بالعالم end"
LONG = "W" * 10_000
NUL = "a\0b"

SHOWN = {"HTML": HTML, "SQL": SQL, "RTL": RTL}


class Texts(BrowserTest):
    def test_names_that_can_be_kept_are_shown_as_text(self):
        for kind, name in SHOWN.items():
            with self.subTest(kind=kind):
                brand = self.world.brand(f"Kept Beans, {kind}")
                self.visit("/console/jobs/new?type=asset_download")
                self.field("Name").fill(name)
                self.field("Brand").select_option(brand)
                self.button("Create").click()
                expect(self.page.locator("h1")).to_have_text(name)
                job = self.page.url.partition("?")[0]
                self.assertEqual(self.world.api("GET", "/api/jobs/" + job.rpartition("/")[2])["name"], name)
                self.assertEqual(self.page.title(), f"{name} · Sundial")

                self.visit("/console/jobs")
                expect(self.page.locator(f"a[href='{self.path_of(job)}'] .clip")).to_have_text(name)
                self.visit(f"{job}/edit")
                expect(self.field("Name")).to_have_value(name)
                self.look_no_markup()

    def path_of(self, url):
        return url.removeprefix(self.world.url)

    def look_no_markup(self):
        """Nothing of a text has become an element."""
        for selector in ["img[src=x]", "main b", "main script", "body > script"]:
            self.assertEqual(self.page.locator(selector).count(), 0, selector)

    def test_names_that_cannot_be_kept_are_refused_with_words(self):
        brand = self.world.brand("Refused Beans")
        for kind, name, words in [("NUL", NUL, "name"), ("10,000 characters", LONG, "200")]:
            with self.subTest(kind=kind):
                self.visit("/console/jobs/new?type=asset_download")
                self.field("Brand").select_option(brand)
                self.field("Name").evaluate("(field, text) => { field.removeAttribute('maxlength'); field.value = text; }", name)
                self.button("Create").click()
                expect(self.page.get_by_role("alert")).to_contain_text(words)
                self.refused(422)
                self.assertEqual(self.world.api("GET", f"/api/jobs?brand_id={brand}")["jobs"], [])

    def test_what_is_asked_for_in_addresses_is_shown_as_text(self):
        for kind, text in {**SHOWN, "long": LONG[:1_000]}.items():
            with self.subTest(kind=kind):
                text = f"{text} nobody is called so"
                self.visit("/console/jobs")
                self.field("Name or id").fill(text)
                self.button("Filter").click()
                expect(self.page.get_by_text("No job passes this filter.")).to_be_visible()
                expect(self.field("Name or id")).to_have_value(text)
                self.look_no_markup()

    def test_brands_errors_and_reasons_are_shown_as_text_on_a_phone(self):
        self.page.set_viewport_size(PHONE)
        for kind, text in {**SHOWN, "10,000 characters": LONG}.items():
            with self.subTest(kind=kind):
                brand = self.world.brand(f"{text} brand")
                job = self.world.job(brand, f"Of a brand with {kind}")
                run = self.world.run(job)
                self.assertEqual(self.world.ended(run), "failed")
                self.say_that_it_failed(run, text)
                self.world.api("POST", f"/api/jobs/{job}/pause", {"reason": text[:500]})
                for address in ["", "/jobs", f"/jobs/{job}", f"/jobs/{job}/edit", "/runs", f"/runs/{run}", "/dead-letters",
                                "/freshness", "/ads", "/notifications", "/jobs/new?type=asset_download"]:
                    self.visit(f"/console{address}")
                    expect(self.page.locator("h1")).to_have_count(1)
                    self.look_no_markup()
                    sideways = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    self.assertLessEqual(sideways, 0, f"{address} is too wide")
                self.visit(f"/console/runs/{run}")
                expect(self.page.get_by_role("region", name="Why it failed").locator("pre")).to_have_text(text)
                self.world.api("POST", f"/api/runs/{run}/acknowledge")

    def say_that_it_failed(self, run, text):
        """As if a vendor had answered with these words."""
        self.world.db.execute("update scheduled_job_runs set error_message = %s where id = %s", (text, run))
        self.world.db.execute("update notifications set body = %s where run_id = %s", (text, run))


if __name__ == "__main__":
    unittest.main(verbosity=2)
