"""A local stack in this process's care, what people do to it beside the console, and browsers that look."""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/sundial-local"

# An unoptimised stack on a busy machine has needed 20 s.
START_SECONDS_MAX = 90
# The longest that anything shown by itself may take: a run of seconds, a function's start, one turn of the page.
SHOWN_SECONDS_MAX = 30

# The ad account of the stand-in for Meta whose ads have files.
MADE_FROM_MEDIA = "act_100200300400500"

_WORLD = None


def the_world():
    """The stack of this process; the first who asks starts it."""
    global _WORLD
    if _WORLD is None:
        _WORLD = World()
    return _WORLD


class World:
    """Verbs of the tests."""

    def __init__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.folder = Path(tempfile.mkdtemp(prefix="sundial-browser-"))
        self.log = self.folder / "dev.log"
        self.stack = None
        self.classified = None
        atexit.register(self.stop)
        self.start()
        self.db = psycopg.connect(self.database_url, autocommit=True)
        self.organization = uuid.uuid4()
        self.db.execute("insert into organizations (id, name) values (%s, 'Browsers')", (self.organization,))

    def start(self):
        """Starts the stack on ports from the kernel, in a folder of its own, and reads where it is."""
        ports = [word for part in ["api", "aws", "s3", "meta", "gemini"] for word in (f"--{part}-port", "0")]
        # A stand-in answers for whoever could be paid, and no database is used but the stack's own.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("META_", "GEMINI_", "DATABASE_URL"))}
        with self.log.open("w", encoding="utf-8") as output:
            self.stack = subprocess.Popen(
                [str(PROGRAM), "dev", "--data", str(self.folder / "stack"), *ports],
                cwd=ROOT, env=inherited, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )
        told = self.wait_for(self.guide, START_SECONDS_MAX, "the stack to tell where it is")
        self.url, self.token = re.search(r"Look at it: (\S+)/console, and sign in with (\S+)", told).groups()
        (self.database_url,) = re.search(r"psql '(\S+)'", told).groups()
        self.aws, self.meta, self.gemini = (
            re.search(rf"^{part} +(\S+)", told, re.MULTILINE)[1] for part in ["EventBridge", "Meta", "Gemini"]
        )

    def guide(self):
        told = self.log.read_text(encoding="utf-8")
        if self.stack.poll() is not None:
            raise AssertionError(f"the stack ended with {self.stack.returncode}:\n{told}")
        return told if "Ctrl-C stops everything" in told else None

    def stop(self):
        """Ends the stack by its id; what it started ends with it."""
        if self.stack and self.stack.poll() is None:
            self.stack.send_signal(signal.SIGINT)
            try:
                self.stack.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(self.stack.pid, signal.SIGKILL)
                self.stack.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def wait_for(question, seconds_max, what):
        """Asks until there is an answer."""
        end = time.monotonic() + seconds_max
        while time.monotonic() < end:
            answer = question()
            if answer:
                return answer
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds_max} s in vain for {what}")

    @staticmethod
    def ask(method, url, body=None, headers=None):
        """One call; its answer, read as JSON when there is one."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **(headers or {})}
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def api(self, method, path, body=None):
        return self.ask(method, self.url + path, body, {"authorization": f"Bearer {self.token}"})

    def sweep(self):
        """What the reconciler's rule does once a minute."""
        return self.ask("POST", f"{self.aws}/2015-03-31/functions/reconciler/invocations", {"kind": "sweep"})

    def brand(self, name):
        """A brand without an ad account."""
        brand = uuid.uuid4()
        self.db.execute(
            "insert into brands (id, organization_id, name) values (%s, %s, %s)", (brand, self.organization, name),
        )
        return str(brand)

    def account(self, brand, ads=3):
        """An ad account for a brand, linked as people do it."""
        account = f"act_{uuid.uuid4().int % 10**15:015}"
        self.ask("POST", f"{self.meta}/_control/accounts", {"id": account, "ads": ads})
        self.link(brand, account)
        return account

    def link(self, brand, account):
        self.api("POST", f"/api/brands/{brand}/ad-accounts", {"account": account})

    def job(self, brand, name, cron="0 6 * * *", job_type="asset_download", **fields):
        """A job on a schedule."""
        body = {"job_type": job_type, "brand_id": brand, "name": name, "cron_expression": cron, **fields}
        return self.api("POST", "/api/jobs", body)["id"]

    def run(self, job):
        """A run now, of a job that exists."""
        return self.api("POST", f"/api/jobs/{job}/run", {})["run_id"]

    def status(self, run):
        return self.api("GET", f"/api/runs/{run}")["status"]

    def ended(self, run):
        """Waits for the end of a run, and tells its status."""
        def end():
            found = self.status(run)
            return found if found not in ["pending", "running"] else None
        return self.wait_for(end, SHOWN_SECONDS_MAX, f"the end of run {run}")

    def failed_run(self, brand, name):
        """A run that failed for good, since its brand has no ad account."""
        run = self.run(self.job(brand, name))
        assert self.ended(run) == "failed"
        return run

    def slow_meta(self, account, milliseconds, times=1):
        """The next questions about an account are answered late."""
        fault = {"on": "graph", "contains": account, "delay_ms": milliseconds, "times": times}
        self.ask("POST", f"{self.meta}/_control/faults", fault)

    def usual_meta(self):
        self.ask("DELETE", f"{self.meta}/_control/faults")

    def classified_brand(self):
        """The brand whose ads were synchronised, downloaded and classified by the real chain of jobs; made once."""
        if not self.classified:
            brand = self.brand("Sundial Coffee")
            self.link(brand, MADE_FROM_MEDIA)
            for job_type, parameters in [
                ("meta_sync", {"days_back": 7, "download_max_videos": 20, "download_max_images": 40}),
                ("asset_download", {}),
                ("ad_classification", {}),
            ]:
                run = self.api("POST", "/api/runs", {"job_type": job_type, "brand_id": brand, "parameters": parameters})
                assert self.ended(run["run_id"]) == "completed", job_type
            self.classified = brand
        return self.classified
