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
  description = "AWS account; the provider refuses to work in another. One account an environment keeps tenants' secrets apart."
  type        = string
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "zones" {
  description = "Availability zones of the region, two or three, by their ids: names mean another zone in each account, and not every zone has VPC links."
  type        = list(string)
  default     = ["use1-az4", "use1-az6"]
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
  description = "Stripe's price ids of the paid tiers, the event name of the meter that counts jobs, and whether Stripe charges taxes (Settings > Tax first) and checkouts take promotion codes; null for an environment without billing, as the first apply may be."
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
  description = "Who gets notices by e-mail."
  type        = set(string)
  default     = []
}

variable "page_emails" {
  description = "Who is paged by e-mail; who gets notices, where nobody is named."
  type        = set(string)
  default     = []
}

variable "credentials" {
  description = "Values of stripe-secret-key and stripe-webhook-secret (with stripe) and bootstrap-admin-key (with bootstrap_key), from TF_VAR_credentials; kept neither in a plan nor in the state."
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
  description = "Whether to make ECS's role in this account; false where the account has it already, which terraform/preflight tells."
  type        = bool
  default     = true
}

variable "receipts_keys" {
  description = "Names of the keys of receipts: the first signs, receipts of all can be checked. To rotate, put a new name first."
  type        = list(string)
  default     = ["1"]
}

variable "collector" {
  description = "OpenTelemetry's collector of AWS beside each container: its image by digest, and which part of all traces is sent; null: none, and nothing is sent."
  type = object({
    image        = string
    traces_share = optional(number, 0.01)
  })
  default = null
}

variable "canary" {
  description = "A job a minute through the public address: an image with Python by digest, and the agent that it names; its key is canary-key in credentials. null: none."
  type = object({
    image = string
    agent = optional(string, "claude")
  })
  default = null
}

variable "recovery" {
  description = "What stands outside, as terraform/vault tells it (output recovery): a vault for copies of the tables, and buckets for copies of the audit's archive; null for none, and what a region loses is lost."
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
  description = "Hosts that tasks, and so agents, may reach besides those of modules/network/egress.tf, through AWS Network Firewall, which costs some $600 a month in two zones; [] for those alone, null for all of the internet."
  type        = list(string)
  default     = null
}

variable "ssh_repositories" {
  description = "Whether jobs may have repositories by ssh, which opens port 22 to every host for agents; with egress_hosts they never may."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "Whether AWS is asked through endpoints in the VPC instead of through NAT, $117 a month in two zones; with egress_hosts it always is."
  type        = bool
  default     = false
}

variable "cpu_architecture" {
  description = "Processor of the tasks of API and workers, X86_64 or ARM64 (Graviton, a fifth cheaper); images must be built for it."
  type        = string
  default     = "X86_64"
}
