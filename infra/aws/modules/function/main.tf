# One function: program, alias, log and how it is invoked asynchronously.

locals {
  account   = var.place.account
  partition = var.place.partition
  region    = var.place.region

  log_group = "/aws/lambda/${var.name}"

  # Known in full when planned, which attributes of resources are not.
  log_arn   = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.log_group}"
  queue     = "${var.name}-dead-letters"
  queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account}:${local.queue}"

  # One queue, or none for a function that nobody invokes asynchronously.
  queues = var.event_age_seconds_max == null ? {} : { (local.queue) = var.dead_letter_seconds }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:its dead letters are the on_failure destination below, which keeps more than this block does
  #checkov:skip=CKV_AWS_173:the environment holds names of parameters and no secrets
  #checkov:skip=CKV_AWS_272:whoever may deploy may also sign; the zip's hash is in the plan
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn

  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  publish          = true

  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.concurrency_max == null ? -1 : var.concurrency_max

  environment {
    variables = var.environment
  }

  # Takes part in a caller's trace and begins none.
  tracing_config {
    mode = "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) > 0 ? [1] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  # Without them Lambda would make a log that is kept for ever, and start a function without rights.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]
}

resource "aws_lambda_alias" "this" {
  name             = var.alias
  description      = "What rules, the bus and the URL invoke; `make rollback` moves it back"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts logs by itself; they hold no secrets
  #checkov:skip=CKV_AWS_338:the ledger keeps what happened; logs are for looking into recent failures
  name              = local.log_group
  retention_in_days = var.log_retention_days
}

# The ledger retries, with a lease and a row per attempt. A retry of Lambda's would be a second delivery.
resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = local.queues

  function_name                = aws_lambda_alias.this.function_name
  qualifier                    = aws_lambda_alias.this.name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = var.event_age_seconds_max

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letters[each.key].arn
    }
  }
}

resource "aws_sqs_queue" "dead_letters" {
  for_each = local.queues

  name                      = each.key
  message_retention_seconds = each.value
  sqs_managed_sse_enabled   = true
}

# Rules put there what they could not hand over. Lambda does so by the function's role.
resource "aws_sqs_queue_policy" "dead_letters" {
  for_each = local.queues

  queue_url = aws_sqs_queue.dead_letters[each.key].id
  policy    = data.aws_iam_policy_document.dead_letters.json
}

data "aws_iam_policy_document" "dead_letters" {
  statement {
    sid       = "RulesOfOurBus"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values = concat(
        [for rule, _ in var.bus_rules : "arn:${local.partition}:events:${local.region}:${local.account}:rule/${var.bus_name}/${rule}"],
        var.clock_rule_arns,
      )
    }
  }
}
