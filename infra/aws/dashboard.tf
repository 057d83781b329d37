# One page: alarms, the ledger, the functions.

locals {
  # Two in a row; heights and widths are CloudWatch's grid of 24 columns.
  graphs = [
    { title = "Fire times of the last hour", metrics = [for it in ["ExpectedTicks", "LostTicks", "DeadLetters"] : ["Sundial", it, "Installation", local.name]], stat = "Maximum" },
    { title = "How late runs start (ms)", metrics = [for it in ["StartLatenessP50", "StartLatenessP99"] : ["Sundial", it, "Installation", local.name]], stat = "Maximum" },
    { title = "Runs that ended", metrics = [for it in ["RunsCompleted", "RunsFailed", "RunsCancelled", "Retries"] : ["Sundial", it, "Installation", local.name]], stat = "Sum" },
    { title = "Longest run (ms)", metrics = [["Sundial", "RunDuration", "Installation", local.name]], stat = "Maximum" },
    { title = "Invocations", metrics = [for name in values(local.function_names) : ["AWS/Lambda", "Invocations", "FunctionName", name]], stat = "Sum" },
    { title = "Errors and throttles", metrics = [for it in setproduct(["Errors", "Throttles"], values(local.function_names)) : ["AWS/Lambda", it[0], "FunctionName", it[1]]], stat = "Sum" },
    { title = "Longest invocation (ms)", metrics = [for name in values(local.function_names) : ["AWS/Lambda", "Duration", "FunctionName", name]], stat = "Maximum" },
    { title = "EventBridge Scheduler", metrics = [for it in ["InvocationAttemptCount", "TargetErrorCount", "InvocationThrottleCount", "InvocationDroppedCount"] : ["AWS/Scheduler", it, "ScheduleGroup", local.name]], stat = "Sum" },
    { title = "At work at the same time", metrics = [for name in values(local.function_names) : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", name]], stat = "Maximum" },
    { title = "Cost of runs (US dollars), and throttles by vendors (right)", metrics = [["Sundial", "Cost", "Installation", local.name], ["Sundial", "VendorThrottles", "Installation", local.name, { yAxis = "right" }]], stat = "Sum" },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type = "alarm", x = 0, y = 0, width = 24, height = 3
        properties = {
          title  = "Alarms"
          alarms = concat([for it in aws_cloudwatch_metric_alarm.ledger : it.arn], [aws_cloudwatch_metric_alarm.dropped_invocations.arn], flatten([for it in module.function : it.alarm_arns]))
        }
      }],
      [for index, it in local.graphs : {
        type       = "metric", x = (index % 2) * 12, y = 3 + floor(index / 2) * 6, width = 12, height = 6
        properties = { title = it.title, metrics = it.metrics, stat = it.stat, period = 60, region = local.region, view = "timeSeries" }
      }],
    )
  })
}
