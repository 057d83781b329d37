# What invokes the function: rules of our bus, and the scheduled rules of the default bus.

resource "aws_cloudwatch_event_rule" "bus" {
  for_each = var.bus_rules

  name           = each.key
  description    = "Wakes ${var.name}"
  event_bus_name = var.bus_name
  event_pattern  = each.value.pattern
}

resource "aws_cloudwatch_event_target" "bus" {
  for_each = var.bus_rules

  rule           = aws_cloudwatch_event_rule.bus[each.key].name
  event_bus_name = var.bus_name
  target_id      = "function"
  arn            = aws_lambda_alias.this.arn

  input_transformer {
    input_paths    = each.value.paths
    input_template = each.value.template
  }

  dynamic "dead_letter_config" {
    for_each = aws_sqs_queue.dead_letters
    content {
      arn = dead_letter_config.value.arn
    }
  }

  # The rows are the truth; after an hour the reconciler has sent anew what is still wanted.
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 185
  }

  depends_on = [aws_lambda_permission.bus]
}

resource "aws_lambda_permission" "bus" {
  for_each = var.bus_rules

  statement_id  = "bus-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.this.function_name
  qualifier     = aws_lambda_alias.this.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.bus[each.key].arn
}

resource "aws_lambda_permission" "clock" {
  for_each = { for arn in var.clock_rule_arns : "clock" => arn }

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.this.function_name
  qualifier     = aws_lambda_alias.this.name
  principal     = "events.amazonaws.com"
  source_arn    = each.value
}
