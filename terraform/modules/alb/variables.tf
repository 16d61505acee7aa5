variable "environment" {
  description = "Name of the environment; the last part of every resource name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment: 2 to 12 lower-case letters or digits, a letter first."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of the domain; null: the connection from the gateway, inside the VPC, is without TLS."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws:acm:", var.certificate_arn))
    error_message = "certificate_arn: the ARN of an ACM certificate, or null."
  }
}

variable "vpc_id" {
  description = "VPC of the targets."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, one for each zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids: a load balancer needs two zones at least."
  }
}

variable "security_group_id" {
  description = "Security group of the load balancer."
  type        = string
}

variable "log_bucket" {
  description = "Bucket that takes access logs."
  type        = string
}

variable "firewall_log_group_arn" {
  description = "Log group of the firewall; its name must begin with aws-waf-logs-."
  type        = string
}

variable "client_address_header" {
  description = "Header in which the gateway passes the caller's address."
  type        = string
}

variable "requests_per_address" {
  description = "Requests that one address may send in five minutes. Keep it well above the 5,000 of a single key, because an office shares one address."
  type        = number
  default     = 30000

  validation {
    condition     = var.requests_per_address >= 5000
    error_message = "requests_per_address: at least 5000, what one key alone may send."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
}
