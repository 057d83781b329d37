# Checks the map of functions, and hands it on. No provider, no resource.

variable "functions" {
  description = "The map: what each function is and needs."
  type = map(object({
    kind            = string
    memory_mb       = number
    timeout_seconds = number
    concurrency_max = number
    settings        = list(string)
  }))

  validation {
    condition     = length(setsubtract(var.crates, keys(var.functions))) == 0
    error_message = "functions.tf.json lacks ${join(", ", setsubtract(var.crates, keys(var.functions)))}, which functions/ has."
  }
  validation {
    condition     = length(setsubtract(keys(var.functions), var.crates)) == 0
    error_message = "functions/ lacks ${join(", ", setsubtract(keys(var.functions), var.crates))}, which functions.tf.json has."
  }
  validation {
    condition     = alltrue([for it in var.functions : contains(["job", "http", "sweep"], it.kind)])
    error_message = "kind must be job, http or sweep."
  }
  validation {
    condition = alltrue([
      for kind in ["http", "sweep"] : length([for it in var.functions : it if it.kind == kind]) == 1
    ])
    error_message = "There must be one function of kind http and one of kind sweep."
  }
  # **Source:** Lambda quotas.
  validation {
    condition     = alltrue([for it in var.functions : it.timeout_seconds >= 1 && it.timeout_seconds <= 900])
    error_message = "timeout_seconds must be 1 to 900."
  }
  validation {
    condition     = alltrue([for it in var.functions : it.memory_mb >= 128 && it.memory_mb <= 10240])
    error_message = "memory_mb must be 128 to 10240."
  }
  validation {
    condition     = alltrue([for it in var.functions : it.concurrency_max >= 1])
    error_message = "concurrency_max must be at least 1."
  }
  # A role is called sundial-ENVIRONMENT-FUNCTION-REGION, in 64 characters, and a rule ends with twelve digits.
  validation {
    condition     = alltrue([for name, _ in var.functions : length(name) <= 28])
    error_message = "A function's name must have at most 28 characters, for the names of its role and rules."
  }
  validation {
    condition     = alltrue(flatten([for it in var.functions : [for section in it.settings : contains(keys(var.settings), section)]]))
    error_message = "settings must name sections of settings.tf.json."
  }
}

variable "crates" {
  description = "The folders of functions/: one for each function that is built."
  type        = set(string)
}

variable "settings" {
  description = "Sections of settings: variables with their values, and the names of secrets."
  type = map(object({
    environment      = map(string)
    secrets          = set(string)
    optional_secrets = set(string)
  }))
}

variable "optional_secrets" {
  description = "Optional secrets that exist."
  type        = set(string)

  validation {
    condition     = length(setsubtract(var.optional_secrets, flatten([for it in var.settings : it.optional_secrets]))) == 0
    error_message = "optional_secrets must be named in settings.tf.json."
  }
}

locals {
  sections = { for name, it in var.functions : name => [for section in concat(["core"], it.settings) : var.settings[section]] }
}

output "functions" {
  description = "The map, with the environment of each function and the secrets it may read."
  value = {
    for name, it in var.functions : name => merge(it, {
      # Empty is unset to the functions.
      environment = tomap(merge([
        for section in local.sections[name] : { for key, value in section.environment : key => value if value != "" }
      ]...))
      secrets = setunion([
        for section in local.sections[name] : setunion(section.secrets, setintersection(section.optional_secrets, var.optional_secrets))
      ]...)
    })
  }
}
