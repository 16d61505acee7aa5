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
  description = "AWS region of the tables."
  type        = string
}

variable "kms_key_arn" {
  description = "Customer managed key that encrypts data at rest."
  type        = string
}

variable "table_arns" {
  description = "Tables by logical name."
  type        = map(string)
}

variable "alarm_topic_arn" {
  description = "Topic that is told of failed backups and copies."
  type        = string
}

variable "vault_arn" {
  description = "Vault that every backup is copied into: in another region, best in another account."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:", var.vault_arn))
    error_message = "vault_arn: the ARN of a backup vault."
  }

  validation {
    condition     = try(split(":", var.vault_arn)[3], "") != var.region
    error_message = "vault_arn: a vault in the same region is lost with it."
  }
}

variable "every_hours" {
  description = "Hours between backups, which is the most that can be lost with a region."
  type        = number
  default     = 12

  validation {
    condition     = contains([1, 2, 3, 4, 6, 8, 12], var.every_hours)
    error_message = "every_hours: a divisor of 24, 12 at most."
  }
}
