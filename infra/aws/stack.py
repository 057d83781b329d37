#!/usr/bin/env python3
"""Looks after one environment's stack on AWS: secrets, plan, deploy, rollback, destroy, schedules, rules. `make` calls it.

Needs `terraform`, and credentials as every AWS program finds them. Questions that a person would be asked at a
terminal are read from standard input, a line each, elsewhere. Running a command again is safe.
"""

import argparse
import getpass
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# As in names.tf.
ALIAS = "live"

# What the aliases were before the last deploy. Not a secret; whoever rolls back may sit at another machine.
PREVIOUS = "PREVIOUS_VERSIONS"

# AWS answers for so many parameters at a time.
NAMES_PER_CALL = 10

# What `make` builds of functions/reconciler.
SCHEDULES = os.environ.get("SCHEDULES", ROOT / "target/debug/schedules")

# What Terraform calls the rules of jobs, in clock.tf.
RULES = ("aws_cloudwatch_event_target.job[", "aws_cloudwatch_event_rule.job[")

TERRAFORM = "https://developer.hashicorp.com/terraform/install (1.11 or newer)"


class Problem(Exception):
    """Said to the person at the terminal, in one line."""


def run(*command, **options):
    """Runs a program that talks to the person itself; what it printed, when that is captured."""
    ended = subprocess.run(command, check=False, **options)
    if ended.returncode != 0:
        raise Problem(f"{' '.join(str(word) for word in command[:3])} … failed")
    return ended.stdout


def aws(service, operation, missing=None, **arguments):
    """What AWS answers; None when it fails with the error code `missing`."""
    try:
        return getattr(boto3.client(service), operation)(**arguments)
    except ClientError as error:
        if missing and error.response["Error"]["Code"] == missing:
            return None
        raise


def locals_of(file):
    """What a .tf.json file of this folder defines."""
    return json.loads((HERE / file).read_text(encoding="utf-8"))["locals"]


