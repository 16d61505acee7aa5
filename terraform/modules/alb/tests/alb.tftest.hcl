mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment            = "test"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1", "subnet-2"]
  security_group_id      = "sg-1"
  log_bucket             = "outpost-logs-test"
  firewall_log_group_arn = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-outpost-test"
  client_address_header  = "x-outpost-client-address"
  deletion_protection    = true
}

run "the_balancer_is_internal_and_its_firewall_knows_our_callers" {
  assert {
    condition     = aws_lb.this.internal && aws_lb.this.enable_deletion_protection && aws_lb.this.drop_invalid_header_fields
    error_message = "The balancer is internal, protected from deletion, and drops invalid headers."
  }

  assert {
    condition     = aws_lb.this.desync_mitigation_mode == "defensive"
    error_message = "The desync mode is defensive: strictest refuses what the gateway sends."
  }

  assert {
    condition     = aws_lb.this.access_logs[0].enabled && aws_lb.this.access_logs[0].bucket == "outpost-logs-test"
    error_message = "Access is logged."
  }

  assert {
    condition     = aws_lb_target_group.api.health_check[0].path == "/health" && aws_lb_target_group.api.port == 8080
    error_message = "The balancer checks liveness on the API's port: with readiness every task would be replaced when a dependency is down."
  }

  assert {
    condition     = tonumber(aws_lb_target_group.api.deregistration_delay) > 30
    error_message = "Draining lasts longer than the 30 s that a request may take."
  }

  assert {
    condition     = aws_lb_listener.this.protocol == "HTTP" && aws_lb_listener.this.port == 80
    error_message = "Without a certificate the listener speaks HTTP."
  }

  assert {
    condition     = toset(keys(local.managed_rules)) == toset(["AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"])
    error_message = "The firewall has AWS's two managed rule groups."
  }

  assert {
    condition = alltrue([for name in ["SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "EC2MetaDataSSRF_BODY"] :
      contains(local.managed_rules.AWSManagedRulesCommonRuleSet, name)
    ])
    error_message = "Rules on bodies only count, because a job's command may look like an attack."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.this.rule) == 3 && length(distinct([for rule in aws_wafv2_web_acl.this.rule : rule.priority])) == 3
    error_message = "There are three rules, each with a priority of its own."
  }

  assert {
    condition = one(flatten([for rule in aws_wafv2_web_acl.this.rule : [
      for statement in rule.statement : [for rate in statement.rate_based_statement : rate.forwarded_ip_config[0].header_name]
    ]])) == "x-outpost-client-address"
    error_message = "The rate limit counts by the caller's address, which the gateway passes on."
  }

  assert {
    condition     = toset([for field in aws_wafv2_web_acl_logging_configuration.this.redacted_fields : field.single_header[0].name]) == toset(["authorization", "x-api-key", "stripe-signature"])
    error_message = "Headers with credentials are left out of the log."
  }
}

run "with_a_domain_the_inner_hop_is_encrypted" {
  variables {
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0"
  }

  assert {
    condition     = aws_lb_listener.this.protocol == "HTTPS" && aws_lb_listener.this.port == 443 && startswith(aws_lb_listener.this.ssl_policy, "ELBSecurityPolicy-TLS13")
    error_message = "The listener takes TLS 1.2 or newer."
  }
}

run "a_limit_below_one_key_is_refused" {
  command = plan

  variables {
    requests_per_address = 100
  }

  expect_failures = [var.requests_per_address]
}
