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

run "dev_is_made_from_what_an_operator_gives" {
  assert {
    condition     = output.table_names["jobs"] == "outpost-jobs-dev" && output.cluster_name == "outpost-dev"
    error_message = "Names end with the environment."
  }

  assert {
    condition     = output.bucket_names["output"] == "outpost-output-dev-example"
    error_message = "Buckets carry the operator's suffix."
  }

  assert {
    condition     = contains(output.containers["api"].environment, { name = "OUTPOST_ENV", value = "dev" })
    error_message = "The application knows where it runs."
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
