locals {
  # Retention by bucket and prefix. tenants/ has output, artifacts and workspaces, which belong to the tenants and stay until
  # the application removes them. Inputs are kept as long as the API says.
  expiries = {
    output       = { "exports/" = 7, "inputs/" = 30 }
    audit        = { "" = var.keep_days.audit }
    "audit-head" = {}
    logs         = { "" = var.keep_days.logs }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.names

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "tidy"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    noncurrent_version_expiration {
      # The output of a running job is overwritten again and again; old versions are kept for a day, to undo a mistake.
      noncurrent_days = lookup({ audit-head = var.audit_lock.days + 1, output = 1 }, each.key, 30)
    }
  }

  dynamic "rule" {
    for_each = local.expiries[each.key]

    content {
      id     = "expire-${coalesce(trimsuffix(rule.key, "/"), "all")}"
      status = "Enabled"

      filter {
        prefix = rule.key
      }

      expiration {
        days = rule.value
      }
    }
  }

  # An audit archive is written once and rarely read, but exports and checks must be able to read it at once.
  dynamic "rule" {
    for_each = each.key == "audit" ? [1] : []

    content {
      id     = "archive"
      status = "Enabled"

      filter {}

      transition {
        days          = 90
        storage_class = "GLACIER_IR"
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
