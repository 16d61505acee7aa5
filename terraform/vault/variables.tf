variable "account_id" {
  description = "AWS account of the copies; the provider refuses to work in another."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: 12 digits."
  }
}

variable "source_account_id" {
  description = "AWS account of the environment. The same account survives the loss of a region, another one that of the account too."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.source_account_id))
    error_message = "source_account_id: 12 digits."
  }
}

variable "region" {
  description = "AWS region of the copies, another than the environment's."
  type        = string
  default     = "us-west-2"
}

variable "environment" {
  description = "Environment that the copies are of."
  type        = string
  default     = "prod"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment: 2 to 12 lower-case letters or digits, a letter first."
  }
}

variable "bucket_suffix" {
  description = "Last part of every bucket's name, as bucket names are shared with the whole world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]{1,24}$", var.bucket_suffix))
    error_message = "bucket_suffix: 1 to 24 lower-case letters, digits or hyphens."
  }
}

variable "lock_days" {
  description = "Days that nobody, the account's root included, can delete a copy of the archive."
  type        = number
  default     = 365

  validation {
    condition     = var.lock_days >= 1
    error_message = "lock_days: at least 1."
  }
}

variable "keep_days" {
  description = "Days that a copy of the archive is kept: as long as the environment keeps the archive itself (keep_days.audit)."
  type        = number
  default     = 730

  validation {
    condition     = var.keep_days >= var.lock_days
    error_message = "keep_days: not shorter than lock_days, as nothing that is locked can be removed."
  }
}
