locals {
  log_groups = {
    api    = "/outpost/${var.environment}/api"
    worker = "/outpost/${var.environment}/worker"
    canary = "/outpost/${var.environment}/canary"
    access = "/outpost/${var.environment}/access"
    flow   = "/outpost/${var.environment}/flow"

    # Written by the collectors beside the containers; CloudWatch makes metrics from it.
    metrics = "/outpost/${var.environment}/metrics"

    # The firewall accepts only a log group with this prefix.
    firewall = "aws-waf-logs-outpost-${var.environment}"
  }

  # CloudWatch may publish alarms to the topics; nobody may publish without TLS.
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

  # Failed backups page an operator (the rule of modules/backup). The statement has no condition, because EventBridge does not
  # support conditions in a topic's policy (EventBridge user guide, resource-based policies).
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

# All log groups of the environment, so that retention and encryption are defined once.
resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_groups

  name              = each.value
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

# For messages that can wait for working hours: slow alarms, quotas, faults at Stripe.
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

# For alarms that must wake an operator. Subscribe a paging service outside Terraform.
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
