"""How much of a page is on its way, and what its first view waits for."""

import unittest

from browser import BrowserTest, expect
from pages import the_pages
from world import World

# With script and icon, for a browser that has nothing yet; the limit that the console promises.
BYTES_MAX = 60_000
# The first flight of a TCP connection, ten segments: what arrives in one round trip.
# Source: RFC 6928, section 2.
FIRST_FLIGHT_BYTES = 10 * 1460

MANY = 120
LINES_SHOWN = 1_000


class Weight(BrowserTest):
    def weigh(self, address):
        """Bytes on the way of all that comes from us, and of the page itself."""
        context = self.open(storage_state=self.context.storage_state())
        page = context.new_page()
        cdp = context.new_cdp_session(page)
        cdp.send("Network.enable")
        urls, bytes_of = {}, {}
        cdp.on("Network.responseReceived", lambda it: urls.update({it["requestId"]: it["response"]["url"]}))
        cdp.on("Network.loadingFinished", lambda it: bytes_of.update({it["requestId"]: it["encodedDataLength"]}))
        page.goto(address, wait_until="networkidle")
        blocking = page.evaluate(
            "performance.getEntriesByType('resource').filter((it) => it.renderBlockingStatus === 'blocking').map((it) => it.name)")
        self.assertEqual(blocking, [], "what the first view waits for")
        ours = {id: size for id, size in bytes_of.items() if urls[id].startswith(self.world.url)}
        document = sum(size for id, size in ours.items() if urls[id] == page.url)
        context.close()
        return sum(ours.values()), document

    def weigh_all(self, addresses):
        sizes = {}
        for name, address in addresses.items():
            with self.subTest(page=name):
                sizes[name], document = self.weigh(address)
                self.assertLessEqual(sizes[name], BYTES_MAX)
                self.assertGreater(document, 0)
        print("bytes:", ", ".join(f"{name} {size:,}" for name, size in sizes.items()), end=" ")


class UsualPages(Weight):
    def test_every_page_is_light_and_waits_for_nothing_but_itself(self):
        self.weigh_all(the_pages(self.world).addresses())

    def test_a_page_arrives_in_one_round_trip(self):
        for name in ["overview", "jobs", "job", "run-failed", "failures"]:
            with self.subTest(page=name):
                _, document = self.weigh(the_pages(self.world).addresses()[name])
                self.assertLessEqual(document, FIRST_FLIGHT_BYTES)

    def test_a_page_can_be_used_when_nothing_else_arrives(self):
        address = the_pages(self.world).addresses()["jobs"]
        self.page.route("**/*", lambda route: route.continue_() if route.request.resource_type == "document" else route.abort())
        self.visit(address)
        expect(self.heading("Jobs")).to_be_visible()
        expect(self.page.locator(".card").first).to_have_css("border-radius", "10px")
        self.wrong = [it for it in self.wrong if "ERR_FAILED" not in it]


class FullPages(Weight):
    """On a stack of its own, as full as pages become."""

    _full = None

    @classmethod
    def find_world(cls):
        if cls._full is None:
            cls._full = World()
        return cls._full

    @classmethod
    def tearDownClass(cls):
        if cls._full:
            cls._full.stop()

    def test_full_pages_are_light_too(self):
        jobs = [self.world.job(self.world.brand(f"Beans {number}"), f"Downloads the media of brand {number}") for number in range(MANY)]
        runs = [self.world.run(job) for job in jobs]
        for run in runs:
            self.assertEqual(self.world.ended(run), "failed")
        self.write_log(runs[0])
        self.weigh_all({
            "overview": "/console", "jobs": "/console/jobs", "runs": "/console/runs", "run": f"/console/runs/{runs[0]}",
            "failures": "/console/dead-letters", "calendar": "/console/calendar", "freshness": "/console/freshness", "notifications": "/console/notifications",
        })

    def write_log(self, run):
        """As many lines as a page shows, no two the same."""
        self.world.db.execute(
            "insert into run_logs (run_id, segment, at, level, message)"
            " select %s, 1, now(), 'info', 'Copied ' || md5(number::text) || ' in ' || number || ' ms'"
            " from generate_series(1, %s) number", (run, LINES_SHOWN),
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
