"""Chromium without a window, and what holds for every page that it opens."""

import atexit
import os
import shutil
import sys
import time
import unittest
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from world import ROOT, SHOWN_SECONDS_MAX, the_world

SCREENSHOTS = ROOT / ".local/screenshots"
NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}

# Not the zone of any schedule here, so that times are shown by two clocks.
VIEWER_ZONE = "America/Denver"

expect.set_options(timeout=SHOWN_SECONDS_MAX * 1000)

_CHROMIUM = None


def chromium():
    """The machine's Chromium, started once; without one, the tests are skipped aloud, and fail in CI."""
    global _CHROMIUM
    if _CHROMIUM is None:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        playwright = sync_playwright().start()
        if not program and not Path(playwright.chromium.executable_path).exists():
            playwright.stop()
            missing("Chromium is missing: install it (Debian: apt-get install chromium-headless-shell), "
                    f"or let Playwright fetch its own: {sys.executable} -m playwright install --only-shell chromium")
        _CHROMIUM = playwright.chromium.launch(executable_path=program)
        atexit.register(playwright.stop)
        atexit.register(_CHROMIUM.close)
        for picture in SCREENSHOTS.glob("failed-*.png"):
            picture.unlink()
    return _CHROMIUM


def missing(what):
    if os.environ.get("CI"):
        raise AssertionError(what)
    raise unittest.SkipTest(f"SKIPPED: {what}")


class BrowserTest(unittest.TestCase):
    """A browser of its own for each test, signed in, in which nothing may go wrong unseen."""

    maxDiff = None
    # What the browser is like; a class of tests may change it.
    options = {}
    is_signed_in = True

    def setUp(self):
        chromium()
        self.world = self.find_world()
        self.wrong = []
        self.context = self.open()
        self.page = self.context.new_page()
        if self.is_signed_in:
            self.sign_in()

    @classmethod
    def find_world(cls):
        return the_world()

    def open(self, **options):
        """A browser without memory, whose console, dialogs and policy violations are noted."""
        options = {
            "base_url": self.world.url, "viewport": WIDE, "locale": "en-US", "timezone_id": VIEWER_ZONE,
            **self.options, **options,
        }
        context = chromium().new_context(**options)
        context.set_default_timeout(SHOWN_SECONDS_MAX * 1000)
        self.addCleanup(context.close)
        context.on("page", self.watch)
        return context

    def watch(self, page):
        # Violations of the Content-Security-Policy are errors of the console.
        page.on("console", lambda it: it.type in ["error", "warning"] and self.wrong.append(f"console: {it.text}"))
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", self.refuse_dialog)

    def refuse_dialog(self, dialog):
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def refused(self, status):
        """The browser has noted an answer of this status, as was expected."""
        noted = [it for it in self.wrong if f"status of {status}" in it]
        self.assertEqual(len(noted), 1, self.wrong)
        self.wrong.remove(noted[0])

    def run(self, result=None):
        self.result = result
        return super().run(result)

    def tearDown(self):
        if any(test is self for test, _ in self.result.failures + self.result.errors):
            self.picture(f"failed-{self.id()}")
        self.assertEqual(self.wrong, [], "what the browser complained of")

    def picture(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def sign_in(self):
        self.visit("/console/sign-in")
        self.field("Token").fill(self.world.token)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.heading("Overview")).to_be_visible()

    def visit(self, path):
        return self.page.goto(path)

    def heading(self, name):
        return self.page.get_by_role("heading", name=name, exact=True, level=1)

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name):
        return self.page.get_by_role("link", name=name, exact=True)

    def field(self, name):
        return self.page.get_by_label(name, exact=True)

    def badge(self, word):
        """That of the page's own thing, which stands right below its heading."""
        return self.page.locator("main .badge").first.filter(has_text=word)

    def notice(self, words):
        return self.page.locator(".notice").filter(has_text=words)

    def until(self, expression):
        """Waits for what a page says of itself; its policy lets nobody do that by a text within it."""
        end = time.monotonic() + SHOWN_SECONDS_MAX
        while not self.page.evaluate(expression):
            self.assertLess(time.monotonic(), end, f"{expression} is not true")
            self.page.wait_for_timeout(50)

    def stays(self):
        """From now on the page must stay the one it is; `stayed` looks whether it did."""
        self.page.evaluate("window.isTheSame = true")

    def stayed(self):
        self.assertTrue(self.page.evaluate("window.isTheSame === true"), "the page was loaded anew")
