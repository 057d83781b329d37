output "url" {
  description = "The dispatcher's address; try /healthz."
  value       = aws_lambda_function_url.dispatcher.function_url
}

output "functions" {
  description = "Per function: its name on AWS, its newest version and its log."
  value       = { for name, it in module.function : name => { name = it.name, version = it.version, log_group = it.log_group } }
}

output "bus" {
  description = "The event bus, for rules of your own on RunFinished."
  value       = aws_cloudwatch_event_bus.this.name
}

output "bucket" {
  description = "The bucket of media."
  value       = aws_s3_bucket.media.id
}

output "rule_prefix" {
  description = "Rules of the default bus that begin so, and a hyphen, are the jobs'."
  value       = local.name
}

output "schedule_group" {
  description = "The group of EventBridge Scheduler that has the jobs' schedules with clock = scheduler."
  value       = aws_scheduler_schedule_group.this.name
}

output "secrets" {
  description = "The parameters that the functions read."
  value       = sort(distinct(flatten([for it in module.catalogue.functions : [for secret in it.secrets : "${local.parameter_path}/${secret}"]])))
}

output "alarm_topic_arn" {
  description = "Where alarms go, for subscribers other than alarm_emails."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_url" {
  description = "The dashboard."
  value       = "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${local.name}"
}

output "database_connections_max" {
  description = "Connections that the functions may open together, two an invocation: the database must grant more. Null when concurrency is not reserved."
  value       = var.is_concurrency_reserved ? 2 * sum([for it in local.functions : it.concurrency_max]) : null
}
