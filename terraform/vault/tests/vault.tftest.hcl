mock_provider "aws" {
  source = "../tests/mocks"

  mock_resource "aws_backup_vault" {
    defaults = { arn = "arn:aws:backup:us-west-2:210987654321:backup-vault:outpost-prod" }
  }
}

variables {
  account_id        = "210987654321"
  source_account_id = "123456789012"
  bucket_suffix     = "example"
}

run "whoever_sends_copies_cannot_delete_them" {
  assert {
    condition     = aws_backup_vault_lock_configuration.this.min_retention_days == 35 && aws_backup_vault_lock_configuration.this.changeable_for_days == 3
    error_message = "The vault is locked."
  }

  assert {
    condition = alltrue([for name in ["audit", "audit-head"] :
      aws_s3_bucket.this[name].object_lock_enabled && one(one(aws_s3_bucket_object_lock_configuration.this[name].rule).default_retention).mode == "COMPLIANCE"
    ])
    error_message = "The copies of archive and heads are locked."
  }

  assert {
    condition = alltrue([for entry in concat(values(aws_s3_bucket_policy.this)[*].policy, [aws_backup_vault_policy.this.policy]) : !anytrue([
      for statement in jsondecode(entry).Statement : statement.Effect == "Allow" && strcontains(jsonencode(statement.Action), "Delete")
    ])])
    error_message = "No policy lets anybody of the environment's account delete."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this["audit"].policy).Statement[1].Condition.ArnEquals["aws:PrincipalArn"] == "arn:aws:iam::123456789012:role/outpost-replicate-audit-prod"
    error_message = "Only one role of the environment may write into a bucket."
  }

  assert {
    condition     = !strcontains(jsonencode([for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Action if statement.Sid == "Senders"]), "Decrypt")
    error_message = "The environment's account may not decrypt the copies."
  }

  assert {
    condition     = output.recovery.bucket_arns == { audit = "arn:aws:s3:::outpost-replica-audit-prod-example", "audit-head" = "arn:aws:s3:::outpost-replica-audit-head-prod-example" }
    error_message = "The outputs name the buckets for the environment."
  }
}

run "copies_end_by_themselves_and_not_before_their_lock" {
  assert {
    condition = (
      one(one(aws_s3_bucket_lifecycle_configuration.this["audit"].rule).expiration).days == 730
      && alltrue([for name, days in { audit = 30, "audit-head" = 366 } :
        one(one(aws_s3_bucket_lifecycle_configuration.this[name].rule).noncurrent_version_expiration).noncurrent_days == days
        && one(aws_s3_bucket_lifecycle_configuration.this[name].rule).status == "Enabled"
      ])
      && length(one(aws_s3_bucket_lifecycle_configuration.this["audit-head"].rule).expiration) == 0
    )
    error_message = "Copies expire by a rule of their own, because S3 copies no deletions."
  }
}

run "an_end_before_the_lock_is_refused" {
  command = plan

  variables {
    keep_days = 300
  }

  expect_failures = [var.keep_days]
}

run "an_account_that_is_none_is_refused" {
  command = plan

  variables {
    source_account_id = "1234"
  }

  expect_failures = [var.source_account_id]
}
