# What everything is called. ARNs are put together here rather than read from resources, so that a
# policy is known in full when it is planned.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  # Also the prefix of the reconciler's rules and schedules, which may have 20 characters.
  name = "sundial-${var.environment}"

  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.name

  # Everything invokes this alias, so that going back is moving it.
  alias = "live"

  function_names = { for key, _ in local.functions : key => "${local.name}-${key}" }
  function_arn   = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${local.name}-{function}:${local.alias}"
  function_arns  = { for key, _ in local.functions : key => replace(local.function_arn, "{function}", key) }

  bus_arn = "arn:${local.partition}:events:${local.region}:${local.account}:event-bus/${local.name}"

  # The default bus: scheduled rules exist on no other.
  rule_arn = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${local.name}-"

  # EventBridge Scheduler: schedules are in a group, and act by a role.
  schedule_group_arn = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/${local.name}"
  schedule_arn       = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule/${local.name}"
  scheduler_role     = "${local.name}-scheduler-${local.region}"
  scheduler_role_arn = "arn:${local.partition}:iam::${local.account}:role/${local.scheduler_role}"

  # As modules/function calls them.
  queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account}:${local.name}-{function}-dead-letters"

  # The names of buckets are shared by all accounts.
  bucket     = "${local.name}-media-${local.account}-${local.region}"
  bucket_arn = "arn:${local.partition}:s3:::${local.bucket}"

  parameter_path = "/sundial/${var.environment}"
  parameter_arn  = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter${local.parameter_path}"
}
