locals {
  # What is kept, and for how long, by bucket and prefix. Under tenants/ stand output, artifacts and workspaces: they are
  # the tenants' and stay until they, or the application with them, are removed. Inputs are kept as long as the API says.
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
      # A running job's output is written over and over: what was there before is worth a day, to undo a mistake.
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

  # An audit archive is written once and hardly ever read; it stays readable at once, for exports and checks.
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
