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

variable "receipts_key_arns" {
  description = "KMS keys of receipts of jobs: the first signs; the public keys of all are published."
  type        = list(string)

  validation {
    condition     = length(var.receipts_key_arns) > 0 && alltrue([for arn in var.receipts_key_arns : can(regex("^arn:aws:kms:", arn))])
    error_message = "receipts_key_arns: ARNs of KMS keys."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the tasks."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups of the tasks: api and worker."
  type        = map(string)
}

variable "target_group_arn" {
  description = "Target group that API tasks join."
  type        = string
}

variable "release_alarms" {
  description = "Names of the alarms that roll a release back while they ring."
  type        = set(string)

  validation {
    condition     = length(var.release_alarms) > 0
    error_message = "release_alarms: name at least one; without it a release whose requests fail is not rolled back."
  }
}

variable "collector" {
  description = "AWS's OpenTelemetry collector beside each container: its image pinned by digest, and the share of traces to send, 0 to 1; null: no collector, and nothing is sent."
  type = object({
    image        = string
    traces_share = optional(number, 0.01)
  })
  default = null

  validation {
    condition = alltrue([for collector in var.collector[*] :
      can(regex("^public\\.ecr\\.aws/aws-observability/aws-otel-collector@sha256:[0-9a-f]{64}$", collector.image))
    ])
    error_message = "collector.image: public.ecr.aws/aws-observability/aws-otel-collector@sha256:…; a tag can be moved."
  }

  validation {
    condition     = alltrue([for collector in var.collector[*] : collector.traces_share >= 0 && collector.traces_share <= 1])
    error_message = "collector.traces_share: 0 to 1."
  }
}

variable "log_groups" {
  description = "Log group names: api, worker and metrics."
  type        = map(string)
}

variable "tables" {
  description = "Index names by logical table name, for the resources in actions.json."
  type        = map(list(string))
}

variable "queues" {
  description = "Logical queue names, for the resources in actions.json."
  type        = set(string)
}

variable "buckets" {
  description = "Physical bucket names by logical name: output, audit, audit-head."
  type        = map(string)
}

variable "secret_arns" {
  description = "ARNs of the platform's secrets by the setting that each fills."
  type        = map(string)
}

variable "credentials_version" {
  description = "Version of the secrets' values; a new version starts new tasks."
  type        = number
}

variable "service_linked_role" {
  description = "Whether to make ECS's service-linked role in this account; false when the account has it already."
  type        = bool
  default     = true
}

variable "settings" {
  description = "Initial values of the settings that settings.json lists as parameters; the others keep the application's defaults."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.settings) : contains(concat(local.settings.api.parameters, local.settings.worker.parameters), name)])
    error_message = "settings: only what settings.json lists as parameters; anything else would have no effect."
  }

  validation {
    condition     = alltrue([for value in values(var.settings) : length(value) > 0])
    error_message = "settings: a parameter cannot be empty."
  }
}

variable "ssh_repositories" {
  description = "Whether the API accepts jobs with repositories by ssh."
  type        = bool
  default     = true
}

variable "audit_days" {
  description = "Days for which the bucket keeps the audit archive. The application needs it to tell an expired beginning of a chain from a removed one."
  type        = number
}

variable "client_address_header" {
  description = "Header in which the gateway passes the caller's address."
  type        = string
}

variable "trusted_proxies" {
  description = "Addresses of proxies, a regular expression: the API believes their header with the caller's address. Those of the VPC."
  type        = string
}

variable "api" {
  description = "API containers: image pinned by digest, CPU units and MiB, and how many at the first start."
  type = object({
    image  = string
    cpu    = optional(number, 1024)
    memory = optional(number, 2048)
    tasks  = optional(number, 2)
  })

  validation {
    condition     = can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com/[^@:]+@sha256:[0-9a-f]{64}$", var.api.image))
    error_message = "api.image: an ECR image pinned by digest, 123456789012.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…; a tag can be moved."
  }

  validation {
    condition = try(
      var.api.memory >= local.fargate[var.api.cpu].from && var.api.memory <= local.fargate[var.api.cpu].to
      && var.api.memory % local.fargate[var.api.cpu].step == 0, false
    )
    error_message = "api: Fargate has no task of this cpu and memory; see local.fargate in size.tf."
  }

  # Java's heap is 60 % of it (docker/api/Dockerfile); the rest of Java needs about 400 MiB.
  validation {
    condition     = var.collector == null || var.api.memory >= 2048
    error_message = "api.memory: 2048 at least with a collector beside it, which takes 256."
  }
}

variable "cpu_architecture" {
  description = "Processor architecture of both roles' tasks, X86_64 or ARM64 (Graviton); the images must be built for it."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture: X86_64 or ARM64."
  }
}

variable "worker" {
  description = <<-TEXT
    Worker containers: image pinned by digest, CPU units and MiB, GiB of disk, MiB and GiB that a job needs at least
    (which gives the jobs at once, see size.tf), seconds a job may go on after SIGTERM, how many tasks at the first
    start, how many of them always on demand, and the share of the others on Spot.
  TEXT
  type = object({
    image             = string
    cpu               = optional(number, 4096)
    memory            = optional(number, 20480)
    disk_gib          = optional(number, 60)
    job_memory        = optional(number, 2048)
    job_disk_gib      = optional(number, 6)
    job_grace_seconds = optional(number, 90)
    tasks             = optional(number, 1)
    on_demand_base    = optional(number, 1)
    spot_percent      = optional(number, 90)
  })

  validation {
    condition     = can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com/[^@:]+@sha256:[0-9a-f]{64}$", var.worker.image))
    error_message = "worker.image: an ECR image pinned by digest, 123456789012.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…; a tag can be moved."
  }

  validation {
    condition     = var.worker.job_grace_seconds >= 0 && var.worker.job_grace_seconds <= 90
    error_message = "worker.job_grace_seconds: 0 to 90; Fargate ends a task 120 s after SIGTERM and 30 s are needed to stop agents and hand jobs back."
  }

  validation {
    condition     = var.worker.spot_percent >= 0 && var.worker.spot_percent <= 100
    error_message = "worker.spot_percent: 0 to 100."
  }

  validation {
    condition = try(
      var.worker.memory >= local.fargate[var.worker.cpu].from && var.worker.memory <= local.fargate[var.worker.cpu].to
      && var.worker.memory % local.fargate[var.worker.cpu].step == 0, false
    )
    error_message = "worker: Fargate has no task of this cpu and memory; see local.fargate in size.tf."
  }

  validation {
    condition     = var.worker.job_memory >= 512 && var.worker.job_disk_gib >= 1
    error_message = "worker: a job needs 512 MiB and 1 GiB of disk at least."
  }

  validation {
    condition     = var.worker.disk_gib >= 21 && var.worker.disk_gib <= 200
    error_message = "worker.disk_gib: 21 to 200, what Fargate offers."
  }
}
