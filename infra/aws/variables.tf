variable "environment" {
  description = "Tells installations in one account apart, as in prod. No hyphens: sundial-a-* would take in the rules of sundial-a-b."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{0,11}$", var.environment))
    error_message = "environment must be 1 to 12 lower-case letters and digits, and begin with a letter."
  }
}

variable "artifacts" {
  description = "Folder with one zip per function, as in artifacts/dispatcher/bootstrap.zip; `make build-lambda` writes them."
  type        = string
  default     = "../../target/lambda"
}

variable "architecture" {
  description = "What the zips were built for: x86_64 or arm64."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "is_concurrency_reserved" {
  description = "Whether functions get the concurrency_max of the map as reserved concurrency. False only for accounts whose quota is too small for it: new ones may have 10 in all, of which none can be reserved."
  type        = bool
  default     = true
}

variable "url_auth" {
  description = "Who may call the dispatcher's URL. NONE: everybody reaches it, and it asks for a bearer token. AWS_IAM: AWS also asks for a signature, which takes the Authorization header; callers then send the token as X-Sundial-Token."
  type        = string
  default     = "NONE"

  validation {
    condition     = contains(["NONE", "AWS_IAM"], var.url_auth)
    error_message = "url_auth must be NONE or AWS_IAM."
  }
}

variable "clock" {
  description = "What wakes the functions of jobs at their times. rules: scheduled rules of EventBridge, of which an account may have 300 in a region, and 100 in some. scheduler: schedules of EventBridge Scheduler, which has room for millions. The reconciler makes what this says and leaves the other clock's alone, so after a change `make schedules RUN=migrate-clock` removes those."
  type        = string
  default     = "rules"

  validation {
    condition     = contains(["rules", "scheduler"], var.clock)
    error_message = "clock must be rules or scheduler."
  }
}

variable "rules_owner" {
  description = "Who makes the scheduled rules of jobs: reconciler, or terraform from desired_rules. With terraform the reconciler loses the right to change rules, is told so by SUNDIAL_RULES_OWNER, and logs when a row and its rule differ."
  type        = string
  default     = "reconciler"

  validation {
    condition     = contains(["reconciler", "terraform"], var.rules_owner)
    error_message = "rules_owner must be reconciler or terraform."
  }
  validation {
    condition     = var.rules_owner != "terraform" || var.clock != "scheduler"
    error_message = "rules_owner must be reconciler with clock = scheduler: Terraform makes rules, and only the reconciler makes schedules. Give it the rules with make rules ENV=${var.environment} OWNER=reconciler, or set clock = \"rules\"."
  }
}

variable "desired_rules" {
  description = "The scheduled rules by their names, for rules_owner = terraform: job_type, expression, is_enabled, description and input_template of each. `make rules` writes them into ENV.rules.tfvars.json."
  type = map(object({
    job_type       = string
    expression     = string
    is_enabled     = bool
    description    = string
    input_template = string
  }))
  default = {}

  validation {
    condition     = var.rules_owner == "terraform" || length(var.desired_rules) == 0
    error_message = "desired_rules must be empty unless rules_owner is terraform: a rule has one owner."
  }
  validation {
    condition     = alltrue([for name, _ in var.desired_rules : startswith(name, "sundial-${var.environment}-") && length(name) <= 64])
    error_message = "desired_rules must have names that begin with sundial-ENVIRONMENT- and have at most 64 characters."
  }
  validation {
    condition     = alltrue([for _, rule in var.desired_rules : can(regex("^(cron|rate)\\(.+\\)$", rule.expression))])
    error_message = "desired_rules must have expressions like cron(0 6 * * ? *)."
  }
}

variable "database_pooling" {
  description = "What the database's address leads to. session: PostgreSQL itself, RDS Proxy, or a pooler in session mode. transaction: a pooler in transaction mode, as Supabase's port 6543."
  type        = string
  default     = "session"

  validation {
    condition     = contains(["session", "transaction"], var.database_pooling)
    error_message = "database_pooling must be session or transaction."
  }
}

variable "optional_secrets" {
  description = "Which optional secrets of settings.tf.json have a parameter, as in [\"SUNDIAL_SLACK_WEBHOOK\"]. `make plan` and `make deploy` look, and set it."
  type        = set(string)
  default     = []
}

variable "secrets_revision" {
  description = "Grows when a secret changes, so that functions start anew and read it. `make plan` and `make deploy` set it."
  type        = number
  default     = 0
}

variable "secrets_key_arn" {
  description = "KMS key of your own that encrypts the parameters; null for AWS's key for Parameter Store, which needs no further right."
  type        = string
  default     = null

  validation {
    condition     = var.secrets_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+$", var.secrets_key_arn))
    error_message = "secrets_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "subnet_ids" {
  description = "Private subnets for functions whose database has no public address (RDS, RDS Proxy). They need a NAT gateway: jobs talk to the internet, and every function to AWS."
  type        = list(string)
  default     = []

  validation {
    condition     = (length(var.subnet_ids) == 0) == (length(var.security_group_ids) == 0)
    error_message = "subnet_ids and security_group_ids must be given together."
  }
}

variable "security_group_ids" {
  description = "Security groups of the functions in subnet_ids; the database's group must let them in."
  type        = list(string)
  default     = []
}

variable "log_filter" {
  description = "What functions log: a filter of Rust's tracing, as in info or shared=debug."
  type        = string
  default     = "info"
}

variable "log_retention_days" {
  description = "How long logs are kept; one of CloudWatch's steps."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of CloudWatch's steps, as in 14, 30 or 90."
  }
}

variable "run_retention_days" {
  description = "How long the ledger keeps ended runs and their logs, and who of the identity provider's people came."
  type        = number
  default     = 90

  validation {
    condition     = var.run_retention_days >= 1 && var.run_retention_days <= 3650 && floor(var.run_retention_days) == var.run_retention_days
    error_message = "run_retention_days must be a whole number from 1 to 3650."
  }
}

variable "embed_origins" {
  description = "Whose pages may show a strip of runs (/console/strip) in a frame, as in [\"https://intranet.example.com\"]."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for it in var.embed_origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", it))])
    error_message = "embed_origins must be origins like https://intranet.example.com, without a path."
  }
}

