variable "account_id" {
  description = "AWS account; the provider refuses to work in another. One account an environment keeps tenants' secrets apart."
  type        = string
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "zones" {
  description = "Availability zones of the region, two or three."
  type        = list(string)
  default     = ["us-east-1a", "us-east-1b"]
}

variable "bucket_suffix" {
  description = "Last part of every bucket's name, as bucket names are shared with the whole world."
  type        = string
}

variable "images" {
  description = "ECR images of both containers, pinned by digest."
  type = object({
    api    = string
    worker = string
  })
}

variable "stripe" {
  description = "Stripe's price ids of the paid tiers, and the event name of the meter that counts jobs."
  type = object({
    price_pro        = string
    price_enterprise = string
    meter_event_name = optional(string, "outpost_jobs")
  })

  validation {
    condition     = startswith(var.stripe.price_pro, "price_") && startswith(var.stripe.price_enterprise, "price_")
    error_message = "stripe: price ids begin with price_."
  }
}

variable "domain" {
  description = "Domain of the API with its ACM certificate (same region) and Route 53 zone; null for the generated address."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = string
  })
  default = null
}

variable "cors_origins" {
  description = "Web origins that may call the API from a browser."
  type        = list(string)
  default     = []
}

variable "notice_emails" {
  description = "Who gets alarms and notices by e-mail."
  type        = set(string)
  default     = []
}

variable "credentials" {
  description = "Values of stripe-secret-key, stripe-webhook-secret and bootstrap-admin-key, from TF_VAR_credentials; kept neither in a plan nor in the state."
  type        = map(string)
  ephemeral   = true
  sensitive   = true
}

variable "credentials_version" {
  description = "Raise it by one to write the values in credentials and start new tasks with them."
  type        = number
  default     = 1
}
