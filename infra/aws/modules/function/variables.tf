variable "name" {
  description = "Name of the function."
  type        = string

  # **Source:** Lambda and IAM quotas; both names are the function's.
  validation {
    condition     = length(var.name) <= 64
    error_message = "name must have at most 64 characters."
  }
}

variable "description" {
  description = "What it is. A new text makes a new version, whose instances start anew."
  type        = string
}

variable "place" {
  description = "Where it is: account, partition as in aws, region."
  type = object({
    account   = string
    partition = string
    region    = string
  })
}

variable "alias" {
  description = "Name of the alias that everything invokes."
  type        = string
}

variable "zip" {
  description = "The zip with the program `bootstrap`."
  type        = string
}

variable "architecture" {
  description = "x86_64 or arm64."
  type        = string
}

variable "memory_mb" {
  description = "Memory."
  type        = number
}

variable "timeout_seconds" {
  description = "How long one invocation may take."
  type        = number
}

variable "concurrency_max" {
  description = "Invocations at a time, reserved for this function; null for as many as the account has."
  type        = number
  nullable    = true
}

variable "environment" {
  description = "Its variables. No secrets: names of parameters."
  type        = map(string)
}

variable "rights" {
  description = "Statements of its role, besides its own log."
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
    conditions = list(object({
      test     = string
      variable = string
      values   = list(string)
    }))
  }))
}

variable "bus_name" {
  description = "The bus that bus_rules are on."
  type        = string
}

variable "bus_rules" {
  description = "Events of the bus that invoke it, by the rule's name: pattern, and what is made of the event."
  type = map(object({
    pattern  = string
    paths    = map(string)
    template = string
  }))
}

variable "clock_rule_arns" {
  description = "Scheduled rules that may invoke it; an end of * stands for all rules that begin so."
  type        = list(string)
}

variable "event_age_seconds_max" {
  description = "How long an event may wait for the function; null for a function that nobody invokes asynchronously, and which therefore has no queue."
  type        = number
  nullable    = true
}

variable "dead_letter_seconds" {
  description = "How long events that nobody handled are kept; null together with event_age_seconds_max."
  type        = number
  nullable    = true
}

variable "bad_minutes_max" {
  description = "Alarm after so many of five minutes with errors."
  type        = number
}

variable "log_retention_days" {
  description = "How long its log is kept."
  type        = number
}

variable "alarm_topic_arn" {
  description = "Where its alarms go."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets it runs in; none for AWS's own network."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups in these subnets."
  type        = list(string)
}
