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

variable "kms_key_arn" {
  description = "Customer managed key that encrypts data at rest."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:kms:", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a KMS key."
  }
}

variable "log_days" {
  description = "Days that logs are kept, one of the values that CloudWatch offers."
  type        = number

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 180, 365, 400, 731, 1827], var.log_days)
    error_message = "log_days: 7, 14, 30, 60, 90, 120, 180, 365, 400, 731 or 1827."
  }
}

variable "notice_emails" {
  description = "E-mail addresses that get notices; each must confirm once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.notice_emails : can(regex("^[^@ ]+@[^@ ]+$", email))])
    error_message = "notice_emails: e-mail addresses."
  }
}

variable "page_emails" {
  description = "E-mail addresses that are paged; each must confirm once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.page_emails : can(regex("^[^@ ]+@[^@ ]+$", email))])
    error_message = "page_emails: e-mail addresses."
  }
}

variable "api_id" {
  description = "Id of the HTTP API."
  type        = string
}

variable "load_balancer" {
  description = "CloudWatch dimensions of the load balancer and its target group."
  type        = map(string)
}

variable "queue_names" {
  description = "Physical queue names by logical name."
  type        = map(string)
}

variable "table_names" {
  description = "Physical table names by logical name."
  type        = map(string)
}

variable "cluster_name" {
  description = "ECS cluster."
  type        = string
}

variable "worker_service" {
  description = "Name of the worker service."
  type        = string
}

variable "worker_max" {
  description = "Maximum number of workers."
  type        = number
}

variable "collected" {
  description = "Whether collectors beside the containers send the product's own metrics to CloudWatch."
  type        = bool
  default     = false
}

variable "api_min" {
  description = "Minimum number of API tasks."
  type        = number
}
