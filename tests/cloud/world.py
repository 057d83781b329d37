"""A moto server in this process, and the stack deployed to it with the commands that people use."""

import atexit
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / ".local/test-cloud"
ENVIRONMENT = "mototest"
NAME = f"sundial-{ENVIRONMENT}"
REGION = "eu-central-1"



def locals_of(file):
    """What a .tf.json file of the stack defines."""
    return json.loads((ROOT / "infra/aws" / file).read_text(encoding="utf-8"))["locals"]


MAP = locals_of("functions.tf.json")["functions"]
SECTIONS = locals_of("settings.tf.json")["settings"].values()


def names(kind):
    """Names in all sections of settings, in the order in which `make secrets` asks."""
    return sorted({name for section in SECTIONS for name in section[kind]})


# The required ones; nobody has the others.
SECRETS = {name: f"value-of-{name.lower()}" for name in names("secrets")}

# What a person would put into ENV.tfvars.
VARIABLES = {
    "TF_VAR_email_from": "Sundial <sundial@example.com>",
    "TF_VAR_email_to": '["team@example.com"]',
    "TF_VAR_alarm_emails": '["pager@example.com"]',
}


class World:
    """Verbs of the tests."""

    def __init__(self):
        if not shutil.which("terraform"):
            sys.exit("terraform is missing: install 1.11 or newer from https://developer.hashicorp.com/terraform/install")
        shutil.rmtree(SCRATCH, ignore_errors=True)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        # Port 0: the kernel chooses.
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        atexit.register(self.stop)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.begun = []
        host, port = self.server.get_host_and_port()
        self.environment = self.make_environment(f"http://{host}:{port}")
        for function in MAP:
            self.write_zip(function, "first")
        self.stand_in_for_make()

    def stop(self):
        """Ends what this process started and did not wait for, with what that started."""
        for process in self.begun:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.server.stop()

    def make_environment(self, url):
        """That of every command: nothing in it leads to a real account."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_", "DATABASE_URL"))}
        plugins = {name: os.environ[name] for name in ["TF_PLUGIN_DIR"] if name in os.environ}
        return {
            **inherited, **plugins, **VARIABLES,
            "PATH": f"{SCRATCH / 'bin'}:{os.environ['PATH']}",
            "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "TF_VAR_s3_path_style": "true", "TF_CLI_ARGS_init": "-backend-config=use_path_style=true",
            "TF_VAR_artifacts": str(SCRATCH / "zips"),
            "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1",
        }

    def stand_in_for_make(self):
        """A `make` that migrates nothing and notes how it was called, as there is no database here."""
        program = SCRATCH / "bin/make"
        program.parent.mkdir()
        program.write_text('#!/bin/sh\nprintf "%s %s" "$*" "$DATABASE_URL" >"$(dirname "$0")/called"\n', encoding="utf-8")
        program.chmod(0o755)

    def stand_in_for_schedules(self, rules):
        """A `schedules` that prints `rules` and notes how it was called."""
        program = SCRATCH / "bin/schedules"
        answer = json.dumps({"rules_owner": "terraform", "desired_rules": rules})
        program.write_text(
            f"#!{sys.executable}\nimport json, os, sys\n"
            "called = {'arguments': sys.argv[1:], 'environment': dict(os.environ)}\n"
            f"open({str(SCRATCH / 'bin/schedules-called')!r}, 'w').write(json.dumps(called))\n"
            f"print({answer!r})\n",
            encoding="utf-8",
        )
        program.chmod(0o755)
        return program

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.environment["AWS_ENDPOINT_URL"], region_name=REGION,
            aws_access_key_id="none", aws_secret_access_key="none",
        )

    def write_zip(self, function, content):
        """A program that nobody starts: moto keeps functions and runs none."""
        file = SCRATCH / "zips" / function / "bootstrap.zip"
        file.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("bootstrap", content)

    def begin(self, *command, **options):
        """Starts a command; its output goes to a file."""
        log = SCRATCH / f"{'-'.join(Path(word).name for word in command[1:4])}.log"
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**self.environment, **options.pop("env", {})},
                stdout=output, stderr=subprocess.STDOUT, text=True, start_new_session=True, **options,
            )
        process.log = log
        self.begun.append(process)
        return process

    @staticmethod
    def end(process, seconds_max=240):
        """Waits for a command; its status and what it said."""
        try:
            status = process.wait(timeout=seconds_max)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            status = "killed"
        return status, process.log.read_text(encoding="utf-8")

    def must(self, process):
        status, output = self.end(process)
        if status != 0:
            raise AssertionError(f"{process.args}: {status}\n{output}")
        return output

    def stack(self, *arguments, answers="", env=None):
        """Runs infra/aws/stack.py as make does, with the lines that a person would type."""
        file = SCRATCH / "answers"
        file.write_text(answers, encoding="utf-8")
        with file.open(encoding="utf-8") as typed:
            command, *rest = arguments
            return self.begin(sys.executable, str(ROOT / "infra/aws/stack.py"), command, ENVIRONMENT, *rest, stdin=typed, env=env or {})

    def terraform(self, *arguments, folder="infra/aws", data=ENVIRONMENT):
        data_dir = ROOT / ".local/terraform" / data
        return self.begin("terraform", f"-chdir={folder}", *arguments, env={"TF_DATA_DIR": str(data_dir)})
