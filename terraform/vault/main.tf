# Copies for disaster recovery: of an environment's tables, its audit archive and the heads of its chains, in another region,
# best in another account with other administrators. Nobody who takes over the environment can delete them.
provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      Project     = "outpost"
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}

locals {
  buckets = { for name in ["audit", "audit-head"] : name => "outpost-replica-${name}-${var.environment}-${var.bucket_suffix}" }
}

resource "aws_kms_key" "this" {
  description             = "Outpost ${var.environment}: copies outside"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Administration"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        # The environment may encrypt copies with this key, but not decrypt them.
        Sid       = "Senders"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.source_account_id}:root" }
        Action    = ["kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncryptTo"]
        Resource  = "*"
      },
      {
        Sid       = "Grants"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.source_account_id}:root" }
        Action    = ["kms:CreateGrant"]
        Resource  = "*"
        Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
      }
    ]
  })
}

resource "aws_backup_vault" "this" {
  name        = "outpost-${var.environment}"
  kms_key_arn = aws_kms_key.this.arn
}

# Three days after it was set, not even this account's root user can shorten the lock.
resource "aws_backup_vault_lock_configuration" "this" {
  backup_vault_name   = aws_backup_vault.this.name
  min_retention_days  = 35
  max_retention_days  = 400
  changeable_for_days = 3
}

resource "aws_backup_vault_policy" "this" {
  backup_vault_name = aws_backup_vault.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Copies"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${var.source_account_id}:root" }
      Action    = "backup:CopyIntoBackupVault"
      Resource  = "*"
    }]
  })
}

resource "aws_s3_bucket" "this" {
  for_each = local.buckets

  bucket              = each.value
  object_lock_enabled = true
}

# A copy keeps the lock of its original. The archive's originals have none, so its copies get this one.
resource "aws_s3_bucket_object_lock_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = var.lock_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

# Copies expire here by themselves, because S3 does not copy deletions by the environment's lifecycle. They never expire
# before their lock ends. Expiry first hides a copy behind a marker; 30 days later it is removed.
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    # Only the archive expires. Heads never do, as in the environment.
    dynamic "expiration" {
      for_each = each.key == "audit" ? [var.keep_days] : []

      content {
        days = expiration.value
      }
    }

    noncurrent_version_expiration {
      noncurrent_days = each.key == "audit" ? 30 : var.lock_days + 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${each.value}", "arn:aws:s3:::${each.value}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        # The role that modules/s3 makes for this bucket. The principal is the account with a condition on the role, because a
        # policy cannot name a role that does not exist yet.
        Sid       = "Copies"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.source_account_id}:root" }
        Action    = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags"]
        Resource  = ["arn:aws:s3:::${each.value}/*"]
        Condition = { ArnEquals = { "aws:PrincipalArn" = "arn:aws:iam::${var.source_account_id}:role/outpost-replicate-${each.key}-${var.environment}" } }
      }
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}
