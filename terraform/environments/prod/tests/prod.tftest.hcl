mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  account_id    = "123456789012"
  bucket_suffix = "example"
  images = {
    api    = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    worker = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-worker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }
  stripe = { price_pro = "price_1", price_enterprise = "price_2" }
  credentials = {
    stripe-secret-key     = "sk_test_1"
    stripe-webhook-secret = "whsec_1"
    bootstrap-admin-key   = "op_test_0123456789abcdef0123456789abcdef"
  }
}

run "prod_is_made_from_what_an_operator_gives" {
  variables {
    domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0", zone_id = "Z1" }
  }

  assert {
    condition     = output.table_names["jobs"] == "outpost-jobs-prod" && output.cluster_name == "outpost-prod"
    error_message = "Names end with the environment."
  }

  assert {
    condition     = output.url == "https://api.example.com"
    error_message = "The API has the operator's domain."
  }

  assert {
    condition     = contains(output.containers["worker"].environment, { name = "OUTPOST_WORKER_SLOTS", value = "8" })
    error_message = "The worker has 8 slots."
  }
}

run "taxes_and_promotion_codes_are_the_operators_choice" {
  command = plan

  variables {
    stripe = { price_pro = "price_1", price_enterprise = "price_2", automatic_tax = true, promotion_codes = true }
  }

  assert {
    condition     = alltrue([for name in ["OUTPOST_STRIPE_AUTOMATIC_TAX", "OUTPOST_STRIPE_PROMOTION_CODES"] : local.settings[name] == "true" && contains([for secret in output.containers["api"].secrets : secret.name], name)])
    error_message = "Taxes and promotion codes reach the API as they are set."
  }
}

run "without_a_choice_there_are_neither_taxes_nor_promotion_codes" {
  command = plan

  assert {
    condition     = alltrue([for name in ["OUTPOST_STRIPE_AUTOMATIC_TAX", "OUTPOST_STRIPE_PROMOTION_CODES"] : local.settings[name] == "false"])
    error_message = "Taxes and promotion codes are off unless set: Stripe refuses checkouts with taxes that are not set up."
  }
}

run "something_that_is_no_price_is_refused" {
  command = plan

  variables {
    stripe = { price_pro = "prod_1", price_enterprise = "price_2" }
  }

  expect_failures = [var.stripe]
}

run "without_stripe_there_is_nothing_of_it" {
  command = plan

  variables {
    stripe      = null
    credentials = { bootstrap-admin-key = "op_test_0123456789abcdef0123456789abcdef" }
  }

  assert {
    condition     = !can(regex("STRIPE", jsonencode(output.containers)))
    error_message = "Without Stripe no container has a setting of it."
  }
}

run "what_stands_outside_gets_copies_of_tables_and_archive" {
  variables {
    recovery = {
      vault_arn   = "arn:aws:backup:us-west-2:210987654321:backup-vault:outpost-prod"
      account_id  = "210987654321"
      kms_key_arn = "arn:aws:kms:us-west-2:210987654321:key/0"
      bucket_arns = { audit = "arn:aws:s3:::replica-audit", "audit-head" = "arn:aws:s3:::replica-audit-head" }
    }
  }

  assert {
    condition     = output.table_names["jobs"] == "outpost-jobs-prod"
    error_message = "External copies change no name."
  }
}

run "a_standby_is_made_of_the_same_in_another_region" {
  variables {
    name                = "standby"
    region              = "us-west-2"
    zones               = ["usw2-az1", "usw2-az2"]
    service_linked_role = false
  }

  assert {
    condition     = output.table_names["jobs"] == "outpost-jobs-standby" && output.cluster_name == "outpost-standby"
    error_message = "The standby's names differ from prod's, as both are in one account."
  }

  assert {
    condition     = contains(output.containers["api"].environment, { name = "AWS_REGION", value = "us-west-2" })
    error_message = "The standby's tasks use the standby's region."
  }
}
