"""Every page of the console, with something on it."""

from urllib.parse import quote

CHARACTERS_MANY = 200
LONG_WORD = "Kaffee" * 30
BRAND = "Every Page Beans"


class Pages:
    """Makes what there is to see, once, and names the address of each page."""

    def __init__(self, world):
        self.world = world
        brand = world.brand(BRAND)
        self.job = world.job(brand, "Seen on every page", cron="30 2 * * *", timezone="America/New_York")
        self.paused = world.job(brand, f"Paused {LONG_WORD}"[:CHARACTERS_MANY], cron="0 7 * * *", parameters={"max_images": 1})
        world.api("POST", f"/api/jobs/{self.paused}/pause", {"reason": "The account moves to another business"})
        self.failed = world.run(self.job)
        assert world.ended(self.failed) == "failed"
        self.batch = self.make_batch()
        self.classified = world.classified_brand()
        self.completed = self.newest_run(self.classified, "ad_classification")
        self.ad = world.api("GET", f"/api/brands/{self.classified}/classifications")["ads"][0]["meta_ad_id"]

    def make_batch(self):
        """Of a failure of its own, so that another one stays to be seen."""
        brand = self.world.brand(f"{BRAND} too")
        run = self.world.failed_run(brand, "Retried on every page")
        self.world.account(brand)
        made = self.world.api("POST", "/api/dead-letters/retry", {"run_ids": [run], "rate_per_minute": 600})
        return made["id"]

    def newest_run(self, brand, job_type):
        (run,) = self.world.db.execute(
            "select r.id from scheduled_job_runs r join scheduled_jobs j on j.id = r.scheduled_job_id"
            " where j.brand_id = %s and j.job_type = %s order by r.created_at desc limit 1", (brand, job_type),
        ).fetchone()
        return run

    def addresses(self):
        job, runs = f"/console/jobs/{self.job}", "/console/runs"
        return {
            "overview": "/console",
            "jobs": "/console/jobs?status=all",
            "jobs-none": f"/console/jobs?text={quote('no such job')}",
            "job": job,
            "job-paused": f"/console/jobs/{self.paused}",
            "job-new": "/console/jobs/new",
            "job-new-form": "/console/jobs/new?type=meta_sync",
            "job-edit": f"{job}/edit",
            "job-run": f"{job}/run",
            "runs": runs,
            "run-completed": f"{runs}/{self.completed}",
            "run-failed": f"{runs}/{self.failed}",
            "run-log": f"{runs}/{self.completed}/log",
            "run-retry": f"{runs}/{self.failed}/retry",
            "run-once": f"{runs}/new?type=ad_classification&brand={self.classified}",
            "calendar": "/console/calendar",
            "calendar-day": "/console/calendar?days=1&timezone=America/New_York",
            "strip": "/console/strip?job_type=asset_download",
            "strip-none": "/console/strip?job_type=token_refresh",
            "failures": "/console/dead-letters",
            "failures-retried": f"/console/retry-batches/{self.batch}",
            "freshness": "/console/freshness",
            "ads-choose": "/console/ads",
            "ads": f"/console/ads?brand={self.classified}",
            "ad": f"/console/brands/{self.classified}/ads/{self.ad}",
            "notifications": "/console/notifications",
            "channels": "/console/notifications/channels",
            "organizations": "/console/organizations",
            "members": "/console/members",
            "tokens": "/console/tokens",
        }


_PAGES = None


def the_pages(world):
    global _PAGES
    if _PAGES is None:
        _PAGES = Pages(world)
    return _PAGES
