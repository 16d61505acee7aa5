# A whole environment, made of the service modules. Environments differ only in sizes and names.
locals {
  # The application's own definitions of tables and queues; nothing here repeats them.
  schema = "${path.module}/../../../src/main/resources/schema"
  tables = jsondecode(file("${local.schema}/tables.json"))
  queues = jsondecode(file("${local.schema}/queues.json"))

  # The platform's secrets: the purpose of each, the setting that it fills, and whether it exists.
  all_secrets = {
    stripe-secret-key     = { setting = "OUTPOST_STRIPE_SECRET_KEY", there = var.billing, text = "Stripe's secret key" }
    stripe-webhook-secret = { setting = "OUTPOST_STRIPE_WEBHOOK_SECRET", there = var.billing, text = "Signing secrets of Stripe's events, comma-separated while one is replaced" }
    canary-key            = { setting = "CANARY_KEY", there = var.canary != null, text = "API key of the canary's tenant, a test key" }
    bootstrap-admin-key   = { setting = "OUTPOST_BOOTSTRAP_ADMIN_KEY", there = var.bootstrap_key, text = "Outpost key that works as an admin key from the first start" }
  }
  secrets = { for name, secret in local.all_secrets : name => secret if secret.there }

  # Needed with a list of hosts: the registries of images that are not ours, and the CDN with their layers.
  image_hosts = anytrue([for image in concat(var.collector[*].image, var.canary[*].image) : startswith(image, "public.ecr.aws/")]) ? [
    "public.ecr.aws", "d2glxqk2uabbnd.cloudfront.net", "d5l0dvt14r5h8.cloudfront.net"
  ] : []

  # The API's own name is on the list, because the canary calls it.
  egress_hosts = var.egress_hosts == null ? null : concat(var.egress_hosts, var.domain[*].name, local.image_hosts)

  # A list of hosts rules ssh out: the firewall reads host names from TLS.
  ssh_repositories = var.ssh_repositories && var.egress_hosts == null

  # The caller's address travels from the gateway to the firewall and the application in this header.
  client_address_header = "x-outpost-client-address"
}

module "secrets" {
  source = "../secrets"

  environment         = var.environment
  account_id          = var.account_id
  region              = var.region
  secrets             = { for name, secret in local.secrets : name => secret.text }
  credentials         = var.credentials
  credentials_version = var.credentials_version
  rotation            = var.rotation
  receipts_keys       = var.receipts_keys
}

module "dynamodb" {
  source = "../dynamodb"

  environment         = var.environment
  kms_key_arn         = module.secrets.kms_key_arn
  tables              = local.tables
  deletion_protection = var.deletion_protection
}

module "sqs" {
  source = "../sqs"

  environment     = var.environment
  account_id      = var.account_id
  region          = var.region
  queues          = local.queues
  alarm_topic_arn = module.observability.pages_topic_arn
}

module "s3" {
  source = "../s3"

  environment   = var.environment
  account_id    = var.account_id
  region        = var.region
  kms_key_arn   = module.secrets.kms_key_arn
  bucket_suffix = var.bucket_suffix
  audit_lock    = var.audit_lock
  keep_days     = var.keep_days
  replicas      = var.recovery
}

# Copies of the tables in another region or account, when one is given.
module "backup" {
  for_each = { for name, recovery in { vault = var.recovery } : name => recovery if recovery != null }
  source   = "../backup"

  environment = var.environment
  account_id  = var.account_id
  region      = var.region
  kms_key_arn = module.secrets.kms_key_arn
  table_arns  = module.dynamodb.arns
  vault_arn   = each.value.vault_arn
  every_hours = each.value.every_hours

  alarm_topic_arn = module.observability.pages_topic_arn
}

module "network" {
  source = "../network"

  environment        = var.environment
  account_id         = var.account_id
  region             = var.region
  zones              = var.zones
  nat_per_zone       = var.nat_per_zone
  listener_port      = var.domain == null ? 80 : 443
  flow_log_group_arn = module.observability.log_group_arns["flow"]

  interface_endpoints = var.interface_endpoints
  traces              = var.collector != null
  egress_hosts        = local.egress_hosts
  ssh_repositories    = local.ssh_repositories
}

