# Our bus: what was asked for, what ended, what changed. Rules on it are made by modules/function.

resource "aws_cloudwatch_event_bus" "this" {
  name        = local.name
  description = "Events of ${local.name}: RunRequested, RunFinished, ScheduleChanged"
}
