# The whole stack as planned, with a provider that has no account: what AWS would say about the caller is
# made up, everything else is real, so that policies can be read.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

variables {
  environment = "test"
}

run "an_environment_with_a_hyphen_is_refused" {
  command = plan
  variables {
    environment = "prod-eu"
  }
  expect_failures = [var.environment]
}

run "rules_have_one_owner" {
  command = plan
  variables {
    desired_rules = {
      sundial-test-asset_download-0123456789ab = { job_type = "asset_download", expression = "cron(0 6 * * ? *)", is_enabled = true, description = "", input_template = "{}" }
    }
  }
  expect_failures = [var.desired_rules]
}

run "a_rule_of_another_installation_is_refused" {
  command = plan
  variables {
    rules_owner = "terraform"
    desired_rules = {
      sundial-prod-asset_download-0123456789ab = { job_type = "asset_download", expression = "cron(0 6 * * ? *)", is_enabled = true, description = "", input_template = "{}" }
    }
  }
  expect_failures = [var.desired_rules]
}

run "a_rule_for_what_is_no_job_is_refused" {
  command = plan
  variables {
    rules_owner = "terraform"
    desired_rules = {
      sundial-test-reconciler-0123456789ab = { job_type = "reconciler", expression = "cron(0 6 * * ? *)", is_enabled = true, description = "", input_template = "{}" }
    }
  }
  expect_failures = [aws_cloudwatch_event_rule.job]
}

run "a_clock_that_there_is_not_is_refused" {
  command = plan
  variables {
    clock = "cron"
  }
  expect_failures = [var.clock]
}

run "terraform_makes_no_schedules" {
  command = plan
  variables {
    clock       = "scheduler"
    rules_owner = "terraform"
  }
  expect_failures = [var.rules_owner]
}

run "an_email_key_without_a_sender_is_refused" {
  command = plan
  variables {
    optional_secrets = ["SUNDIAL_RESEND_KEY"]
    email_from       = ""
  }
  expect_failures = [var.email_from]
}

run "a_log_retention_that_cloudwatch_does_not_know_is_refused" {
  command = plan
  variables {
    log_retention_days = 31
  }
  expect_failures = [var.log_retention_days]
}

run "the_reconciler_may_manage_our_rules_and_no_others" {
  command = plan

  assert {
    condition = alltrue([
      for statement in jsondecode(module.function["reconciler"].policy).Statement :
      statement.Resource == "arn:aws:events:eu-central-1:123456789012:rule/sundial-test-*"
      if anytrue([for action in flatten([statement.Action]) : can(regex("^events:(Put(Rule|Targets)|Delete|Enable|Disable|Remove)", action))])
    ])
    error_message = "Whatever changes rules must be limited to our prefix: ${module.function["reconciler"].policy}"
  }
  assert {
    condition     = length([for it in jsondecode(module.function["reconciler"].policy).Statement : it if it.Sid == "ManageOurRules" || it.Sid == "WakeJobFunctions"]) == 2
    error_message = "As their owner it must be able to change rules."
  }
  assert {
    condition = toset([
      for action in flatten([for it in jsondecode(module.function["reconciler"].policy).Statement : it.Action]) : action
      if can(regex("^(events|scheduler|iam):", action))
      ]) == toset([
      "events:PutEvents", "events:ListRules", "events:ListRuleNamesByTarget", "events:PutRule", "events:DeleteRule",
      "events:PutTargets", "events:ListTargetsByRule", "events:RemoveTargets",
    ])
    error_message = "It may do what it calls, and nothing to the clock that is not in use: ${module.function["reconciler"].policy}"
  }
  assert {
    condition     = !startswith(aws_cloudwatch_event_rule.sweep.name, "sundial-test-")
    error_message = "The rule that wakes the reconciler must be out of its reach."
  }
}

run "with_schedules_the_reconciler_may_manage_those_of_our_group_and_no_rules" {
  command = plan
  variables {
    clock = "scheduler"
  }

  assert {
    condition = jsonencode({
      for it in jsondecode(module.function["reconciler"].policy).Statement : it.Sid => [sort(flatten([it.Action])), it.Resource, try(it.Condition, null)]
      if anytrue([for action in flatten([it.Action]) : can(regex("^(events|scheduler|iam):", action))])
      }) == jsonencode({
      TellTheBus = [
        ["events:PutEvents"], "arn:aws:events:eu-central-1:123456789012:event-bus/sundial-test",
        { StringEquals = { "events:source" = "sundial" } },
      ]
      SeeSchedules = [["scheduler:ListSchedules"], "*", null]
      ManageOurSchedules = [
        ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"],
        "arn:aws:scheduler:eu-central-1:123456789012:schedule/sundial-test/*", null,
      ]
      GiveSchedulesTheirRole = [
        ["iam:PassRole"], "arn:aws:iam::123456789012:role/sundial-test-scheduler-eu-central-1",
        { StringEquals = { "iam:PassedToService" = "scheduler.amazonaws.com" } },
      ]
    })
    error_message = "It may manage our group's schedules, and give them their role: ${module.function["reconciler"].policy}"
  }
  assert {
    condition = alltrue([
      for name, it in module.function : length(regexall("scheduler:|iam:", it.policy)) == 0 if name != "reconciler"
    ])
    error_message = "Nobody else may make schedules."
  }
}

