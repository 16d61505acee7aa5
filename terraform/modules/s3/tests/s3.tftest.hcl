mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment   = "test"
  account_id    = "123456789012"
  region        = "us-east-1"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/0"
  bucket_suffix = "example"
  audit_lock    = { mode = "COMPLIANCE", days = 365 }
}

run "nothing_is_public_and_everything_is_kept_as_long_as_said" {
  assert {
    condition = output.names == {
      output       = "outpost-output-test-example", audit = "outpost-audit-test-example"
      "audit-head" = "outpost-audit-head-test-example", logs = "outpost-logs-test-example"
    }
    error_message = "Buckets are called outpost-<bucket>-<environment>-<suffix>."
  }

  assert {
    condition = alltrue([for name in keys(output.names) :
      aws_s3_bucket_public_access_block.this[name].block_public_acls
      && aws_s3_bucket_public_access_block.this[name].block_public_policy
      && aws_s3_bucket_public_access_block.this[name].ignore_public_acls
      && aws_s3_bucket_public_access_block.this[name].restrict_public_buckets
    ])
    error_message = "Every bucket blocks public access in all four ways."
  }

  assert {
    condition = alltrue([for name, entry in aws_s3_bucket_policy.this :
      jsondecode(entry.policy).Statement[0].Effect == "Deny"
      && jsondecode(entry.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    ])
    error_message = "Every bucket refuses requests without TLS."
  }

  assert {
    condition     = aws_s3_bucket.this["audit-head"].object_lock_enabled && !aws_s3_bucket.this["output"].object_lock_enabled
    error_message = "Object Lock is on for the heads only."
  }

  assert {
    condition     = aws_s3_bucket_object_lock_configuration.audit_head.rule[0].default_retention[0].mode == "COMPLIANCE"
    error_message = "The lock has the given mode."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this["audit-head"].rule[0].noncurrent_version_expiration[0].noncurrent_days == 366
    error_message = "Old heads are removed only after their lock has ended."
  }

  assert {
    condition = alltrue([for name in ["output", "audit", "audit-head"] :
      one(aws_s3_bucket_server_side_encryption_configuration.this[name].rule).apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn
      && aws_s3_bucket_logging.this[name].target_prefix == "s3/${name}/"
      && aws_s3_bucket_versioning.this[name].versioning_configuration[0].status == "Enabled"
    ])
    error_message = "Data is encrypted with our key, versioned, and every access is logged."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_s3_bucket_policy.this["logs"].policy).Statement :
      statement.Effect == "Deny" || try(statement.Condition.StringEquals["aws:SourceAccount"], "") == "123456789012"
    ])
    error_message = "Services deliver logs for our account only."
  }

  assert {
    condition     = length(jsondecode(aws_s3_bucket_policy.this["output"].policy).Statement) == 1
    error_message = "Other buckets let no service deliver logs."
  }

  assert {
    condition     = { for rule in aws_s3_bucket_lifecycle_configuration.this["output"].rule : rule.id => rule.expiration[0].days if length(rule.expiration) > 0 } == { "expire-exports" = 7, "expire-inputs" = 30 }
    error_message = "Exports and inputs expire; what is under tenants/ has no rule and stays."
  }

  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.this["audit"].rule : one(rule.transition).storage_class if length(rule.transition) > 0]) == "GLACIER_IR"
    error_message = "The audit archive moves to a class that is read at once."
  }
}

run "the_suffix_may_be_left_out" {
  variables {
    bucket_suffix = ""
  }

  assert {
    condition     = output.names["output"] == "outpost-output-test"
    error_message = "Without a suffix bucket names end with the environment."
  }
}

run "an_unknown_lock_is_refused" {
  command = plan

  variables {
    audit_lock = { mode = "NONE", days = 1 }
  }

  expect_failures = [var.audit_lock]
}

run "an_audit_archive_shorter_than_its_table_is_refused" {
  command = plan

  variables {
    keep_days = { audit = 90 }
  }

  expect_failures = [var.keep_days]
}

run "archive_and_heads_are_copied_where_nobody_here_can_delete_them" {
  variables {
    replicas = {
      account_id  = "210987654321"
      kms_key_arn = "arn:aws:kms:us-west-2:210987654321:key/0"
      bucket_arns = { audit = "arn:aws:s3:::replica-audit", "audit-head" = "arn:aws:s3:::replica-audit-head" }
    }
  }

  assert {
    condition     = toset(keys(aws_s3_bucket_replication_configuration.this)) == toset(["audit", "audit-head"])
    error_message = "The audit's archive and heads are copied, tenants' files are not."
  }

  assert {
    condition = alltrue([for name, entry in aws_s3_bucket_replication_configuration.this :
      one(one(entry.rule).destination).bucket == var.replicas.bucket_arns[name] && one(one(entry.rule).delete_marker_replication).status == "Disabled"
      && one(one(one(entry.rule).destination).encryption_configuration).replica_kms_key_id == var.replicas.kms_key_arn
    ])
    error_message = "Each bucket is copied to one of its own, under that bucket's key, and deletions are not copied."
  }

  assert {
    condition = alltrue([for entry in aws_iam_role_policy.replication : !anytrue([for statement in jsondecode(entry.policy).Statement :
      anytrue([for action in statement.Action : strcontains(action, "Delete")])
    ])])
    error_message = "The role that copies may delete nothing."
  }
}

run "a_replica_of_only_one_is_refused" {
  command = plan

  variables {
    replicas = {
      account_id  = "210987654321"
      kms_key_arn = "arn:aws:kms:us-west-2:210987654321:key/0"
      bucket_arns = { audit = "arn:aws:s3:::replica-audit" }
    }
  }

  expect_failures = [var.replicas]
}