module "alb" {
  source = "../alb"

  environment            = var.environment
  vpc_id                 = module.network.vpc_id
  subnet_ids             = module.network.private_subnet_ids
  security_group_id      = module.network.security_group_ids["alb"]
  log_bucket             = module.s3.names["logs"]
  firewall_log_group_arn = module.observability.log_group_arns["firewall"]
  client_address_header  = local.client_address_header
  certificate_arn        = try(var.domain.certificate_arn, null)
  deletion_protection    = var.deletion_protection
}

module "api_gateway" {
  source = "../api_gateway"

  environment           = var.environment
  subnet_ids            = module.network.private_subnet_ids
  security_group_id     = module.network.security_group_ids["link"]
  listener_arn          = module.alb.listener_arn
  client_address_header = local.client_address_header
  access_log_group_arn  = module.observability.log_group_arns["access"]
  cors_origins          = var.cors_origins
  domain                = var.domain
}

module "ecs" {
  source = "../ecs"

  environment           = var.environment
  account_id            = var.account_id
  region                = var.region
  kms_key_arn           = module.secrets.kms_key_arn
  receipts_key_arns     = module.secrets.receipts_key_arns
  subnet_ids            = module.network.private_subnet_ids
  security_group_ids    = module.network.security_group_ids
  target_group_arn      = module.alb.target_group_arn
  log_groups            = module.observability.log_group_names
  release_alarms        = module.observability.release_alarms
  tables                = { for name, table in local.tables : name => keys(table.indexes) }
  queues                = keys(local.queues)
  buckets               = module.s3.names
  secret_arns           = { for name, secret in local.secrets : secret.setting => module.secrets.arns[name] }
  credentials_version   = var.credentials_version
  service_linked_role   = var.service_linked_role
  settings              = var.settings
  ssh_repositories      = local.ssh_repositories
  audit_days            = var.keep_days.audit
  trusted_proxies       = module.network.addresses
  client_address_header = local.client_address_header
  api                   = merge(var.api, { tasks = var.api_tasks.min })
  worker                = merge(var.worker, { tasks = var.workers.min })
  collector             = var.collector
  cpu_architecture      = var.cpu_architecture

  # Tasks start last, when everything that they need exists: routes to the internet, endpoints, secrets with values, tables with
  # indexes, queues, and the listener. Otherwise they would fail, and ECS would roll the first deployment back.
  depends_on = [module.network, module.secrets, module.dynamodb, module.sqs, module.s3, module.alb]
}

module "scheduler" {
  source   = "../scheduler"
  for_each = { for canary in var.canary[*] : "canary" => canary }

  environment       = var.environment
  account_id        = var.account_id
  region            = var.region
  kms_key_arn       = module.secrets.kms_key_arn
  cluster_arn       = module.ecs.cluster_arn
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.network.security_group_ids["canary"]
  log_group         = module.observability.log_group_names["canary"]
  topic_arn         = module.observability.pages_topic_arn
  url               = module.api_gateway.url
  image             = each.value.image
  agent             = each.value.agent
  key_secret_arn    = module.secrets.arns["canary-key"]
}

module "autoscaling" {
  source = "../autoscaling"

  environment         = var.environment
  cluster_name        = module.ecs.cluster_name
  worker_service      = module.ecs.service_names["worker"]
  api_service         = module.ecs.service_names["api"]
  queue_names         = module.sqs.names
  messages_per_worker = module.ecs.worker_slots
  workers             = var.workers
  api                 = var.api_tasks
}

module "observability" {
  source = "../observability"

  environment    = var.environment
  account_id     = var.account_id
  region         = var.region
  kms_key_arn    = module.secrets.kms_key_arn
  log_days       = var.log_days
  notice_emails  = var.notice_emails
  page_emails    = length(var.page_emails) > 0 ? var.page_emails : var.notice_emails
  api_id         = module.api_gateway.api_id
  load_balancer  = module.alb.dimensions
  queue_names    = module.sqs.names
  table_names    = module.dynamodb.names
  cluster_name   = module.ecs.cluster_name
  worker_service = module.ecs.service_names["worker"]
  worker_max     = module.autoscaling.worker_limits.max
  api_min        = var.api_tasks.min
  collected      = var.collector != null
}