variable "requests_per_minute" {
  description = "How many requests a minute the dispatcher takes from one caller; 0: as many as it likes."
  type        = number
  default     = 600

  validation {
    condition     = var.requests_per_minute >= 0 && var.requests_per_minute <= 1000000 && floor(var.requests_per_minute) == var.requests_per_minute
    error_message = "requests_per_minute must be a whole number from 0 to 1000000."
  }
}

variable "oidc" {
  description = "The identity provider whose tokens the dispatcher takes beside its own; null: none. roles says what values of role_claim mean; without organization_claim everybody reaches all rows."
  type = object({
    issuer             = string
    jwks_url           = string
    audience           = string
    role_claim         = string
    roles              = map(string)
    organization_claim = optional(string, "")
  })
  default = null

  validation {
    condition     = alltrue([for role in values(try(var.oidc.roles, {})) : contains(["viewer", "operator", "admin"], role)])
    error_message = "oidc.roles must map to viewer, operator or admin."
  }
}

variable "is_bucket_versioned" {
  description = "Whether overwritten and deleted media stay as old versions for old_version_days."
  type        = bool
  default     = true
}

variable "old_version_days" {
  description = "How long the bucket keeps old versions."
  type        = number
  default     = 30

  validation {
    condition     = var.old_version_days >= 1 && floor(var.old_version_days) == var.old_version_days
    error_message = "old_version_days must be a whole number from 1."
  }
}

variable "email_from" {
  description = "Sender of notifications, as in Sundial <sundial@example.com>, of a domain verified with Resend. Needed with SUNDIAL_RESEND_KEY."
  type        = string
  default     = ""

  validation {
    condition     = var.email_from != "" && length(var.email_to) > 0 || !contains(var.optional_secrets, "SUNDIAL_RESEND_KEY")
    error_message = "email_from and email_to must be set when there is a SUNDIAL_RESEND_KEY: the reconciler does not start without them."
  }
}

variable "email_to" {
  description = "Receivers of notifications about jobs."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.email_to) <= 50
    error_message = "email_to must have at most 50 addresses."
  }
}

variable "alarm_emails" {
  description = "Who is paged. Each address gets a mail from AWS and must confirm it."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "alarm_emails must be e-mail addresses."
  }
}

variable "lateness_seconds_max" {
  description = "Alarm when one in a hundred first attempts of the last hour started later than this."
  type        = number
  default     = 180

  validation {
    condition     = var.lateness_seconds_max >= 60
    error_message = "lateness_seconds_max must be at least 60: a rule fires at any second of its minute."
  }
}

variable "meta_app_id" {
  description = "The Meta app that ad accounts' own tokens are given to. With the secret META_APP_SECRET, token_refresh extends them. Empty: they expire."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[0-9]*$", var.meta_app_id))
    error_message = "meta_app_id must be a number, as in the app's dashboard."
  }
}

variable "otlp_endpoint" {
  description = "Where job functions send traces of runs: a collector of OTLP over HTTP, as in https://otlp.example.com. Empty: nowhere. What it wants to hear besides is the secret OTEL_EXPORTER_OTLP_HEADERS."
  type        = string
  default     = ""

  validation {
    condition     = var.otlp_endpoint == "" || can(regex("^https?://.+", var.otlp_endpoint))
    error_message = "otlp_endpoint must be an http(s) address."
  }
}

variable "silence_hours_max" {
  description = "Alarm when no fire time started a run, or none completed, for so many hours. The default suits an installation with daily jobs; set 2 where some job runs every hour."
  type        = number
  default     = 26

  validation {
    condition     = var.silence_hours_max >= 2 && var.silence_hours_max <= 168 && floor(var.silence_hours_max) == var.silence_hours_max
    error_message = "silence_hours_max must be a whole number from 2 to 168."
  }
}

variable "s3_path_style" {
  description = "Whether Terraform puts the bucket into the path of addresses. Only for stand-ins of S3, as in tests."
  type        = bool
  default     = false
}
