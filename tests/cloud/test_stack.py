"""The stack of infra/aws on a moto server: deployed, looked at, rolled back and destroyed.

What moto cannot show stands in the README, under "Deploy it".
"""

import json
import unittest

from world import ENVIRONMENT, MAP, NAME, REGION, ROOT, SCRATCH, SECRETS, World, names

ACCOUNT = "123456789012"
LIVE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}-{{}}:live"
SCHEDULE = f"{NAME}-asset_download-0123456789ab"

# moto answers with so many at a time.
RULES_PER_PAGE = 50

WORLD = None


def setUpModule():
    """Deploys once for all tests; Terraform's own tests run while the deploy waits for AWS's delays."""
    global WORLD
    WORLD = World()
    own = own_tests()
    WORLD.no_secrets = WORLD.end(WORLD.stack("deploy", "--yes"))
    answers = [SECRETS.get(name, "") for name in names("secrets") + names("optional_secrets")]
    WORLD.must(WORLD.stack("secrets", answers="\n".join([*answers, ""])))
    WORLD.must(WORLD.stack("deploy", "--yes"))
    WORLD.second_plan = WORLD.end(plan_again())
    WORLD.own_tests = [WORLD.end(process) for process in own]


def own_tests():
    WORLD.must(WORLD.terraform("init", "-input=false", folder="infra/aws/modules/catalogue", data="catalogue"))
    plugins = WORLD.environment.get("TF_PLUGIN_DIR")
    WORLD.must(WORLD.terraform(
        "init", "-backend=false", "-input=false", *([f"-plugin-dir={plugins}"] if plugins else []), data="check",
    ))
    return [
        WORLD.terraform("test", "-no-color", folder="infra/aws/modules/catalogue", data="catalogue"),
        WORLD.terraform("test", "-no-color", data="check"),
    ]


def plan_again(*arguments):
    return WORLD.terraform(
        "plan", "-input=false", "-no-color", "-detailed-exitcode",
        f"-var=environment={ENVIRONMENT}", f"-var=secrets_revision={len(SECRETS)}", *arguments,
    )


def tearDownModule():
    """Destroys, as from a machine that has built nothing, and looks for what is left: of the stack, of what its
    reconciler made, and of another installation, which keeps its rule."""
    for number in range(RULES_PER_PAGE + 1):
        make_rule(f"{NAME}-asset_download-{number:012x}")
    make_schedule()
    neighbour = f"{NAME}b-asset_download-{0:012x}"
    make_rule(neighbour)
    WORLD.must(WORLD.stack("destroy", answers=f"{ENVIRONMENT}\n", env={"TF_VAR_artifacts": "/nowhere"}))
    left = leftovers()
    if left != {"rules": [neighbour]} or not targets_of(neighbour):
        raise AssertionError(f"left after destroy, where only {neighbour} should be: {left}")


def make_rule(name):
    """As the reconciler makes one."""
    events = WORLD.client("events")
    events.put_rule(Name=name, ScheduleExpression="cron(0 6 * * ? *)", State="ENABLED")
    events.put_targets(Rule=name, Targets=[{"Id": "function", "Arn": LIVE.format("asset_download")}])


def targets_of(rule):
    return WORLD.client("events").list_targets_by_rule(Rule=rule)["Targets"]


def remove_rule(name):
    WORLD.client("events").remove_targets(Rule=name, Ids=[target["Id"] for target in targets_of(name)])
    WORLD.client("events").delete_rule(Name=name)


def make_schedule():
    """As the reconciler makes one, with what it was told."""
    told = told_to_the_reconciler()
    WORLD.client("scheduler").create_schedule(
        Name=SCHEDULE, GroupName=told["SUNDIAL_SCHEDULE_GROUP"], ScheduleExpression="cron(0 6 * * ? *)", State="ENABLED",
        FlexibleTimeWindow={"Mode": "OFF"}, Target={
            "Arn": LIVE.format("asset_download"), "RoleArn": told["SUNDIAL_SCHEDULER_ROLE_ARN"],
            "DeadLetterConfig": {"Arn": told["SUNDIAL_SCHEDULER_QUEUE_ARN"].replace("{function}", "asset_download")},
        },
    )


def told_to_the_reconciler():
    """The environment of what everything invokes."""
    made = WORLD.client("lambda").get_function_configuration(FunctionName=f"{NAME}-reconciler", Qualifier="live")
    return made["Environment"]["Variables"]


