# Who is paged, and the alarms about the ledger, from the figures that every sweep of the reconciler
# logs about the last hour. Those of single functions are in modules/function. infra/RUNBOOK.md tells
# what to do.

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch cannot publish to a topic under AWS's own key, and messages hold names of alarms only
  name = "${local.name}-alarms"
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "OurAlarms"
    actions   = ["sns:Publish"]
    resources = ["arn:${local.partition}:sns:${local.region}:${local.account}:${local.name}-alarms"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${local.name}-*"]
    }
  }
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

locals {
  # **Source:** shared/src/telemetry/metrics.rs; a test compares the names.
  metrics = { namespace = "Sundial", dimensions = { Installation = local.name } }

  # A figure is of the last hour, so each of these stays up to an hour after its cause is gone.
  ledger_alarms = {
    lost-ticks = {
      text      = "Fire times of the last hour have no verdict."
      metric    = "LostTicks", statistic = "Maximum", comparison = "GreaterThanThreshold", threshold = 0
      period    = 60, periods = 5, bad = 1
      if_silent = "notBreaching"
    }
    dead-letters = {
      text      = "Runs of the last hour failed for good."
      metric    = "DeadLetters", statistic = "Maximum", comparison = "GreaterThanThreshold", threshold = 0
      period    = 60, periods = 5, bad = 1
      if_silent = "notBreaching"
    }
    late-starts = {
      text      = "One in a hundred starts of the last hour was later than ${var.lateness_seconds_max} s."
      metric    = "StartLatenessP99", statistic = "Maximum", comparison = "GreaterThanThreshold", threshold = var.lateness_seconds_max * 1000
      period    = 60, periods = 5, bad = 3
      if_silent = "notBreaching"
    }
    # Each sweep logs this figure, so its absence is the news.
    no-sweep = {
      text      = "The reconciler has not swept for five minutes."
      metric    = "ExpectedTicks", statistic = "SampleCount", comparison = "LessThanThreshold", threshold = 1
      period    = 60, periods = 5, bad = 5
      if_silent = "breaching"
    }
    # Logged only when something started within the hour before, which is the first of the hours.
    no-tick-started = {
      text      = "No fire time has started a run for ${var.silence_hours_max} hours."
      metric    = "StartLatenessP50", statistic = "SampleCount", comparison = "LessThanThreshold", threshold = 1
      period    = 3600, periods = var.silence_hours_max - 1, bad = var.silence_hours_max - 1
      if_silent = "breaching"
    }
    # Each run that completes logs this figure itself.
    none-completed = {
      text      = "No run has completed for ${var.silence_hours_max} hours."
      metric    = "RunsCompleted", statistic = "Sum", comparison = "LessThanThreshold", threshold = 1
      period    = 3600, periods = var.silence_hours_max, bad = var.silence_hours_max
      if_silent = "breaching"
    }
  }
}

# Silent while the clock is rules. The ledger accounts for the tick all the same, so this tells a cause.
resource "aws_cloudwatch_metric_alarm" "dropped_invocations" {
  alarm_name          = "${local.name}-dropped-invocations"
  alarm_description   = "EventBridge Scheduler gave up waking functions of jobs. RUNBOOK: dropped-invocations"
  namespace           = "AWS/Scheduler"
  metric_name         = "InvocationDroppedCount"
  dimensions          = { ScheduleGroup = local.name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "ledger" {
  for_each = local.ledger_alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = "${each.value.text} RUNBOOK: ${each.key}"
  namespace           = local.metrics.namespace
  metric_name         = each.value.metric
  dimensions          = local.metrics.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.bad
  treat_missing_data  = each.value.if_silent
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
