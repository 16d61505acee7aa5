locals {
  names = {
    for name in ["output", "audit", "audit-head", "logs"] :
    name => join("-", compact(["outpost", name, var.environment, var.bucket_suffix]))
  }
  data = { for name, bucket in local.names : name => bucket if name != "logs" }
}

resource "aws_s3_bucket" "this" {
  for_each = local.names

  bucket = each.value

  # The heads of the audit chains: an object there can be neither changed nor removed until its lock ends.
  object_lock_enabled = each.key == "audit-head"
}

resource "aws_s3_bucket_object_lock_configuration" "audit_head" {
  bucket = aws_s3_bucket.this["audit-head"].id

  rule {
    default_retention {
      mode = var.audit_lock.mode
      days = var.audit_lock.days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.names

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.names

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.data

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.names

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    # Log delivery does not support a customer managed key. In the other buckets, a bucket key saves a KMS call for each object.
    bucket_key_enabled = each.key != "logs"

    apply_server_side_encryption_by_default {
      sse_algorithm     = each.key == "logs" ? "AES256" : "aws:kms"
      kms_master_key_id = each.key == "logs" ? null : var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = local.data

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this["logs"].id
  target_prefix = "s3/${each.key}/"

  # S3 must have the right to write logs before logging is turned on.
  depends_on = [aws_s3_bucket_policy.this]
}
