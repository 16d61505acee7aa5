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

variable "secrets" {
  description = "The platform's own secrets: the purpose of each, by the last part of its name under /outpost/{environment}/."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[a-z][a-z0-9-]+$", name))])
    error_message = "secrets: names are lower-case words joined by hyphens."
  }
}

variable "credentials" {
  description = "Values of the secrets by name. Every plan needs them, but they are written only when credentials_version is raised."
  type        = map(string)
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = toset(keys(var.credentials)) == toset(keys(var.secrets))
    error_message = "credentials: a value for each name in secrets, and for no other."
  }
}

variable "credentials_version" {
  description = "Raise it by one to write the values in credentials."
  type        = number

  validation {
    condition     = var.credentials_version >= 1 && floor(var.credentials_version) == var.credentials_version
    error_message = "credentials_version: a whole number from 1."
  }
}

variable "rotation" {
  description = "Secrets that a Lambda function rotates: the function and the days between rotations, by secret name."
  type = map(object({
    lambda_arn = string
    days       = optional(number, 90)
  }))
  default = {}

  validation {
    condition     = alltrue([for rule in values(var.rotation) : rule.days >= 1 && rule.days <= 365])
    error_message = "rotation: between 1 and 365 days."
  }

  validation {
    condition     = alltrue([for name in keys(var.rotation) : contains(keys(var.secrets), name)])
    error_message = "rotation: names a secret that does not exist."
  }
}

variable "receipts_keys" {
  description = "Names of the keys of receipts: the first signs, and receipts signed by any of them can be checked. To rotate, put a new name first."
  type        = list(string)
  default     = ["1"]

  validation {
    condition     = length(var.receipts_keys) > 0 && length(distinct(var.receipts_keys)) == length(var.receipts_keys) && alltrue([for name in var.receipts_keys : can(regex("^[a-z0-9-]{1,32}$", name))])
    error_message = "receipts_keys: one or more different names of lower-case letters, digits and hyphens."
  }
}
