# EventBridge Scheduler, the clock of jobs with clock = scheduler: the group that the reconciler makes
# schedules in, and the role by which they act. Both are always there. If they went with the variable,
# going back to rules would remove the schedules before the reconciler has made the rules.

resource "aws_scheduler_schedule_group" "this" {
  name = local.name

  # Removing it removes its schedules, in the background; there may be thousands.
  timeouts {
    delete = "30m"
  }
}

resource "aws_iam_role" "scheduler" {
  name               = local.scheduler_role
  description        = "What the schedules of ${local.name} may do"
  assume_role_policy = data.aws_iam_policy_document.scheduler_assume.json
}

data "aws_iam_policy_document" "scheduler_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
    # The source that Scheduler names is the group, not the schedule.
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.schedule_group_arn]
    }
  }
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "scheduler"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.scheduler.json
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "WakeJobFunctions"
    actions   = ["lambda:InvokeFunction"]
    resources = [for name in local.job_functions : local.function_arns[name]]
  }

  statement {
    sid       = "KeepDeadLetters"
    actions   = ["sqs:SendMessage"]
    resources = [for name in local.job_functions : replace(local.queue_arn, "{function}", name)]
  }
}
