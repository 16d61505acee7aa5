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

variable "bucket_suffix" {
  description = "Last part of every bucket's name; bucket names are unique worldwide."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[a-z0-9-]{0,24}$", var.bucket_suffix))
    error_message = "bucket_suffix: at most 24 lower-case letters, digits or hyphens."
  }
}

variable "audit_lock" {
  description = "How long nobody can change a head of an audit chain, and the mode of the lock: COMPLIANCE also binds the account's root user."
  type = object({
    mode = string
    days = number
  })

  validation {
    condition     = contains(["GOVERNANCE", "COMPLIANCE"], var.audit_lock.mode) && var.audit_lock.days >= 1
    error_message = "audit_lock: mode GOVERNANCE or COMPLIANCE, days at least 1."
  }
}

variable "keep_days" {
  description = "Days after which the audit archive and access logs are removed."
  type = object({
    audit = optional(number, 730)
    logs  = optional(number, 90)
  })
  default = {}

  validation {
    condition     = var.keep_days.logs >= 1 && var.keep_days.audit > 90
    error_message = "keep_days: at least 1; audit more than 90 days, because after 90 it moves to a cheaper storage class."
  }
}

variable "replicas" {
  description = "Where the audit's archive and its heads are copied to (terraform/vault makes it): account, key and buckets by logical name; null: no copies."
  type = object({
    account_id  = string
    kms_key_arn = string
    bucket_arns = map(string)
  })
  default = null

  validation {
    condition     = var.replicas == null || toset(keys(try(var.replicas.bucket_arns, {}))) == toset(["audit", "audit-head"])
    error_message = "replicas: bucket_arns of audit and audit-head."
  }
}
