output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "version" {
  description = "The version that Terraform published last."
  value       = aws_lambda_function.this.version
}

output "alias_name" {
  description = "Name of the alias."
  value       = aws_lambda_alias.this.name
}

output "alias_arn" {
  description = "What to invoke."
  value       = aws_lambda_alias.this.arn
}

output "log_group" {
  description = "Name of its log."
  value       = aws_cloudwatch_log_group.this.name
}

output "dead_letter_queue_arns" {
  description = "The queue of events that nobody handled; empty for a function without one."
  value       = [for queue in aws_sqs_queue.dead_letters : queue.arn]
}

output "alarm_arns" {
  description = "Its alarms."
  value = concat(
    [aws_cloudwatch_metric_alarm.errors.arn, aws_cloudwatch_metric_alarm.throttles.arn],
    [for alarm in aws_cloudwatch_metric_alarm.undelivered : alarm.arn],
  )
}

output "environment" {
  description = "Its variables."
  value       = var.environment
}

output "policy" {
  description = "What its role may do, as JSON."
  value       = data.aws_iam_policy_document.this.json
}
