# One module builds one function; the map says which there are.

module "catalogue" {
  source = "./modules/catalogue"

  functions        = local.functions
  crates           = [for path in fileset("${path.module}/../../functions", "*/Cargo.toml") : dirname(path)]
  settings         = local.settings
  optional_secrets = var.optional_secrets
}

locals {
  job_functions = [for name, it in local.functions : name if it.kind == "job"]

  # What each kind of function hears on our bus, and what it is told.
  bus_rules = {
    for name, it in local.functions : name => merge(
      it.kind != "job" ? {} : {
        "run-requested-${replace(name, "_", "-")}" = {
          pattern  = jsonencode({ source = ["sundial"], "detail-type" = ["RunRequested"], detail = { job_type = [name] } })
          paths    = { run_id = "$.detail.run_id" }
          template = "{\"kind\":\"run\",\"run_id\":<run_id>}"
        }
      },
      it.kind != "sweep" ? {} : {
        "schedule-changed" = {
          pattern  = jsonencode({ source = ["sundial"], "detail-type" = ["ScheduleChanged"] })
          paths    = { job_id = "$.detail.job_id" }
          template = "{\"kind\":\"schedule_changed\",\"job_id\":<job_id>}"
        }
      },
    )
  }

  # The rules on the default bus that may invoke a function.
  clock_rule_arns = {
    for name, it in local.functions : name => {
      # One statement for all the rules of a job type: a policy holds 20 KB, not a statement per rule.
      job   = ["${local.rule_arn}${name}-*"]
      sweep = [local.sweep_rule_arn]
      http  = []
    }[it.kind]
  }

  kinds = {
    # A tick that waited for an hour has been accounted for by the reconciler.
    job = { event_age_seconds_max = 3600, dead_letter_seconds = 14 * 24 * 3600, bad_minutes_max = 1 }
    # The next sweep makes good a failed one, so what is left of it may go, and one failure is no news.
    sweep = { event_age_seconds_max = 300, dead_letter_seconds = 3600, bad_minutes_max = 3 }
    # Nobody invokes it asynchronously.
    http = { event_age_seconds_max = null, dead_letter_seconds = null, bad_minutes_max = 1 }
  }
}

module "function" {
  source   = "./modules/function"
  for_each = module.catalogue.functions

  name            = local.function_names[each.key]
  description     = "Sundial's ${each.key}, with secrets of revision ${var.secrets_revision}"
  place           = { account = local.account, partition = local.partition, region = local.region }
  alias           = local.alias
  zip             = "${var.artifacts}/${each.key}/bootstrap.zip"
  architecture    = var.architecture
  memory_mb       = each.value.memory_mb
  timeout_seconds = each.value.timeout_seconds
  concurrency_max = var.is_concurrency_reserved ? each.value.concurrency_max : null
  environment = merge(
    each.value.environment,
    { for secret in each.value.secrets : "${secret}_PARAMETER" => "${local.parameter_path}/${secret}" },
  )
  rights = flatten([
    local.read_secrets[each.key],
    local.decrypt_secrets,
    [for section in concat(["core"], each.value.settings) : try(local.rights[section], [])],
  ])

  bus_name              = aws_cloudwatch_event_bus.this.name
  bus_rules             = local.bus_rules[each.key]
  clock_rule_arns       = local.clock_rule_arns[each.key]
  event_age_seconds_max = local.kinds[each.value.kind].event_age_seconds_max
  dead_letter_seconds   = local.kinds[each.value.kind].dead_letter_seconds
  bad_minutes_max       = local.kinds[each.value.kind].bad_minutes_max

  log_retention_days = var.log_retention_days
  alarm_topic_arn    = aws_sns_topic.alarms.arn
  subnet_ids         = var.subnet_ids
  security_group_ids = var.security_group_ids
}
