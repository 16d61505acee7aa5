variable "environment" {
  description = "Name of the environment; the last part of every resource name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment: 2 to 12 lower-case letters or digits, a letter first."
  }
}

variable "cluster_name" {
  description = "ECS cluster of both services."
  type        = string
}

variable "worker_service" {
  description = "Name of the worker service."
  type        = string
}

variable "api_service" {
  description = "Name of the API service."
  type        = string
}

variable "queue_names" {
  description = "Physical queue names by logical name; jobs-high, jobs-normal and jobs-low are followed."
  type        = map(string)

  validation {
    condition     = alltrue([for lane in ["high", "normal", "low"] : contains(keys(var.queue_names), "jobs-${lane}")])
    error_message = "queue_names: jobs-high, jobs-normal and jobs-low are needed."
  }
}

variable "messages_per_worker" {
  description = "Messages for each worker. At most the slots of a worker; with more, jobs would wait without an alarm."
  type        = number
  default     = 8

  validation {
    condition     = var.messages_per_worker >= 1 && floor(var.messages_per_worker) == var.messages_per_worker
    error_message = "messages_per_worker: a whole number from 1."
  }
}

variable "workers" {
  description = "Minimum and maximum number of workers. A minimum of 0 costs nothing at night, and delays the first job by a minute or two."
  type = object({
    min = optional(number, 1)
    max = optional(number, 50)
  })
  default = {}

  validation {
    condition     = var.workers.min >= 0 && var.workers.max >= 1 && var.workers.min <= var.workers.max && var.workers.max <= 1000
    error_message = "workers: 0 <= min <= max, and 1 <= max <= 1000."
  }
}

variable "api" {
  description = "Minimum and maximum number of API tasks."
  type = object({
    min = optional(number, 2)
    max = optional(number, 10)
  })
  default = {}

  validation {
    condition     = var.api.min >= 1 && var.api.min <= var.api.max
    error_message = "api: 1 <= min <= max."
  }
}
