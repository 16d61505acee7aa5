variable "name" {
  description = "Name of the environment, the last part of every name: prod, or standby for one that takes prod's place in another region."
  type        = string
  default     = "prod"

  validation {
    condition     = contains(["prod", "standby"], var.name)
    error_message = "name: prod or standby."
  }
}

variable "account_id" {
  description = "AWS account; the provider refuses to work in another. Give each environment an account of its own, which keeps tenants' secrets apart."
  type        = string
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "zones" {
  description = "Availability zones of the region, two or three, by their ids, because a name means a different zone in each account. Not every zone has VPC links."
  type        = list(string)
  default     = ["use1-az4", "use1-az6"]
}

variable "bucket_suffix" {
  description = "Last part of every bucket's name, because bucket names are unique worldwide."
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
  description = "Stripe's price ids of the paid tiers, the event name of the meter that counts jobs, and whether Stripe charges taxes (Settings > Tax first) and checkouts take promotion codes; null for an environment without billing, also possible for a first apply."
  type = object({
    price_pro        = string
    price_enterprise = string
    meter_event_name = optional(string, "outpost_jobs")
    automatic_tax    = optional(bool, false)
    promotion_codes  = optional(bool, false)
  })
  default = null

  validation {
    condition     = alltrue([for stripe in var.stripe[*] : startswith(stripe.price_pro, "price_") && startswith(stripe.price_enterprise, "price_")])
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
  description = "E-mail addresses that get notices."
  type        = set(string)
  default     = []
}

variable "page_emails" {
  description = "E-mail addresses that are paged; when empty, those of notice_emails."
  type        = set(string)
  default     = []
}

variable "credentials" {
  description = "Values of stripe-secret-key and stripe-webhook-secret (with stripe) and bootstrap-admin-key (with bootstrap_key), from TF_VAR_credentials; stored neither in a plan nor in the state."
  type        = map(string)
  ephemeral   = true
  sensitive   = true
}

variable "credentials_version" {
  description = "Raise it by one to write the values in credentials and start new tasks with them."
  type        = number
  default     = 1
}

variable "bootstrap_key" {
  description = "Whether there is an admin key that works from the first start; false once other admin keys exist."
  type        = bool
  default     = true
}

variable "service_linked_role" {
  description = "Whether to make ECS's service-linked role in this account; false when the account has it already; terraform/preflight says whether it has."
  type        = bool
  default     = true
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

variable "egress_hosts" {
  description = "Hosts that tasks, and so agents, may reach besides those of modules/network/egress.tf, through AWS Network Firewall, which costs about $600 a month in two zones; [] for only those, null for the whole internet."
  type        = list(string)
  default     = null
}

variable "ssh_repositories" {
  description = "Whether jobs may have repositories by ssh, which opens port 22 to every host for agents; with egress_hosts they never may."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "Whether calls to AWS go through endpoints in the VPC instead of through NAT, $117 a month in two zones; with egress_hosts they always do."
  type        = bool
  default     = false
}

variable "cpu_architecture" {
  description = "Processor architecture of API and worker tasks, X86_64 or ARM64 (Graviton, 20 % cheaper); images must be built for it."
  type        = string
  default     = "X86_64"
}
