# What each section of settings entitles a function to. Nothing else is granted but its own log.

locals {
  rights = {
    core = [{
      sid        = "TellTheBus"
      actions    = ["events:PutEvents"]
      resources  = [local.bus_arn]
      conditions = [{ test = "StringEquals", variable = "events:source", values = ["sundial"] }]
    }]

    media = [
      {
        sid = "ReadMedia"
        # Every object: keys begin with the brand, and a function works for all brands.
        actions    = ["s3:GetObject"]
        resources  = ["${local.bucket_arn}/*"]
        conditions = []
      },
      {
        sid = "FindMedia"
        # Also makes a missing object a 404; without it S3 answers 403.
        actions    = ["s3:ListBucket"]
        resources  = [local.bucket_arn]
        conditions = []
      },
    ]

    # A link entitles whoever has it to what the function itself may read.
    media_links = [{
      sid        = "ReadMedia"
      actions    = ["s3:GetObject"]
      resources  = ["${local.bucket_arn}/*"]
      conditions = []
    }]

    media_keeping = [{
      sid        = "KeepMedia"
      actions    = ["s3:PutObject", "s3:AbortMultipartUpload"]
      resources  = ["${local.bucket_arn}/*"]
      conditions = []
    }]

    # Those of the clock in use.
    rules = { rules = local.rule_rights, scheduler = local.schedule_rights }[var.clock]
  }

  rule_rights = concat(
    [{
      sid     = "SeeRules"
      actions = ["events:ListRules", "events:ListRuleNamesByTarget"]
      # The wildcard is AWS's: these two list a whole bus and know no narrower resource.
      resources  = ["*"]
      conditions = []
    }],
    var.rules_owner != "reconciler" ? [] : [
      {
        sid = "ManageOurRules"
        # The names of rules end with the type and the id of their job.
        actions    = ["events:PutRule", "events:DeleteRule", "events:ListTargetsByRule", "events:RemoveTargets"]
        resources  = ["${local.rule_arn}*"]
        conditions = []
      },
      {
        sid       = "WakeJobFunctions"
        actions   = ["events:PutTargets"]
        resources = ["${local.rule_arn}*"]
        conditions = [
          { test = "ForAllValues:ArnEquals", variable = "events:TargetArn", values = [for name in local.job_functions : local.function_arns[name]] },
          # Without a target there is nothing to compare, and the condition above would hold.
          { test = "Null", variable = "events:TargetArn", values = ["false"] },
        ]
      },
    ],
  )

  # What a schedule may wake is up to the role that it is given, and no other can be given.
  schedule_rights = [
    {
      sid     = "SeeSchedules"
      actions = ["scheduler:ListSchedules"]
      # The wildcard is AWS's: this lists all groups, or one that the call names, and knows no narrower resource.
      resources  = ["*"]
      conditions = []
    },
    {
      sid = "ManageOurSchedules"
      # It changes none: a schedule that shall be another is created under another name.
      actions    = ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"]
      resources  = ["${local.schedule_arn}/*"]
      conditions = []
    },
    {
      sid        = "GiveSchedulesTheirRole"
      actions    = ["iam:PassRole"]
      resources  = [local.scheduler_role_arn]
      conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["scheduler.amazonaws.com"] }]
    },
  ]

  read_secrets = {
    for name, it in module.catalogue.functions : name => {
      sid        = "ReadSecrets"
      actions    = ["ssm:GetParameters"]
      resources  = [for secret in it.secrets : "${local.parameter_arn}/${secret}"]
      conditions = []
    }
  }

  # AWS's own key for Parameter Store lets everybody in who may read the parameter.
  decrypt_secrets = [for arn in compact([var.secrets_key_arn]) : {
    sid        = "DecryptSecrets"
    actions    = ["kms:Decrypt"]
    resources  = [arn]
    conditions = [{ test = "StringEquals", variable = "kms:ViaService", values = ["ssm.${local.region}.amazonaws.com"] }]
  }]
}
