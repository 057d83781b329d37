"""The console by keys alone, each step with a focus that is seen."""

import unittest

from browser import BrowserTest, expect

# The longest form has some forty fields.
STEPS_MAX = 80


class Keyboard(BrowserTest):
    is_signed_in = False

    def focused(self):
        """What has the focus, by its name for assistive technology, and whether it is seen."""
        return self.page.evaluate("""() => {
            const it = document.activeElement;
            if (!it || it === document.body) return null;
            const style = getComputedStyle(it);
            const box = it.getBoundingClientRect();
            const label = it.labels?.[0]?.textContent ?? it.getAttribute("aria-label") ?? it.textContent;
            return {
                name: label.trim().replace(/\\s+/g, " "),
                outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
                isInView: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
            };
        }""")

    def tab_to(self, name):
        """Presses Tab until what is called so has the focus; everything passed on the way shows its focus."""
        passed = []
        for _ in range(STEPS_MAX):
            self.page.keyboard.press("Tab")
            it = self.focused()
            if it is None:
                continue
            self.assertGreaterEqual(it["outline"], 2, f"the focus of {it} is not seen")
            self.assertTrue(it["isInView"], f"{it} is out of view")
            if it["name"] == name:
                return
            passed.append(it["name"])
        self.fail(f"no {name!r} among {passed}")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def test_a_job_is_made_paused_run_and_archived_without_a_mouse(self):
        brand = self.world.brand("Aa Keyboard Beans")
        self.world.account(brand)
        self.visit("/console")
        expect(self.field("Token")).to_be_focused()
        self.page.keyboard.type(self.world.token)
        self.press("Enter")
        expect(self.heading("Overview")).to_be_visible()

        self.press("Tab")
        self.assertEqual(self.focused()["name"], "Skip to the content")
        expect(self.link("Skip to the content")).to_be_in_viewport()
        self.press("Enter")
        expect(self.page.locator("main")).to_be_focused()
        self.tab_to("New job")
        self.press("Enter")
        expect(self.heading("New job")).to_be_visible()
        self.tab_to("asset download")
        self.press("Enter")
        expect(self.heading("New job: asset download")).to_be_visible()

        self.tab_to("Name")
        self.page.keyboard.type("Made by keys")
        self.tab_to("Brand")
        self.page.keyboard.type("Aa Keyboard")
        self.tab_to("Cron")
        self.page.keyboard.type("45 5 * * *")
        expect(self.page.locator("#preview")).to_contain_text("At 05:45, UTC")
        self.tab_to("Period, retries and policies")
        self.press("Enter")
        self.tab_to("Retries after the first attempt")
        self.press("ArrowUp")
        self.tab_to("Create")
        self.press("Enter")
        expect(self.heading("Made by keys")).to_be_visible()
        expect(self.page.get_by_text("4 after the first attempt")).to_be_visible()

        self.tab_to("Pause…")
        self.press("Enter")
        self.tab_to("Reason")
        self.page.keyboard.type("By keys")
        self.press("Enter")
        expect(self.badge("paused")).to_be_visible()
        self.tab_to("Resume")
        self.press("Space")
        expect(self.badge("active")).to_be_visible()
        self.tab_to("Run now")
        self.press("Enter")
        expect(self.page.get_by_role("heading", name="Parameters")).to_be_visible()
        self.tab_to("Run now")
        self.press("Enter")
        expect(self.badge("completed")).to_be_visible()
        self.tab_to("its job Made by keys")
        self.press("Enter")
        expect(self.heading("Made by keys")).to_be_visible()
        self.tab_to("Archive…")
        self.press("Enter")
        self.tab_to("Archive")
        self.press("Enter")
        expect(self.badge("archived")).to_be_visible()
        self.tab_to("Sign out")
        self.press("Enter")
        expect(self.field("Token")).to_be_focused()

    def test_the_focus_stays_where_it_is_while_a_run_is_followed(self):
        brand = self.world.brand("Focused Beans")
        account = self.world.account(brand)
        self.addCleanup(self.world.usual_meta)
        self.world.slow_meta(account, 2_500, times=3)
        run = self.world.run(self.world.job(brand, "Followed by keys", job_type="meta_sync"))
        self.sign_in()
        self.visit(f"/console/runs/{run}")
        expect(self.badge("running")).to_be_visible()
        self.page.get_by_role("button", name="Cancel").focus()
        self.page.evaluate("window.before = document.activeElement")
        self.until("!window.before.isConnected")
        self.assertEqual(self.focused()["name"], "Cancel")


if __name__ == "__main__":
    unittest.main(verbosity=2)
