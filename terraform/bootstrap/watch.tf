# Who did what in this account (CloudTrail), what looks like an attack (GuardDuty), and what it costs (a budget). All three are
# set up once for an account, which holds one environment.
locals {
  trail = "outpost-trail-${var.account_id}-${var.region}"

  # Reads and writes of objects that cost little to record and matter most: the audit's archive, its heads, and Terraform's
  # states. Tenants' output is not among them: S3's own access log has it, for nothing.
  recorded = concat(
    [for name in ["audit", "audit-head"] : "arn:aws:s3:::outpost-${name}-"],
    ["${aws_s3_bucket.state.arn}/"]
  )
}

resource "aws_s3_bucket" "trail" {
  bucket = local.trail
}

resource "aws_s3_bucket_versioning" "trail" {
  bucket = aws_s3_bucket.trail.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "trail" {
  bucket = aws_s3_bucket.trail.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "trail" {
  bucket                  = aws_s3_bucket.trail.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "trail" {
  bucket = aws_s3_bucket.trail.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = 400
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  depends_on = [aws_s3_bucket_versioning.trail]
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${local.trail}", "arn:aws:s3:::${local.trail}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "TrailLooks"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = "arn:aws:s3:::${local.trail}"
        Condition = { StringEquals = { "aws:SourceArn" = "arn:aws:cloudtrail:${var.region}:${var.account_id}:trail/outpost" } }
      },
      {
        Sid       = "TrailWrites"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "arn:aws:s3:::${local.trail}/AWSLogs/${var.account_id}/*"
        Condition = {
          StringEquals = {
            "aws:SourceArn" = "arn:aws:cloudtrail:${var.region}:${var.account_id}:trail/outpost"
            "s3:x-amz-acl"  = "bucket-owner-full-control"
          }
        }
      }
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.trail]
}

# Records every management call in all regions (reading a secret is one), and reads and writes of the objects above.
resource "aws_cloudtrail" "this" {
  name                          = "outpost"
  s3_bucket_name                = aws_s3_bucket.trail.bucket
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true

  advanced_event_selector {
    name = "management"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }

    # Left out: each heartbeat of a worker decrypts data, so these events would cost more than the heartbeats.
    field_selector {
      field      = "eventSource"
      not_equals = ["kms.amazonaws.com"]
    }
  }

  advanced_event_selector {
    name = "objects"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }

    field_selector {
      field       = "resources.ARN"
      starts_with = local.recorded
    }
  }

  depends_on = [aws_s3_bucket_policy.trail]
}

# GuardDuty reads the trail, flow logs and DNS queries, and watches what runs in Fargate's tasks.
resource "aws_guardduty_detector" "this" {
  enable = true
}

resource "aws_guardduty_detector_feature" "this" {
  for_each = toset(["S3_DATA_EVENTS", "RUNTIME_MONITORING"])

  detector_id = aws_guardduty_detector.this.id
  name        = each.key
  status      = "ENABLED"

  dynamic "additional_configuration" {
    for_each = each.key == "RUNTIME_MONITORING" ? ["ECS_FARGATE_AGENT_MANAGEMENT"] : []

    content {
      name   = additional_configuration.value
      status = var.runtime_monitoring ? "ENABLED" : "DISABLED"
    }
  }

  # AWS answers with every agent that it could manage, in an order of its own, so a comparing plan would never be empty
  # (hashicorp/terraform-provider-aws#36695). A change of the variable replaces the feature instead.
  lifecycle {
    ignore_changes       = [additional_configuration]
    replace_triggered_by = [terraform_data.runtime_monitoring]
  }
}

resource "terraform_data" "runtime_monitoring" {
  input = var.runtime_monitoring
}

# Findings of medium severity or worse are sent by e-mail, like the budget's warnings.
resource "aws_sns_topic" "watch" {
  name = "outpost-watch"
}

resource "aws_sns_topic_policy" "watch" {
  arn = aws_sns_topic.watch.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Findings"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.watch.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.findings.arn } }
    }]
  })
}

resource "aws_sns_topic_subscription" "watch" {
  for_each = var.watch_emails

  topic_arn = aws_sns_topic.watch.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_event_rule" "findings" {
  name        = "outpost-findings"
  description = "What GuardDuty finds that is of medium severity or worse"
  event_pattern = jsonencode({
    source      = ["aws.guardduty"]
    detail-type = ["GuardDuty Finding"]
    detail      = { severity = [{ numeric = [">=", 4] }] }
  })
}

resource "aws_cloudwatch_event_target" "findings" {
  rule = aws_cloudwatch_event_rule.findings.name
  arn  = aws_sns_topic.watch.arn
}

# Warns at 80 %, at 100 %, and when the forecast for the month exceeds it. AWS stops nothing.
resource "aws_budgets_budget" "month" {
  for_each = toset(length(var.watch_emails) > 0 ? ["outpost"] : [])

  name         = each.key
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = { "80" = "ACTUAL", "100" = "ACTUAL", "101" = "FORECASTED" }

    content {
      comparison_operator        = "GREATER_THAN"
      notification_type          = notification.value
      threshold                  = tonumber(notification.key)
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.watch_emails
    }
  }
}
