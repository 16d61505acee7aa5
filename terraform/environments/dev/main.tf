provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      Project     = "outpost"
      Environment = "dev"
      ManagedBy   = "terraform"
    }
  }
}

locals {
  # Only initial values: operators change settings in the parameter store, see docs/operations.md.
  settings = merge(
    {
      OUTPOST_JOBS_KEPT_ENTERPRISE  = "P730D"
      OUTPOST_JOBS_KEPT_FREE        = "P90D"
      OUTPOST_JOBS_KEPT_PRO         = "P365D"
      OUTPOST_RATE_LIMIT_PER_MINUTE = "1000"
      OUTPOST_USAGE_KEPT            = "P730D"
      OUTPOST_USAGE_REPORT_INTERVAL = "PT1M"
    },
    { for stripe in var.stripe[*] : "OUTPOST_STRIPE_API_BASE" => "https://api.stripe.com" },
    { for stripe in var.stripe[*] : "OUTPOST_STRIPE_AUTOMATIC_TAX" => tostring(stripe.automatic_tax) },
    { for stripe in var.stripe[*] : "OUTPOST_STRIPE_METER_EVENT_NAME" => stripe.meter_event_name },
    { for stripe in var.stripe[*] : "OUTPOST_STRIPE_PRICE_ENTERPRISE" => stripe.price_enterprise },
    { for stripe in var.stripe[*] : "OUTPOST_STRIPE_PRICE_PRO" => stripe.price_pro },
    { for stripe in var.stripe[*] : "OUTPOST_STRIPE_PROMOTION_CODES" => tostring(stripe.promotion_codes) }
  )
}

# Small and easy to throw away: one NAT gateway, no deletion protection, workers down to none.
module "outpost" {
  source = "../../modules/outpost"

  environment         = "dev"
  account_id          = var.account_id
  region              = var.region
  zones               = var.zones
  bucket_suffix       = var.bucket_suffix
  domain              = var.domain
  cors_origins        = var.cors_origins
  notice_emails       = var.notice_emails
  page_emails         = var.page_emails
  credentials         = var.credentials
  credentials_version = var.credentials_version
  billing             = var.stripe != null
  bootstrap_key       = var.bootstrap_key
  service_linked_role = var.service_linked_role
  receipts_keys       = var.receipts_keys
  collector           = var.collector
  canary              = var.canary
  egress_hosts        = var.egress_hosts
  ssh_repositories    = var.ssh_repositories
  cpu_architecture    = var.cpu_architecture
  interface_endpoints = var.interface_endpoints

  settings = local.settings

  nat_per_zone        = false
  deletion_protection = false
  audit_lock          = { mode = "GOVERNANCE", days = 1 }
  log_days            = 14

  api       = { image = var.images.api, cpu = 512, memory = 1024 }
  api_tasks = { min = 1, max = 2 }
  worker    = { image = var.images.worker, on_demand_base = 0, spot_percent = 100 }
  workers   = { min = 0, max = 5 }
}
