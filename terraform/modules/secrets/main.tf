# One key for everything at rest: tables, buckets, secrets, topic and logs. Its material is replaced each year.
resource "aws_kms_key" "data" {
  description             = "Outpost ${var.environment}: data at rest"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Without this statement nobody could ever change the key's policy again. In a key policy
        # the resource is the key itself and AWS wants it written as "*".
        Sid       = "Administration"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${var.region}:${var.account_id}:log-group:*outpost*${var.environment}*"
          }
        }
      },
      {
        # An alarm publishes to an encrypted topic only if CloudWatch may use the key.
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
      {
        # So does EventBridge for events about failed backups; the condition names the topic.
        Sid       = "Events"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          ArnEquals = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:${var.region}:${var.account_id}:outpost-pages-${var.environment}" }
        }
      }
    ]
  })
}

resource "aws_kms_alias" "data" {
  name          = "alias/outpost-${var.environment}"
  target_key_id = aws_kms_key.data.key_id
}

# The keys that sign receipts of jobs; private keys never leave KMS. AWS does not rotate signing keys. To rotate, put a new name
# first; the other keys stay, to check what they have signed.
resource "aws_kms_key" "receipts" {
  for_each = toset(var.receipts_keys)

  description              = "Outpost ${var.environment}: receipts of jobs, key ${each.key}"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Administration"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

moved {
  from = aws_kms_key.receipts
  to   = aws_kms_key.receipts["1"]
}

resource "aws_secretsmanager_secret" "this" {
  for_each = var.secrets

  name                    = "/outpost/${var.environment}/${each.key}"
  description             = each.value
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 7
}

# Write-only: no plan and no state contains the value. It is written on creation and when the version is raised.
resource "aws_secretsmanager_secret_version" "this" {
  for_each = var.secrets

  secret_id                = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo         = var.credentials[each.key]
  secret_string_wo_version = var.credentials_version
}

# Secrets whose issuer offers an API for it can be rotated by a Lambda function of the operator.
resource "aws_secretsmanager_secret_rotation" "this" {
  for_each = var.rotation

  secret_id           = aws_secretsmanager_secret.this[each.key].id
  rotation_lambda_arn = each.value.lambda_arn

  rotation_rules {
    automatically_after_days = each.value.days
  }
}