def leftovers():
    of = WORLD.client
    found = {
        "functions": [it["FunctionName"] for it in of("lambda").list_functions()["Functions"]],
        "rules": [it["Name"] for it in of("events").list_rules()["Rules"]],
        "schedules": [it["Name"] for it in of("scheduler").list_schedules()["Schedules"]],
        "schedule groups": [it["Name"] for it in of("scheduler").list_schedule_groups()["ScheduleGroups"] if it["Name"] != "default"],
        "buses": [it["Name"] for it in of("events").list_event_buses()["EventBuses"] if it["Name"] != "default"],
        "queues": of("sqs").list_queues().get("QueueUrls", []),
        "roles": [it["RoleName"] for it in of("iam").list_roles()["Roles"] if it["RoleName"].startswith(NAME)],
        "logs": [it["logGroupName"] for it in of("logs").describe_log_groups()["logGroups"]],
        "alarms": [it["AlarmName"] for it in of("cloudwatch").describe_alarms()["MetricAlarms"]],
        "dashboards": of("cloudwatch").list_dashboards()["DashboardEntries"],
        "topics": of("sns").list_topics()["Topics"],
        "stacks": [it["StackName"] for it in of("cloudformation").list_stacks()["StackSummaries"] if it["StackStatus"] != "DELETE_COMPLETE"],
        # The state's bucket and the secrets stay.
        "buckets": [it["Name"] for it in of("s3").list_buckets()["Buckets"] if not it["Name"].startswith("sundial-state-")],
        "parameters": [it["Name"] for it in of("ssm").describe_parameters()["Parameters"] if it["Type"] != "SecureString"],
    }
    return {kind: names for kind, names in found.items() if names}


def document(text):
    return text if isinstance(text, dict) else json.loads(text)