class Stack:
    """One environment in one account and region."""

    def __init__(self, environment, says_yes):
        if not shutil.which("terraform"):
            raise Problem(f"terraform is missing: {TERRAFORM}")
        if not re.fullmatch("[a-z][a-z0-9]{0,11}", environment):
            raise Problem(f"ENV is not 1 to 12 lower-case letters and digits, letter first: {environment!r}")
        self.environment = environment
        self.says_yes = says_yes
        self.region = region()
        # Python's SDK reads the one, Terraform the other.
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = self.region
        self.account = aws("sts", "get_caller_identity")["Account"]
        self.rules_file = HERE / f"{environment}.rules.tfvars.json"
        self.functions = {key: f"sundial-{environment}-{key}" for key in locals_of("functions.tf.json")["functions"]}

    def confirm(self, question, answer="yes"):
        """Goes on only when the person types `answer`."""
        where = f"account {self.account}, {self.region}"
        if not self.says_yes and input(f"{question} ({where}) Type {answer}: ") != answer:
            raise Problem("nothing was changed")

    # Secrets.

    def parameter(self, name):
        return f"/sundial/{self.environment}/{name}"

    def secrets(self):
        """Names of the required and of the optional secrets."""
        sections = locals_of("settings.tf.json")["settings"].values()
        return [
            sorted({name for section in sections for name in section[kind]})
            for kind in ("secrets", "optional_secrets")
        ]

    def existing(self, names):
        """Those of `names` that have a parameter, with its version. The answer holds cipher texts only."""
        found = {}
        for start in range(0, len(names), NAMES_PER_CALL):
            asked = [self.parameter(name) for name in names[start : start + NAMES_PER_CALL]]
            for it in aws("ssm", "get_parameters", Names=asked)["Parameters"]:
                found[it["Name"].rpartition("/")[2]] = it["Version"]
        return found

    def put(self, name, value, kind):
        aws("ssm", "put_parameter", Name=self.parameter(name), Value=value, Type=kind, Overwrite=True)

    def ask_secrets(self, only):
        """Asks for every secret; an empty answer leaves it as it is."""
        required, optional = self.secrets()
        if only and only not in required + optional:
            raise Problem(f"{only} is no secret; there are {', '.join(required + optional)}")
        there = self.existing(required + optional)
        for name in [only] if only else required + optional:
            note = "is set, empty keeps it" if name in there else "optional" if name in optional else "required"
            value = ask(f"{name} ({note}): ")
            if value:
                self.put(name, value, "SecureString")
        self.check_secrets()
        print(f"Functions that run have the old values until the next deploy: make deploy ENV={self.environment}")

    def check_secrets(self):
        """What Terraform is to know: the optional secrets that exist, and a number that grows with every change of
        a secret. A required one that does not exist is a problem."""
        required, optional = self.secrets()
        there = self.existing(required + optional)
        lacking = [name for name in required if name not in there]
        if lacking:
            raise Problem(f"no value for {', '.join(lacking)}: make secrets ENV={self.environment}")
        return {
            "optional_secrets": json.dumps([name for name in optional if name in there]),
            "secrets_revision": sum(there.values()),
        }

    # Terraform.

    def terraform(self, *arguments, **options):
        folder = ROOT / ".local/terraform" / self.environment
        return run("terraform", f"-chdir={HERE}", *arguments, env={**os.environ, "TF_DATA_DIR": str(folder)}, **options)

    def init(self):
        """Points Terraform at this environment's state; makes the bucket for it when there is none."""
        bucket = f"sundial-state-{self.account}-{self.region}"
        if aws("s3", "head_bucket", missing="404", Bucket=bucket) is None:
            self.make_state_bucket(bucket)
        settings = {
            "bucket": bucket, "key": f"{self.environment}.tfstate", "region": self.region,
            "encrypt": "true", "use_lockfile": "true",
        }
        plugins = os.environ.get("TF_PLUGIN_DIR")
        self.terraform(
            "init", "-input=false", "-reconfigure",
            *([f"-plugin-dir={plugins}"] if plugins else []),
            *(f"-backend-config={key}={value}" for key, value in settings.items()),
        )

    def make_state_bucket(self, bucket):
        place = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        aws("s3", "create_bucket", Bucket=bucket, **({} if self.region == "us-east-1" else place))
        shut = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
        aws("s3", "put_public_access_block", Bucket=bucket, PublicAccessBlockConfiguration=shut)
        aws("s3", "put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def variables(self):
        """Arguments for ENV.tfvars and the file of rules, where they are there, and for what is known here."""
        files = [HERE / f"{self.environment}.tfvars", self.rules_file]
        given = [f"-var-file={file}" for file in files if file.exists()]
        return [*given, f"-var=environment={self.environment}"]

    def check_zips(self):
        folder = Path(os.environ.get("TF_VAR_artifacts", ROOT / "target/lambda"))
        lacking = [key for key in self.functions if not (folder / key / "bootstrap.zip").is_file()]
        if lacking:
            raise Problem(f"no zip of {', '.join(lacking)}: make build-lambda")

    def plan(self):
        """Shows what a deploy would do, and returns the file that holds it."""
        self.check_zips()
        secrets = [f"-var={name}={value}" for name, value in self.check_secrets().items()]
        file = ROOT / ".local/terraform" / f"{self.environment}.plan"
        self.init()
        self.terraform("plan", "-input=false", f"-out={file}", *self.variables(), *secrets)
        return file

    def deploy(self, migrates):
        """Plans, asks, migrates the database, applies. The schema goes first: old functions work with the new one."""
        file = self.plan()
        self.confirm("Deploy this?")
        if migrates:
            self.migrate()
        before = self.versions()
        try:
            self.terraform("apply", "-input=false", file)
        finally:
            if before and self.versions() != before:
                self.put(PREVIOUS, json.dumps(before), "String")

    def migrate(self):
        name = self.parameter("DATABASE_URL")
        found = aws("ssm", "get_parameter", Name=name, WithDecryption=True)
        url = found["Parameter"]["Value"]
        run("make", "-C", ROOT, "--no-print-directory", "migrate", env={**os.environ, "DATABASE_URL": url})

    def destroy(self):
        self.init()
        self.confirm("Destroy it? AWS refuses while the bucket holds media.", self.environment)
        with tempfile.TemporaryDirectory() as folder:
            # Terraform reads the zips even of functions that it removes, and this machine may have built none.
            for key in self.functions:
                (Path(folder) / key).mkdir()
                (Path(folder) / key / "bootstrap.zip").touch()
            self.terraform("destroy", "-input=false", "-auto-approve", *self.variables(), f"-var=artifacts={folder}")
        self.remove_rules()
        aws("ssm", "delete_parameter", missing="ParameterNotFound", Name=self.parameter(PREVIOUS))
        print(f"Left: the secrets below /sundial/{self.environment}, the state's bucket, the database.")

    def remove_rules(self):
        """Removes the rules of jobs, which Terraform does not know when the reconciler made them. For when that is
        gone, as it would make them anew. Schedules go with their group, which is Terraform's."""
        pages = boto3.client("events").get_paginator("list_rules").paginate(NamePrefix=f"sundial-{self.environment}-")
        names = [rule["Name"] for page in pages for rule in page["Rules"]]
        for name in names:
            targets = [target["Id"] for target in aws("events", "list_targets_by_rule", Rule=name)["Targets"]]
            if targets:
                aws("events", "remove_targets", Rule=name, Ids=targets)
            aws("events", "delete_rule", Name=name)
        if names:
            print(f"Removed {len(names)} rules that the reconciler had made.")

    # Schedules.

    def schedules(self, arguments, **options):
        """Runs the command `schedules` with what the reconciler of this environment was told."""
        name = self.functions["reconciler"]
        found = aws("lambda", "get_function_configuration", missing="ResourceNotFoundException", FunctionName=name, Qualifier=ALIAS)
        if found is None:
            raise Problem(f"there is no {name}: make deploy ENV={self.environment}")
        return run(SCHEDULES, *arguments, env={**os.environ, **found["Environment"]["Variables"]}, **options)

    def give_rules_to_terraform(self):
        """Writes the rules of jobs, as they should be now, for the next deploys."""
        text = self.schedules(["plan", "--tfvars"], stdout=subprocess.PIPE)
        self.rules_file.write_bytes(text)
        count = len(json.loads(text)["desired_rules"])
        print(f"{count} rules in {self.rules_file.name}, which is Terraform's from the next deploy on: make deploy ENV={self.environment}")

    def give_rules_to_the_reconciler(self):
        """Lets Terraform forget the rules, which go on firing, and then stop being their owner."""
        if not self.rules_file.exists():
            raise Problem(f"there is no {self.rules_file.name}: the rules are the reconciler's already")
        self.init()
        known = self.terraform("state", "list", stdout=subprocess.PIPE).decode().splitlines()
        rules = [address for address in known if address.startswith(RULES)]
        if rules:
            self.terraform("state", "rm", *rules)
        self.rules_file.unlink()
        print(f"The rules are the reconciler's from the next deploy on: make deploy ENV={self.environment}")

    # Versions.

    def versions(self):
        """The version behind each function's alias."""
        found = {}
        for key, name in self.functions.items():
            alias = aws("lambda", "get_alias", missing="ResourceNotFoundException", FunctionName=name, Name=ALIAS)
            if alias:
                found[key] = alias["FunctionVersion"]
        return found

    def rollback(self):
        """Moves the aliases back to where they were before the last deploy. Again: forward."""
        stored = aws("ssm", "get_parameter", missing="ParameterNotFound", Name=self.parameter(PREVIOUS))
        if stored is None:
            raise Problem("there was no deploy to take back")
        before, now = json.loads(stored["Parameter"]["Value"]), self.versions()
        moves = {key: version for key, version in before.items() if now.get(key, version) != version}
        if not moves:
            raise Problem("every function is at its previous version")
        for key, version in moves.items():
            print(f"{self.functions[key]}: version {now[key]} -> {version}")
        self.confirm("Roll back?")
        self.put(PREVIOUS, json.dumps(now), "String")
        for key, version in moves.items():
            aws("lambda", "update_alias", FunctionName=self.functions[key], Name=ALIAS, FunctionVersion=version)
        print("Done. The next deploy moves the aliases to the newest versions again, and its plan says so.")


def region():
    """Where to work: what the environment says, or the profile."""
    found = os.environ.get("AWS_REGION") or boto3.session.Session().region_name
    if not found:
        raise Problem("no region: set AWS_REGION")
    return found


def ask(prompt):
    """A line that is not shown when a person types it."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt).strip()
    print(prompt)
    return sys.stdin.readline().strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["secrets", "plan", "deploy", "rollback", "destroy", "schedules", "rules"])
    parser.add_argument("environment")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--name", help="secrets: ask for this one only")
    parser.add_argument("--owner", choices=["terraform", "reconciler"], help="rules: who makes them from the next deploy on")
    parser.add_argument("words", nargs="*", help="schedules: what to run, after --")
    parser.add_argument("--no-migrate", action="store_true", help="deploy: leave the database as it is")
    arguments = parser.parse_args()
    try:
        stack = Stack(arguments.environment, arguments.yes)
        {
            "secrets": lambda: stack.ask_secrets(arguments.name),
            "plan": stack.plan,
            "deploy": lambda: stack.deploy(not arguments.no_migrate),
            "rollback": stack.rollback,
            "destroy": stack.destroy,
            "schedules": lambda: stack.schedules(arguments.words),
            "rules": stack.give_rules_to_the_reconciler if arguments.owner == "reconciler" else stack.give_rules_to_terraform,
        }[arguments.command]()
    except (Problem, BotoCoreError, ClientError, EOFError, KeyboardInterrupt) as problem:
        sys.exit(f"stack: {str(problem) or 'no answer'}")


if __name__ == "__main__":
    main()
