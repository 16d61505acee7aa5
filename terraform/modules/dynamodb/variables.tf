variable "environment" {
  description = "Name of the environment; the last part of every resource name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment: 2 to 12 lower-case letters or digits, a letter first."
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

variable "tables" {
  description = "Tables by logical name, in the form of schema/tables.json."
  type = map(object({
    hash_key   = string
    range_key  = optional(string)
    attributes = map(string)
    indexes = map(object({
      hash_key   = string
      range_key  = optional(string)
      projection = optional(string, "ALL")
    }))
    ttl = optional(string)
  }))

  validation {
    condition     = alltrue([for name in keys(var.tables) : can(regex("^[a-z][a-z-]+$", name))])
    error_message = "tables: names are lower-case words joined by hyphens."
  }

  # DynamoDB would refuse other tables only during the apply.
  validation {
    condition = alltrue([
      for table in values(var.tables) : toset(keys(table.attributes)) == toset(compact(concat(
        [table.hash_key, table.range_key],
        flatten([for index in values(table.indexes) : [index.hash_key, index.range_key]])
      )))
    ])
    error_message = "tables: attributes must list exactly the keys of the table and of its indexes."
  }
}

variable "deletion_protection" {
  description = "Whether tables refuse to be deleted."
  type        = bool
}
