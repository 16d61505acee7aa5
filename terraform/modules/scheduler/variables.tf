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
  description = "Customer managed key that encrypts the secret."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:kms:", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a KMS key."
  }
}

variable "cluster_arn" {
  description = "ECS cluster that the canary runs in."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets with access to the internet, because the canary calls the public address."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the canary."
  type        = string
}

variable "log_group" {
  description = "Log group of the canary."
  type        = string
}

variable "topic_arn" {
  description = "Topic that is told when the canary does not succeed."
  type        = string
}

variable "url" {
  description = "Public address of the API."
  type        = string

  validation {
    condition     = can(regex("^https://", var.url))
    error_message = "url: https://…"
  }
}

variable "image" {
  description = "An image with Python 3.9 or newer, pinned by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image: pinned by digest, public.ecr.aws/docker/library/python@sha256:…; a tag can be moved."
  }
}

variable "agent" {
  description = "Agent of its jobs; because of the test key the demo script plays it."
  type        = string
  default     = "claude"
}

variable "key_secret_arn" {
  description = "Secret with a test API key (op_test_…) with the scopes jobs:read and jobs:write, of a tenant that is used only for this."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:secretsmanager:", var.key_secret_arn))
    error_message = "key_secret_arn: the ARN of a secret."
  }
}
