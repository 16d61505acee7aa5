variable "environment" {
  description = "Name of the environment; the last part of every resource name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment: 2 to 12 lower-case letters or digits, a letter first."
  }
}

variable "account_id" {
  description = "AWS account that owns everything."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: 12 digits."
  }
}

variable "region" {
  description = "AWS region, for example us-east-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region: a region name such as us-east-1."
  }
}

variable "queues" {
  description = "Queues by logical name, in the form of schema/queues.json."
  type = map(object({
    visibility_seconds = number
    dead_letter        = optional(string)
    receives           = optional(number)
  }))

  validation {
    condition     = alltrue([for queue in values(var.queues) : queue.visibility_seconds <= 43200])
    error_message = "queues: SQS hides a message for 12 hours (43200 s) at most."
  }

  validation {
    condition     = alltrue([for queue in values(var.queues) : contains(keys(var.queues), coalesce(queue.dead_letter, keys(var.queues)[0]))])
    error_message = "queues: dead_letter must name another queue of the map."
  }

  validation {
    condition     = alltrue([for queue in values(var.queues) : (queue.dead_letter == null) == (queue.receives == null)])
    error_message = "queues: dead_letter and receives are given together or not at all."
  }
}

variable "alarm_topic_arn" {
  description = "SNS topic that is told of dead letters."
  type        = string
}

variable "dead_letter_alarm" {
  description = "Number of dead letters in one queue at which the alarm rings."
  type        = number
  default     = 10

  validation {
    condition     = var.dead_letter_alarm >= 1
    error_message = "dead_letter_alarm: at least 1."
  }
}