run "schedules_wake_job_functions_and_nothing_else" {
  command = plan

  assert {
    condition = {
      for it in jsondecode(data.aws_iam_policy_document.scheduler.json).Statement : it.Action => sort(flatten([it.Resource]))
      } == {
      "lambda:InvokeFunction" = sort([for name, it in local.functions : "arn:aws:lambda:eu-central-1:123456789012:function:sundial-test-${name}:live" if it.kind == "job"])
      "sqs:SendMessage"       = sort([for name, it in local.functions : "arn:aws:sqs:eu-central-1:123456789012:sundial-test-${name}-dead-letters" if it.kind == "job"])
    }
    error_message = "They wake jobs, and keep what they could not hand over: ${data.aws_iam_policy_document.scheduler.json}"
  }
  assert {
    condition = [for it in jsondecode(data.aws_iam_policy_document.scheduler_assume.json).Statement : [it.Principal, it.Condition]] == [[
      { Service = "scheduler.amazonaws.com" },
      {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnEquals    = { "aws:SourceArn" = "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/sundial-test" }
      },
    ]]
    error_message = "Nobody but our group takes the role: ${data.aws_iam_policy_document.scheduler_assume.json}"
  }
}

run "wildcards_are_those_that_aws_forces" {
  command = plan

  assert {
    condition = toset(flatten([
      for function in module.function : [
        for statement in jsondecode(function.policy).Statement : statement.Action if statement.Resource == "*"
      ]
    ])) == toset(["events:ListRules", "events:ListRuleNamesByTarget"])
    error_message = "Only the two lists of a bus know no narrower resource."
  }
  assert {
    condition = alltrue(flatten([
      for function in module.function : [
        for statement in jsondecode(function.policy).Statement : [for action in flatten([statement.Action]) : !strcontains(action, "*")]
      ]
    ]))
    error_message = "No action has a wildcard."
  }
}

run "a_function_reads_its_own_secrets_and_its_environment_has_names_only" {
  command = plan
  variables {
    optional_secrets = ["META_ACCESS_TOKEN"]
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(module.function["dispatcher"].policy).Statement : statement.Resource if statement.Sid == "ReadSecrets"
      ])) == toset([
      "arn:aws:ssm:eu-central-1:123456789012:parameter/sundial/test/DATABASE_URL",
      "arn:aws:ssm:eu-central-1:123456789012:parameter/sundial/test/META_ACCESS_TOKEN",
      "arn:aws:ssm:eu-central-1:123456789012:parameter/sundial/test/SUNDIAL_API_TOKEN_SHA256",
    ])
    error_message = "The dispatcher reads three secrets: ${module.function["dispatcher"].policy}"
  }
  assert {
    condition     = module.function["asset_download"].environment["META_ACCESS_TOKEN_PARAMETER"] == "/sundial/test/META_ACCESS_TOKEN"
    error_message = "A secret is named by NAME_PARAMETER."
  }
  assert {
    condition     = alltrue([for it in module.function : !contains(keys(it.environment), "DATABASE_URL")])
    error_message = "A secret must not be in an environment."
  }
}

run "terraform_owns_the_rules" {
  command = plan
  variables {
    rules_owner = "terraform"
    desired_rules = {
      sundial-test-asset_download-0123456789ab = {
        job_type       = "asset_download"
        expression     = "cron(0 6 * * ? *)"
        is_enabled     = false
        description    = "Daily"
        input_template = "{\"kind\":\"tick\",\"job_id\":\"x\",\"time\":<time>}"
      }
    }
  }

  assert {
    condition     = aws_cloudwatch_event_rule.job["sundial-test-asset_download-0123456789ab"].state == "DISABLED"
    error_message = "A paused job's rule must not fire."
  }
  assert {
    condition     = length([for it in jsondecode(module.function["reconciler"].policy).Statement : it if it.Sid == "ManageOurRules" || it.Sid == "WakeJobFunctions"]) == 0
    error_message = "Who does not own the rules must not be able to change them."
  }
}

run "an_address_with_iam_has_no_permission_for_everybody" {
  command = plan
  variables {
    url_auth = "AWS_IAM"
  }

  assert {
    condition     = length(aws_cloudformation_stack.url_permission) == 0 && aws_lambda_function_url.dispatcher.authorization_type == "AWS_IAM"
    error_message = "With AWS_IAM nobody is let in who does not sign."
  }
}

run "in_a_network_the_code_does_not_get_lambdas_rights" {
  command = plan
  variables {
    subnet_ids         = ["subnet-1"]
    security_group_ids = ["sg-1"]
  }

  assert {
    condition = alltrue([
      for function in module.function : [
        for it in jsondecode(function.policy).Statement : it.Condition.ArnEquals["lambda:SourceFunctionArn"] if it.Effect == "Deny"
      ] == ["arn:aws:lambda:eu-central-1:123456789012:function:${function.name}"]
    ])
    error_message = "Rights over network interfaces are for Lambda, not for what runs in it."
  }
}
