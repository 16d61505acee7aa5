locals {
  log_groups = {
    api    = "/outpost/${var.environment}/api"
    worker = "/outpost/${var.environment}/worker"
    canary = "/outpost/${var.environment}/canary"
    access = "/outpost/${var.environment}/access"
    flow   = "/outpost/${var.environment}/flow"

    # What collectors beside the containers write: CloudWatch makes metrics of it.
    metrics = "/outpost/${var.environment}/metrics"

    # The firewall takes only groups whose name begins so.
    firewall = "aws-waf-logs-outpost-${var.environment}"
  }

  # CloudWatch may publish alarms there, and nobody anything without TLS.
  topic_policies = { for topic in ["notices", "pages"] : topic => jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.event_statements[topic], [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:${var.region}:${var.account_id}:outpost-${topic}-${var.environment}"
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:${var.region}:${var.account_id}:outpost-${topic}-${var.environment}"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }
    ])
  }) }

  # The rule on backups that failed (modules/backup) wakes somebody. EventBridge delivers to no topic whose policy has a
  # condition on it (EventBridge user guide, resource-based policies).
  event_statements = {
    notices = []
    pages = [{
      Sid       = "Backups"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:${var.region}:${var.account_id}:outpost-pages-${var.environment}"
    }]
  }
}

# Every log group of the environment, so that retention and encryption are said once.
resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_groups

  name              = each.value
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

# What people should hear of at work: slow alarms, quotas, what Stripe wants.
resource "aws_sns_topic" "notices" {
  name              = "outpost-notices-${var.environment}"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_policy" "notices" {
  arn    = aws_sns_topic.notices.arn
  policy = local.topic_policies["notices"]
}

resource "aws_sns_topic_subscription" "notices" {
  for_each = var.notice_emails

  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = each.key
}

# What somebody has to be woken for. A paging service subscribes itself.
resource "aws_sns_topic" "pages" {
  name              = "outpost-pages-${var.environment}"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_policy" "pages" {
  arn    = aws_sns_topic.pages.arn
  policy = local.topic_policies["pages"]
}

resource "aws_sns_topic_subscription" "pages" {
  for_each = var.page_emails

  topic_arn = aws_sns_topic.pages.arn
  protocol  = "email"
  endpoint  = each.key
}
