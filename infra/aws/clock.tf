# Scheduled rules. They live on the account's default bus, the only one that has a clock. Those of
# jobs are the reconciler's, unless rules_owner says otherwise; with clock = scheduler it makes
# schedules instead, in the group of scheduler.tf.

locals {
  sweeper = one([for name, it in local.functions : name if it.kind == "sweep"])

  # Does not begin like the reconciler's own rules, so that it cannot change what wakes it.
  sweep_rule     = "${local.sweeper}-every-minute-${local.name}"
  sweep_rule_arn = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${local.sweep_rule}"
}

resource "aws_cloudwatch_event_rule" "sweep" {
  name                = local.sweep_rule
  description         = "Wakes ${local.function_names[local.sweeper]}"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "sweep" {
  rule      = aws_cloudwatch_event_rule.sweep.name
  target_id = "function"
  arn       = module.function[local.sweeper].alias_arn
  input     = jsonencode({ kind = "sweep" })

  # The next minute's sweep does what this one would have done.
  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 2
  }

  # Woken before, it would find no place for schedules; and woken after their removal, neither.
  depends_on = [aws_scheduler_schedule_group.this, aws_iam_role_policy.scheduler]
}

# The rules of jobs, for teams that want them in Terraform's state. Creating one that the reconciler
# made takes it over as it is: PutRule replaces, and the rule keeps firing.
resource "aws_cloudwatch_event_rule" "job" {
  for_each = var.desired_rules

  name                = each.key
  description         = each.value.description
  schedule_expression = each.value.expression
  state               = each.value.is_enabled ? "ENABLED" : "DISABLED"

  lifecycle {
    precondition {
      condition     = try(local.functions[each.value.job_type].kind == "job", false)
      error_message = "Rule ${each.key} is for ${each.value.job_type}, which is no job of functions.tf.json."
    }
  }
}

resource "aws_cloudwatch_event_target" "job" {
  for_each = var.desired_rules

  rule      = aws_cloudwatch_event_rule.job[each.key].name
  target_id = "function"
  arn       = module.function[each.value.job_type].alias_arn

  input_transformer {
    input_paths    = { time = "$.time" }
    input_template = each.value.input_template
  }
}
