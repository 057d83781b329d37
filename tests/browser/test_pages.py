"""What holds for every page: readable for all, at every width, light and dark."""

import unittest
from pathlib import Path

import axe_playwright_python

from browser import PHONE, WIDE, BrowserTest, expect
from pages import the_pages

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


class EveryPage(BrowserTest):
    """In four kinds of browser, each page: no serious violation of axe's rules, no scrolling sideways, a picture of it."""

    is_signed_in = False

    def look_at_all(self, variant, **options):
        self.options = options
        self.context = self.open(**options)
        self.page = self.context.new_page()
        self.visit("/console/sign-in")
        self.look(f"sign-in.{variant}")
        self.sign_in()
        pages = the_pages(self.world).addresses()
        for name, address in pages.items():
            with self.subTest(page=name):
                self.visit(address)
                self.ready()
                self.look(f"{name}.{variant}")
        for name, address, status in [("not-found", "/console/nothing", 404), ("not-understood", "/console/jobs?colour=red", 400)]:
            with self.subTest(page=name):
                self.visit(address)
                self.refused(status)
                self.look(f"{name}.{variant}")

        self.look_at_the_steps(variant)

    def look_at_the_steps(self, variant):
        """Pages that a form leads to: what is asked before many jobs are paused or archived, and what is told after."""
        for button, page in [("Pause…", "jobs-pause"), ("Archive…", "jobs-archive"), ("Resume", "jobs-done")]:
            with self.subTest(page=page):
                self.visit("/console/jobs?text=seen+on+every+page")
                for box in self.page.locator("[name=job]").all():
                    box.check()
                self.page.get_by_role("form", name="With the ticked jobs").get_by_role("button", name=button).click()
                self.page.wait_for_url("**/console/jobs/bulk")
                self.look(f"{page}.{variant}")

    def ready(self):
        """What the page fetches by itself is there: previews, pictures that are seen."""
        for preview in self.page.locator("[data-preview]").all():
            expect(preview.locator("li").first).to_be_attached()
        for picture in self.page.locator("img").all():
            picture.scroll_into_view_if_needed()
        self.until("[...document.images].every((it) => it.complete)")
        self.page.evaluate("scrollTo(0, 0)")

    def look(self, name):
        self.picture(name)
        sideways = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.assertLessEqual(sideways, 0, f"{name}: {sideways} pixels too wide")
        self.assertEqual(self.violations(), [], name)
        self.assertEqual(self.page.locator("h1").count(), 1, name)

    def violations(self):
        self.page.evaluate(AXE)
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        return [
            (it["id"], it["impact"], it["help"], [node["html"][:200] for node in it["nodes"][:5]])
            for it in found if it["impact"] in ["serious", "critical"]
        ]

    def test_light_and_wide(self):
        self.look_at_all("light-1280", viewport=WIDE, color_scheme="light")

    def test_dark_and_wide(self):
        self.look_at_all("dark-1280", viewport=WIDE, color_scheme="dark")

    def test_light_on_a_phone(self):
        self.look_at_all("light-360", viewport=PHONE, color_scheme="light", has_touch=True, is_mobile=True)

    def test_dark_on_a_phone(self):
        self.look_at_all("dark-360", viewport=PHONE, color_scheme="dark", has_touch=True, is_mobile=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
