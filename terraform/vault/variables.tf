variable "account_id" {
  description = "AWS account of the copies; the provider refuses to work in another."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: 12 digits."
  }
}

variable "source_account_id" {
  description = "AWS account of the environment. With the same account the copies survive the loss of a region, with another one also the loss of the account."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.source_account_id))
    error_message = "source_account_id: 12 digits."
  }
}

variable "region" {
  description = "AWS region of the copies; not the environment's."
  type        = string
  default     = "us-west-2"
}

variable "environment" {
  description = "Environment whose data is copied."
  type        = string
  default     = "prod"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment: 2 to 12 lower-case letters or digits, a letter first."
  }
}

variable "bucket_suffix" {
  description = "Last part of every bucket's name, because bucket names are unique worldwide."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]{1,24}$", var.bucket_suffix))
    error_message = "bucket_suffix: 1 to 24 lower-case letters, digits or hyphens."
  }
}

variable "lock_days" {
  description = "Days for which nobody, not even the account's root user, can delete a copy of the archive."
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
    error_message = "keep_days: not shorter than lock_days, because a locked object cannot be removed."
  }
}
