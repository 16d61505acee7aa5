mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment         = "test"
  account_id          = "123456789012"
  region              = "us-east-1"
  secrets             = { stripe-secret-key = "Stripe", bootstrap-admin-key = "First key" }
  credentials         = { stripe-secret-key = "sk_test_1", bootstrap-admin-key = "op_test_1" }
  credentials_version = 1
}

run "secrets_are_encrypted_and_never_in_the_state" {
  assert {
    condition     = aws_kms_key.data.enable_key_rotation && aws_kms_alias.data.name == "alias/outpost-test"
    error_message = "The data key is rotated each year."
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == aws_kms_key.data.arn && secret.recovery_window_in_days == 7])
    error_message = "Secrets use the key and can be recovered for seven days."
  }

  assert {
    condition     = aws_secretsmanager_secret.this["stripe-secret-key"].name == "/outpost/test/stripe-secret-key"
    error_message = "Secrets stand under /outpost/<environment>/."
  }

  assert {
    condition     = alltrue([for version in aws_secretsmanager_secret_version.this : version.secret_string_wo == null && version.secret_string == null])
    error_message = "Values of secrets are in no plan and no state."
  }

  assert {
    condition     = alltrue([for version in aws_secretsmanager_secret_version.this : version.secret_string_wo_version == 1])
    error_message = "Values are written when their version changes."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_kms_key.data.policy).Statement :
      can(statement.Principal.AWS) ? statement.Principal.AWS == "arn:aws:iam::123456789012:root" : can(statement.Condition)
    ])
    error_message = "The account administers the key, and each service may use it only under a condition."
  }
}

run "receipts_are_signed_by_a_key_of_their_own" {
  assert {
    condition     = alltrue([for key in aws_kms_key.receipts : key.key_usage == "SIGN_VERIFY" && key.customer_master_key_spec == "ECC_NIST_P256"])
    error_message = "ES256 needs a P-256 key for signing."
  }

  assert {
    condition     = output.receipts_key_arns == [aws_kms_key.receipts["1"].arn]
    error_message = "There is one key until somebody rotates it."
  }
}

run "a_new_key_of_receipts_goes_before_the_old_one" {
  variables {
    receipts_keys = ["2", "1"]
  }

  assert {
    condition     = output.receipts_key_arns == [aws_kms_key.receipts["2"].arn, aws_kms_key.receipts["1"].arn] && length(aws_kms_key.receipts) == 2
    error_message = "The new key signs, the old one stays."
  }
}

run "no_key_of_receipts_is_named_twice" {
  command = plan

  variables {
    receipts_keys = ["1", "1"]
  }

  expect_failures = [var.receipts_keys]
}

run "a_function_may_rotate_a_secret" {
  variables {
    rotation = { bootstrap-admin-key = { lambda_arn = "arn:aws:lambda:us-east-1:123456789012:function:rotate" } }
  }

  assert {
    condition     = aws_secretsmanager_secret_rotation.this["bootstrap-admin-key"].rotation_rules[0].automatically_after_days == 90
    error_message = "The default is a rotation every 90 days."
  }

  assert {
    condition     = length(aws_secretsmanager_secret_rotation.this) == 1
    error_message = "The function rotates no other secret."
  }
}

run "a_missing_value_is_refused" {
  command = plan

  variables {
    credentials = { stripe-secret-key = "sk_test_1" }
  }

  expect_failures = [var.credentials]
}

run "rotating_an_unknown_secret_is_refused" {
  command = plan

  variables {
    rotation = { other = { lambda_arn = "arn:aws:lambda:us-east-1:123456789012:function:rotate" } }
  }

  expect_failures = [var.rotation]
}
