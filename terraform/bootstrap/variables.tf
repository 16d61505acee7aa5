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

variable "watch_emails" {
  description = "E-mail addresses that are told of GuardDuty's findings and of the budget, ten at most; without any there is no budget."
  type        = set(string)
  default     = []

  validation {
    condition     = length(var.watch_emails) <= 10
    error_message = "watch_emails: ten at most, which is AWS's limit of a budget."
  }
}

variable "monthly_budget" {
  description = "Budget of the whole account in dollars a month; watch_emails are told when it is nearly used up."
  type        = number
  default     = 1000

  validation {
    condition     = var.monthly_budget > 0
    error_message = "monthly_budget: more than 0."
  }
}

variable "runtime_monitoring" {
  description = "Whether GuardDuty puts its agent beside every Fargate task, workers with agents included: about $1.50 a vCPU and month."
  type        = bool
  default     = false
}
