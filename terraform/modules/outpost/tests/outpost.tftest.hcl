mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment         = "test"
  account_id          = "123456789012"
  region              = "us-east-1"
  zones               = ["use1-az4", "use1-az6"]
  nat_per_zone        = false
  deletion_protection = false
  audit_lock          = { mode = "GOVERNANCE", days = 1 }
  log_days            = 14
  api                 = { image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-api@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  worker              = { image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-worker@sha256:0000000000000000000000000000000000000000000000000000000000000000" }

  settings = { for name in distinct(concat(
    jsondecode(file("../ecs/settings.json")).api.parameters, jsondecode(file("../ecs/settings.json")).worker.parameters
  )) : name => "value" }
  credentials = {
    stripe-secret-key     = "sk_test_1"
    stripe-webhook-secret = "whsec_1,whsec_2"
    bootstrap-admin-key   = "op_test_0123456789abcdef0123456789abcdef"
  }
}

run "the_parts_fit_together" {
  assert {
    condition     = toset(keys(output.table_names)) == toset(keys(jsondecode(file("../../../src/main/resources/schema/tables.json"))))
    error_message = "The tables are the application's."
  }

  assert {
    condition     = toset(keys(output.queue_names)) == toset(keys(jsondecode(file("../../../src/main/resources/schema/queues.json"))))
    error_message = "The queues are the application's."
  }

  assert {
    condition     = contains(output.containers["worker"].environment, { name = "OUTPOST_OUTPUT_BUCKET", value = output.bucket_names["output"] })
    error_message = "Containers get the buckets' names."
  }

  assert {
    condition = alltrue([for address, known in { "10.42.3.4" = true, "10.43.3.4" = false, "203.0.113.9" = false } :
      can(regex("^(?:${one([for entry in output.containers["api"].environment : entry.value if entry.name == "OUTPOST_TRUSTED_PROXIES"])})$", address)) == known
    ])
    error_message = "The API trusts forwarded addresses from the VPC only."
  }

  assert {
    condition     = toset(values(local.secrets)[*].setting) == toset(jsondecode(file("../ecs/settings.json")).api.secrets)
    error_message = "There is one secret for each setting that is secret, and no other."
  }
}

run "a_canary_asks_the_public_address" {
  variables {
    domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0", zone_id = "Z0" }
    canary = { image = "public.ecr.aws/docker/library/python@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
    credentials = {
      stripe-secret-key     = "sk_test_1"
      stripe-webhook-secret = "whsec_1"
      bootstrap-admin-key   = "op_test_0123456789abcdef0123456789abcdef"
      canary-key            = "op_test_fedcba9876543210fedcba9876543210"
    }
  }

  assert {
    condition     = contains(module.scheduler["canary"].container.environment, { name = "URL", value = "https://api.example.com" })
    error_message = "The canary asks the public address, as customers do."
  }

  assert {
    condition     = !can(regex("CANARY", jsonencode(output.containers)))
    error_message = "Neither API nor worker has the canary's key."
  }
}

run "a_live_key_for_the_canary_is_refused" {
  command = plan

  variables {
    domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0", zone_id = "Z0" }
    canary = { image = "public.ecr.aws/docker/library/python@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
    credentials = {
      stripe-secret-key     = "sk_test_1"
      stripe-webhook-secret = "whsec_1"
      bootstrap-admin-key   = "op_test_0123456789abcdef0123456789abcdef"
      canary-key            = "op_live_fedcba9876543210fedcba9876543210"
    }
  }

  expect_failures = [var.credentials]
}

run "there_is_one_worker_for_as_many_messages_as_it_runs" {
  command = plan

  variables {
    worker = {
      image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-worker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      cpu   = 8192, memory = 32768, disk_gib = 150
    }
  }

  assert {
    condition     = module.ecs.worker_slots == 13 && module.autoscaling.messages_per_worker == 13
    error_message = "A worker is added for as many messages as a worker has slots."
  }
}

run "a_first_apply_needs_neither_stripe_nor_a_bootstrap_key" {
  command = plan

  variables {
    billing       = false
    bootstrap_key = false
    credentials   = {}
    settings      = { OUTPOST_RATE_LIMIT_PER_MINUTE = "1000" }
  }

  assert {
    condition     = local.secrets == {} && length(output.containers["worker"].secrets) == 0
    error_message = "Without Stripe and bootstrap key there are no secrets."
  }
}

run "a_malformed_credential_is_refused" {
  command = plan

  variables {
    credentials = {
      stripe-secret-key     = "sk_test_1"
      stripe-webhook-secret = "whsec_1"
      bootstrap-admin-key   = "admin"
    }
  }

  expect_failures = [var.credentials]
}

run "a_list_of_hosts_has_what_the_environment_itself_needs" {
  command = plan

  variables {
    domain       = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0", zone_id = "Z0" }
    canary       = { image = "public.ecr.aws/docker/library/python@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
    egress_hosts = ["git.example.com"]
    credentials = {
      stripe-secret-key     = "sk_test_1"
      stripe-webhook-secret = "whsec_1"
      bootstrap-admin-key   = "op_test_0123456789abcdef0123456789abcdef"
      canary-key            = "op_test_0123456789abcdef0123456789abcdef"
    }
  }

  assert {
    condition     = one([for entry in output.containers["api"].environment : entry.value if entry.name == "OUTPOST_REPOSITORIES_SSH"]) == "false"
    error_message = "With a list of hosts the API refuses repositories by ssh, which it would not let out."
  }

  assert {
    condition     = length(setsubtract(["git.example.com", "api.example.com", "public.ecr.aws"], local.egress_hosts)) == 0
    error_message = "The list has the operator's hosts, the API's own name and the registry of the canary's image."
  }
}

run "repositories_by_ssh_are_a_choice" {
  command = plan

  variables {
    ssh_repositories = false
  }

  assert {
    condition     = one([for entry in output.containers["api"].environment : entry.value if entry.name == "OUTPOST_REPOSITORIES_SSH"]) == "false"
    error_message = "The API refuses repositories by ssh."
  }

  assert {
    condition     = !anytrue([for entry in output.containers["worker"].environment : entry.name == "OUTPOST_REPOSITORIES_SSH"])
    error_message = "The worker does not get the setting."
  }
}