class TheStack(unittest.TestCase):
    maxDiff = None

    def statements(self, function):
        policy = WORLD.client("lambda").get_policy(FunctionName=f"{NAME}-{function}", Qualifier="live")
        return document(policy["Policy"])["Statement"]

    def test_without_secrets_nothing_is_deployed(self):
        status, output = WORLD.no_secrets
        self.assertNotEqual(status, 0)
        self.assertIn(f"no value for {', '.join(SECRETS)}: make secrets ENV={ENVIRONMENT}", output)

    def test_without_zips_the_build_is_named(self):
        status, output = WORLD.end(WORLD.stack("plan", env={"TF_VAR_artifacts": "/nowhere"}))
        self.assertEqual((status, output), (1, f"stack: no zip of {', '.join(MAP)}: make build-lambda\n"))

    def test_a_deploy_migrates_the_database(self):
        called = (SCRATCH / "bin/called").read_text()
        self.assertEqual(called, f"-C {ROOT} --no-print-directory migrate {SECRETS['DATABASE_URL']}")

    def test_terraforms_own_tests_pass(self):
        for status, output in WORLD.own_tests:
            self.assertEqual(status, 0, output)
            self.assertRegex(output, r"Success! \d+ passed, 0 failed")

    def test_a_second_plan_is_empty(self):
        status, output = WORLD.second_plan
        self.assertEqual(status, 0, output)

    def test_no_secret_is_in_the_state_or_an_environment(self):
        bucket = f"sundial-state-{ACCOUNT}-{REGION}"
        state = WORLD.client("s3").get_object(Bucket=bucket, Key=f"{ENVIRONMENT}.tfstate")["Body"].read().decode()
        functions = json.dumps(WORLD.client("lambda").list_functions()["Functions"], default=str)
        self.assertIn("DATABASE_URL_PARAMETER", state)
        for name, value in SECRETS.items():
            self.assertNotIn(value, state, name)
            self.assertNotIn(value, functions, name)

    def test_the_state_is_private_and_versioned(self):
        bucket, s3 = f"sundial-state-{ACCOUNT}-{REGION}", WORLD.client("s3")
        self.assertEqual(s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
        shut = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        self.assertEqual(set(shut.values()), {True})

    def test_secrets_are_secure_strings_with_the_values_given(self):
        for name, value in SECRETS.items():
            answer = WORLD.client("ssm").get_parameter(Name=f"/sundial/{ENVIRONMENT}/{name}", WithDecryption=True)
            self.assertEqual((answer["Parameter"]["Type"], answer["Parameter"]["Value"]), ("SecureString", value))

    def test_every_setting_of_the_sample_is_deployed(self):
        lines = (ROOT / ".env.sample").read_text().splitlines()
        sample = {line.partition("=")[0] for line in lines if "=" in line and not line.startswith("#")}
        deployed = {name for kind in ("environment", "secrets", "optional_secrets") for name in names(kind)}
        # Empty in production, as the sample says.
        self.assertEqual(sample - deployed, {"MEDIA_TRUSTED_ORIGINS"})
        self.assertEqual(deployed - sample, set())
        values = {name: value.partition("  #")[0].strip() for name, _, value in (line.partition("=") for line in lines)}
        told = json.loads((ROOT / "infra/aws/settings.tf.json").read_text())["locals"]["settings"]["gemini"]["environment"]
        self.assertEqual(told, {name: values[name] for name in told}, "one price everywhere")

    def test_functions_are_as_the_map_says(self):
        made = {it["FunctionName"] for it in WORLD.client("lambda").list_functions()["Functions"]}
        self.assertEqual(made, {f"{NAME}-{key}" for key in MAP})
        for key, it in MAP.items():
            function = WORLD.client("lambda").get_function(FunctionName=f"{NAME}-{key}", Qualifier="live")
            made = function["Configuration"]
            self.assertEqual(
                (made["Runtime"], made["Architectures"], made["MemorySize"], made["Timeout"]),
                ("provided.al2023", ["x86_64"], it["memory_mb"], it["timeout_seconds"]),
            )
            concurrency = WORLD.client("lambda").get_function_concurrency(FunctionName=f"{NAME}-{key}")
            self.assertEqual(concurrency["ReservedConcurrentExecutions"], it["concurrency_max"])
            log = WORLD.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{NAME}-{key}")["logGroups"]
            self.assertEqual([it["retentionInDays"] for it in log], [30])

    def test_the_reconciler_knows_the_alias_of_every_function(self):
        made = WORLD.client("lambda").get_function_configuration(FunctionName=f"{NAME}-reconciler")
        variables = made["Environment"]["Variables"]
        self.assertEqual(variables["SUNDIAL_FUNCTION_ARN"].replace("{function}", "asset_download"), LIVE.format("asset_download"))
        self.assertEqual(variables["SUNDIAL_RULE_PREFIX"], NAME)

    def test_the_reconciler_knows_where_schedules_go_whichever_clock_is_in_use(self):
        told = told_to_the_reconciler()
        self.assertEqual(told["SUNDIAL_CLOCK"], "rules")
        group = WORLD.client("scheduler").get_schedule_group(Name=told["SUNDIAL_SCHEDULE_GROUP"])
        self.assertEqual((group["Name"], group["State"]), (NAME, "ACTIVE"))
        role = WORLD.client("iam").get_role(RoleName=told["SUNDIAL_SCHEDULER_ROLE_ARN"].rpartition("/")[2])["Role"]
        self.assertEqual(role["Arn"], told["SUNDIAL_SCHEDULER_ROLE_ARN"])
        for key in [key for key, it in MAP.items() if it["kind"] == "job"]:
            queue = WORLD.client("sqs").get_queue_url(QueueName=f"{NAME}-{key}-dead-letters")["QueueUrl"]
            arn = WORLD.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            self.assertEqual(told["SUNDIAL_SCHEDULER_QUEUE_ARN"].replace("{function}", key), arn)

    def test_schedules_act_by_a_role_that_only_our_group_takes(self):
        iam, name = WORLD.client("iam"), f"{NAME}-scheduler-{REGION}"
        (trust,) = document(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])["Statement"]
        self.assertEqual(trust["Principal"], {"Service": "scheduler.amazonaws.com"})
        group = WORLD.client("scheduler").get_schedule_group(Name=NAME)["Arn"]
        self.assertEqual(trust["Condition"], {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnEquals": {"aws:SourceArn": group}})
        policy = document(iam.get_role_policy(RoleName=name, PolicyName="scheduler")["PolicyDocument"])
        jobs = sorted(key for key, it in MAP.items() if it["kind"] == "job")
        self.assertIn("asset_download", jobs)
        self.assertEqual({it["Action"]: sorted(it["Resource"]) for it in policy["Statement"]}, {
            "lambda:InvokeFunction": [LIVE.format(job) for job in jobs],
            "sqs:SendMessage": [f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-{job}-dead-letters" for job in jobs],
        })

    def test_lambda_does_not_retry_and_keeps_what_failed(self):
        for key in [key for key, it in MAP.items() if it["kind"] != "http"]:
            config = WORLD.client("lambda").get_function_event_invoke_config(FunctionName=f"{NAME}-{key}", Qualifier="live")
            self.assertEqual(config["MaximumRetryAttempts"], 0)
            self.assertEqual(
                config["DestinationConfig"]["OnFailure"]["Destination"],
                f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-{key}-dead-letters",
            )

    def test_the_bus_wakes_each_function_as_the_local_one_does(self):
        events = WORLD.client("events")
        for rule, key, detail_type, template in [
            ("run-requested-asset-download", "asset_download", "RunRequested", '{"kind":"run","run_id":<run_id>}'),
            ("schedule-changed", "reconciler", "ScheduleChanged", '{"kind":"schedule_changed","job_id":<job_id>}'),
        ]:
            pattern = json.loads(events.describe_rule(Name=rule, EventBusName=NAME)["EventPattern"])
            self.assertEqual((pattern["source"], pattern["detail-type"]), (["sundial"], [detail_type]))
            (target,) = events.list_targets_by_rule(Rule=rule, EventBusName=NAME)["Targets"]
            self.assertEqual((target["Arn"], target["InputTransformer"]["InputTemplate"]), (LIVE.format(key), template))
            self.assertTrue(target["DeadLetterConfig"]["Arn"].endswith("-dead-letters"))

    def test_the_clock_wakes_the_reconciler_every_minute(self):
        rule = f"reconciler-every-minute-{NAME}"
        made = WORLD.client("events").describe_rule(Name=rule)
        self.assertEqual((made["ScheduleExpression"], made["State"]), ("rate(1 minute)", "ENABLED"))
        (target,) = WORLD.client("events").list_targets_by_rule(Rule=rule)["Targets"]
        self.assertEqual((target["Arn"], json.loads(target["Input"])), (LIVE.format("reconciler"), {"kind": "sweep"}))

    def test_only_our_rules_may_invoke(self):
        sources = {
            key: sorted(it["Condition"]["ArnLike"]["AWS:SourceArn"] for it in self.statements(key))
            for key in ["asset_download", "reconciler"]
        }
        rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule"
        self.assertEqual(sources, {
            "asset_download": [f"{rule}/{NAME}-asset_download-*", f"{rule}/{NAME}/run-requested-asset-download"],
            "reconciler": [f"{rule}/reconciler-every-minute-{NAME}", f"{rule}/{NAME}/schedule-changed"],
        })

    def test_the_url_has_both_permissions_and_no_cors(self):
        url = WORLD.client("lambda").get_function_url_config(FunctionName=f"{NAME}-dispatcher", Qualifier="live")
        self.assertEqual((url["AuthType"], url.get("Cors")), ("NONE", None))
        found = json.dumps(self.statements("dispatcher"))
        self.assertIn("lambda:InvokeFunctionUrl", found)
        stack = WORLD.client("cloudformation").get_template(StackName=f"{NAME}-url-permission")["TemplateBody"]
        (permission,) = document(stack)["Resources"].values()
        self.assertEqual(permission["Properties"], {
            "Action": "lambda:InvokeFunction", "FunctionName": LIVE.format("dispatcher"),
            "InvokedViaFunctionUrl": True, "Principal": "*",
        })

    def test_the_bucket_is_private_encrypted_versioned_and_tidy(self):
        s3, bucket = WORLD.client("s3"), f"{NAME}-media-{ACCOUNT}-{REGION}"
        shut = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        self.assertEqual(set(shut.values()), {True})
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertEqual(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
        self.assertEqual(s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
        rules = {it["ID"]: it for it in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
        self.assertEqual(rules["stale-uploads"]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"], 1)
        self.assertEqual(rules["old-versions"]["NoncurrentVersionExpiration"]["NoncurrentDays"], 30)
        (statement,) = document(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        self.assertEqual((statement["Effect"], statement["Condition"]["Bool"]), ("Deny", {"aws:SecureTransport": "false"}))

    def test_alarms_page_and_the_runbook_explains_them(self):
        runbook = (ROOT / "infra/RUNBOOK.md").read_text()
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-alarms"
        alarms = WORLD.client("cloudwatch").describe_alarms()["MetricAlarms"]
        headings = set()
        for alarm in alarms:
            self.assertEqual((alarm["AlarmActions"], alarm["ActionsEnabled"]), ([topic], True))
            headings.add(alarm["AlarmDescription"].partition("RUNBOOK: ")[2])
        written = {line[3:].strip("` ") for line in runbook.splitlines() if line.startswith("## `")}
        self.assertEqual(headings, written, "one heading per kind of alarm")
        (subscription,) = WORLD.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual(subscription["Endpoint"], "pager@example.com")

    def test_alarms_and_dashboard_name_metrics_that_are_logged(self):
        files = ["functions/reconciler/src/audit.rs", "shared/src/runtime/measure.rs"]
        source = "".join((ROOT / file).read_text() for file in files)
        format_source = (ROOT / "shared/src/telemetry/metrics.rs").read_text()
        self.assertIn('NAMESPACE: &str = "Sundial"', format_source)
        self.assertIn('INSTALLATION: &str = "Installation"', format_source)
        dashboard = json.loads(WORLD.client("cloudwatch").get_dashboard(DashboardName=NAME)["DashboardBody"])
        shown = {it[1] for widget in dashboard["widgets"] for it in widget["properties"].get("metrics", []) if it[0] == "Sundial"}
        alarms = WORLD.client("cloudwatch").describe_alarms()["MetricAlarms"]
        ours = [it for it in alarms if it["Namespace"] == "Sundial"]
        for alarm in ours:
            self.assertEqual(alarm["Dimensions"], [{"Name": "Installation", "Value": NAME}])
        self.assertGreaterEqual(len(ours), 6)
        for metric in shown | {it["MetricName"] for it in ours}:
            self.assertIn(f'"{metric}"', source)

    def test_an_invocation_that_the_scheduler_dropped_pages(self):
        (alarm,) = WORLD.client("cloudwatch").describe_alarms(AlarmNames=[f"{NAME}-dropped-invocations"])["MetricAlarms"]
        self.assertEqual((alarm["Namespace"], alarm["MetricName"]), ("AWS/Scheduler", "InvocationDroppedCount"))
        self.assertEqual(alarm["Dimensions"], [{"Name": "ScheduleGroup", "Value": told_to_the_reconciler()["SUNDIAL_SCHEDULE_GROUP"]}])
        dashboard = json.loads(WORLD.client("cloudwatch").get_dashboard(DashboardName=NAME)["DashboardBody"])
        self.assertIn(alarm["AlarmArn"], dashboard["widgets"][0]["properties"]["alarms"])

    def test_roles_of_functions_trust_lambda_only(self):
        for key in MAP:
            role = WORLD.client("iam").get_role(RoleName=f"{NAME}-{key}-{REGION}")["Role"]
            (statement,) = document(role["AssumeRolePolicyDocument"])["Statement"]
            self.assertEqual(statement["Principal"], {"Service": "lambda.amazonaws.com"})


class ARollback(unittest.TestCase):
    def alias(self, key):
        return WORLD.client("lambda").get_alias(FunctionName=f"{NAME}-{key}", Name="live")["FunctionVersion"]

    def test_it_takes_back_what_the_last_deploy_changed_and_nothing_else(self):
        before = {key: self.alias(key) for key in MAP}
        WORLD.write_zip("dispatcher", "second")
        WORLD.must(WORLD.stack("deploy", "--no-migrate", answers="yes\n"))
        deployed = {key: self.alias(key) for key in MAP}
        self.assertEqual({key for key in MAP if deployed[key] != before[key]}, {"dispatcher"})

        status, output = WORLD.end(WORLD.stack("rollback", answers="no\n"))
        self.assertEqual((status, self.alias("dispatcher")), (1, deployed["dispatcher"]), output)
        WORLD.must(WORLD.stack("rollback", answers="yes\n"))
        self.assertEqual({key: self.alias(key) for key in MAP}, before)

        WORLD.must(WORLD.stack("rollback", "--yes"))
        self.assertEqual({key: self.alias(key) for key in MAP}, deployed, "again goes forward")


class TheClock(unittest.TestCase):
    """It changes, and changes back."""

    def applied(self):
        """What the plan of the last deploy changed, and how."""
        output = WORLD.must(WORLD.terraform("show", "-json", str(ROOT / f".local/terraform/{ENVIRONMENT}.plan")))
        plan = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
        changes = {it["address"]: it["change"]["actions"] for it in plan["resource_changes"] if it["mode"] == "managed"}
        return {address: actions for address, actions in changes.items() if actions != ["no-op"]}

    def test_only_what_the_reconciler_is_told_and_may_do_changes_and_nothing_stops_firing(self):
        rule = f"{NAME}-asset_download-0123456789ab"
        make_rule(rule)
        self.addCleanup(remove_rule, rule)
        changed = dict.fromkeys(
            [f'module.function["reconciler"].aws_{it}.this' for it in ["iam_role_policy", "lambda_function", "lambda_alias"]], ["update"],
        )

        WORLD.must(WORLD.stack("deploy", "--yes", "--no-migrate", env={"TF_VAR_clock": "scheduler"}))
        self.assertEqual(self.applied(), changed)
        self.assertEqual(told_to_the_reconciler()["SUNDIAL_CLOCK"], "scheduler")
        status, output = WORLD.end(plan_again("-var=clock=scheduler"))
        self.assertEqual(status, 0, output)
        make_schedule()
        self.addCleanup(WORLD.client("scheduler").delete_schedule, Name=SCHEDULE, GroupName=NAME)

        program = WORLD.stand_in_for_schedules({})
        WORLD.must(WORLD.stack("schedules", "--", "migrate-clock", env={"SCHEDULES": str(program)}))
        called = json.loads((SCRATCH / "bin/schedules-called").read_text())
        self.assertEqual((called["arguments"], called["environment"]["SUNDIAL_CLOCK"]), (["migrate-clock"], "scheduler"))

        WORLD.must(WORLD.stack("deploy", "--yes", "--no-migrate"))
        self.assertEqual(self.applied(), changed)
        self.assertEqual(told_to_the_reconciler()["SUNDIAL_CLOCK"], "rules")
        schedule = WORLD.client("scheduler").get_schedule(Name=SCHEDULE, GroupName=NAME)
        self.assertEqual((schedule["State"], len(targets_of(rule))), ("ENABLED", 1))


class TheRules(unittest.TestCase):
    """Their owner changes, and changes back."""

    def setUp(self):
        self.rule = f"{NAME}-asset_download-0123456789ab"
        self.file = ROOT / f"infra/aws/{ENVIRONMENT}.rules.tfvars.json"
        self.addCleanup(self.file.unlink, missing_ok=True)

    def deployed_owner(self):
        return told_to_the_reconciler()["SUNDIAL_RULES_OWNER"]

    def test_a_destroy_that_fails_leaves_them(self):
        make_rule(self.rule)
        self.addCleanup(remove_rule, self.rule)
        status, output = WORLD.end(WORLD.stack("destroy", "--yes", env={"TF_CLI_ARGS_destroy": "-no-such-option"}))
        self.assertEqual((status, len(targets_of(self.rule))), (1, 1), output)

    def test_terraform_makes_them_and_gives_them_back_as_they_are(self):
        program = WORLD.stand_in_for_schedules({self.rule: {
            "job_type": "asset_download", "expression": "cron(0 6 * * ? *)", "is_enabled": True,
            "description": "Daily", "input_template": '{"kind":"tick","time":<time>}',
        }})
        WORLD.must(WORLD.stack("rules", "--owner", "terraform", env={"SCHEDULES": str(program)}))
        called = json.loads((SCRATCH / "bin/schedules-called").read_text())
        self.assertEqual(called["arguments"], ["plan", "--tfvars"])
        self.assertEqual(called["environment"]["SUNDIAL_RULE_PREFIX"], NAME)
        self.assertEqual(called["environment"]["DATABASE_URL_PARAMETER"], f"/sundial/{ENVIRONMENT}/DATABASE_URL")

        WORLD.must(WORLD.stack("deploy", "--yes", "--no-migrate"))
        made = WORLD.client("events").describe_rule(Name=self.rule)
        self.assertEqual((made["ScheduleExpression"], made["State"]), ("cron(0 6 * * ? *)", "ENABLED"))
        (target,) = targets_of(self.rule)
        self.assertEqual(target["Arn"], LIVE.format("asset_download"))
        self.assertEqual(target["InputTransformer"]["InputTemplate"], '{"kind":"tick","time":<time>}')
        self.assertEqual(self.deployed_owner(), "terraform")

        WORLD.must(WORLD.stack("rules", "--owner", "reconciler"))
        self.assertFalse(self.file.exists())
        WORLD.must(WORLD.stack("deploy", "--yes", "--no-migrate"))
        self.assertEqual(targets_of(self.rule), [target], "it keeps firing")
        self.assertEqual(self.deployed_owner(), "reconciler")

        status, output = WORLD.end(WORLD.stack("rules", "--owner", "reconciler"))
        self.assertEqual((status, output), (1, f"stack: there is no {self.file.name}: the rules are the reconciler's already\n"))
        remove_rule(self.rule)


if __name__ == "__main__":
    unittest.main(verbosity=2)
