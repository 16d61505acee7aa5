variable "environment" {
  description = "Name of the environment; the last part of every resource name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment: 2 to 12 lower-case letters or digits, a letter first."
  }
}

variable "subnet_ids" {
  description = "Private subnets in which the VPC link has its addresses."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the VPC link."
  type        = string
}

variable "listener_arn" {
  description = "Load balancer listener that requests are forwarded to."
  type        = string
}

variable "client_address_header" {
  description = "Header in which the caller's address is passed on; whatever the caller sent in it is overwritten."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z-]+$", var.client_address_header)) && !startswith(var.client_address_header, "x-forwarded")
    error_message = "client_address_header: a lower-case header name; the gateway refuses to write X-Forwarded-*."
  }
}

variable "access_log_group_arn" {
  description = "Log group of the access log."
  type        = string
}

variable "cors_origins" {
  description = "Web origins that may call the API from a browser; empty for none."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https://[^/*]+$", origin))])
    error_message = "cors_origins: https origins without a path or a wildcard."
  }
}

variable "throttle" {
  description = "Limit of requests a second of all callers together (rate), and how many may come at once (burst); the gateway answers more with 429."
  type = object({
    rate  = number
    burst = number
  })
  default = { rate = 1000, burst = 2000 }

  validation {
    condition     = var.throttle.rate >= 1 && var.throttle.burst >= var.throttle.rate
    error_message = "throttle: rate at least 1, burst at least rate."
  }
}

variable "route_throttles" {
  description = "Routes with limits of their own, so that API calls cannot crowd out Stripe's events, nor the other way round."
  type = map(object({
    rate  = number
    burst = number
  }))
  default = {
    "POST /webhooks/stripe" = { rate = 100, burst = 500 }
    "ANY /admin/{proxy+}"   = { rate = 20, burst = 40 }
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
