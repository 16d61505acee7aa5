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

variable "zones" {
  description = "Availability zones by their ids, two or three."
  type        = list(string)
}

variable "nat_per_zone" {
  description = "Whether each zone has a NAT gateway, instead of one for all zones."
  type        = bool
}

variable "interface_endpoints" {
  description = "Whether calls to AWS go through endpoints in the VPC instead of through NAT; with egress_hosts they always do."
  type        = bool
  default     = false
}

variable "egress_hosts" {
  description = "Hosts that tasks, and so agents, may reach besides those of modules/network/egress.tf; null for the whole internet."
  type        = list(string)
  default     = null

  validation {
    condition     = var.egress_hosts == null || var.canary == null || var.domain != null
    error_message = "egress_hosts: set domain, too; the canary calls the API by its public name, which must be on the list."
  }
}

variable "ssh_repositories" {
  description = "Whether jobs may have repositories by ssh, which opens port 22 to every host for agents; with egress_hosts they never may."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Whether tables and the load balancer refuse to be deleted."
  type        = bool
}

variable "bucket_suffix" {
  description = "Last part of every bucket's name."
  type        = string
  default     = ""
}

variable "audit_lock" {
  description = "How long heads of audit chains are locked, and in which mode (GOVERNANCE or COMPLIANCE)."
  type = object({
    mode = string
    days = number
  })
}

variable "keep_days" {
  description = "Days after which the audit archive and access logs are removed."
  type = object({
    audit = optional(number, 730)
    logs  = optional(number, 90)
  })
  default = {}
}

variable "log_days" {
  description = "Days that logs are kept in CloudWatch."
  type        = number
}

variable "notice_emails" {
  description = "E-mail addresses that get notices."
  type        = set(string)
  default     = []
}

variable "page_emails" {
  description = "E-mail addresses that are paged; when empty, those of notice_emails."
  type        = set(string)
  default     = []
}

variable "cors_origins" {
  description = "Web origins that may call the API from a browser."
  type        = list(string)
  default     = []
}

variable "domain" {
  description = "Domain of the API with its ACM certificate and Route 53 zone; null for the generated address."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = string
  })
  default = null
}

variable "credentials" {
  description = "Values of stripe-secret-key, stripe-webhook-secret, bootstrap-admin-key and canary-key; written when credentials_version is raised."
  type        = map(string)
  ephemeral   = true
  sensitive   = true

  validation {
    condition = (
      (!var.billing || (
        can(regex("^(sk|rk)_(live|test)_", var.credentials["stripe-secret-key"]))
        && can(regex("^whsec_[^,]+(,whsec_[^,]+)*$", var.credentials["stripe-webhook-secret"]))
      ))
      && (var.canary == null || can(regex("^op_test_[0-9a-f]{32}$", var.credentials["canary-key"])))
      && (!var.bootstrap_key || can(regex("^op_(live|test)_[0-9a-f]{32}$", var.credentials["bootstrap-admin-key"])))
    )
    error_message = "credentials: stripe-secret-key is sk_… or rk_…, stripe-webhook-secret is whsec_… (several joined by commas), bootstrap-admin-key is op_live_… or op_test_… with 32 hex digits, canary-key is op_test_… with 32 hex digits."
  }
}

variable "credentials_version" {
  description = "Raise it by one to write the values in credentials."
  type        = number
  default     = 1
}

variable "billing" {
  description = "Whether billing by Stripe is on, which needs its secrets and prices."
  type        = bool
  default     = true
}

variable "bootstrap_key" {
  description = "Whether there is a bootstrap admin key; not needed once other admin keys exist."
  type        = bool
  default     = true
}

variable "service_linked_role" {
  description = "Whether to make ECS's service-linked role in this account; false when the account has it already."
  type        = bool
  default     = true
}

variable "rotation" {
  description = "Secrets that a Lambda function of the operator rotates."
  type = map(object({
    lambda_arn = string
    days       = optional(number, 90)
  }))
  default = {}
}

variable "settings" {
  description = "Values of the settings kept under /outpost/{environment}/ in the parameter store."
  type        = map(string)
}

variable "api" {
  description = "API containers: image, CPU units, MiB."
  type = object({
    image  = string
    cpu    = optional(number, 1024)
    memory = optional(number, 2048)
  })
}

variable "api_tasks" {
  description = "Minimum and maximum number of API tasks."
  type = object({
    min = optional(number, 2)
    max = optional(number, 10)
  })
  default = {}
}

variable "worker" {
  description = "Worker containers: image, CPU units, MiB, GiB of disk, MiB and GiB of a job, grace in seconds, tasks on demand, percent on Spot."
  type = object({
    image             = string
    cpu               = optional(number, 4096)
    memory            = optional(number, 20480)
    disk_gib          = optional(number, 60)
    job_memory        = optional(number, 2048)
    job_disk_gib      = optional(number, 6)
    job_grace_seconds = optional(number, 90)
    on_demand_base    = optional(number, 1)
    spot_percent      = optional(number, 90)
  })
}

variable "workers" {
  description = "Minimum and maximum number of workers."
  type = object({
    min = optional(number, 1)
    max = optional(number, 50)
  })
  default = {}
}

variable "receipts_keys" {
  description = "Names of the keys of receipts: the first signs, and receipts signed by any of them can be checked. To rotate, put a new name first."
  type        = list(string)
  default     = ["1"]
}

variable "collector" {
  description = "AWS's OpenTelemetry collector beside each container: its image by digest, and the share of traces to send, 0 to 1; null: no collector, and nothing is sent."
  type = object({
    image        = string
    traces_share = optional(number, 0.01)
  })
  default = null
}

variable "canary" {
  description = "The canary, which runs a job a minute through the public address: an image with Python by digest, and the agent of its jobs; its key is canary-key in credentials. null: no canary."
  type = object({
    image = string
    agent = optional(string, "claude")
  })
  default = null
}

variable "recovery" {
  description = "Where copies for disaster recovery go, the output recovery of terraform/vault: a vault for tables, and buckets for the audit's archive; null: no copies, and data is lost with its region."
  type = object({
    vault_arn   = string
    account_id  = string
    kms_key_arn = string
    bucket_arns = map(string)
    every_hours = optional(number, 12)
  })
  default = null
}

variable "cpu_architecture" {
  description = "Processor architecture of API and worker tasks, X86_64 or ARM64 (Graviton, 20 % cheaper); images must be built for it."
  type        = string
  default     = "X86_64"
}
