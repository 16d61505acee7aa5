variable "account_id" {
  description = "AWS account; the provider refuses to work in another."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: 12 digits."
  }
}

variable "region" {
  description = "AWS region of the state, the images and the environment."
  type        = string
  default     = "us-east-1"
}

variable "stage" {
  description = "The environment that this account is for: dev or prod."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.stage)
    error_message = "stage: dev or prod."
  }
}

variable "repository" {
  description = "GitHub repository whose jobs may deploy, OWNER/NAME; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.repository == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository: OWNER/NAME, without wildcards."
  }
}

variable "domain" {
  description = "Domain of the API and its Route 53 zone, for the certificate; null for the generated address."
  type = object({
    name    = string
    zone_id = string
  })
  default = null
}
