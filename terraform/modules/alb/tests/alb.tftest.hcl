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
    error_message = "Internal, protected, and strict about headers."
  }

  assert {
    condition     = aws_lb.this.desync_mitigation_mode == "defensive"
    error_message = "What the gateway sends is let through; what smuggles requests is not."
  }

  assert {
    condition     = aws_lb.this.access_logs[0].enabled && aws_lb.this.access_logs[0].bucket == "outpost-logs-test"
    error_message = "Access is logged."
  }

  assert {
    condition     = aws_lb_target_group.api.health_check[0].path == "/health" && aws_lb_target_group.api.port == 8080
    error_message = "Liveness on the API's port: readiness would replace every task when a dependency is down."
  }

  assert {
    condition     = tonumber(aws_lb_target_group.api.deregistration_delay) > 30
    error_message = "A request may take 30 s; draining lasts longer."
  }

  assert {
    condition     = aws_lb_listener.this.protocol == "HTTP" && aws_lb_listener.this.port == 80
    error_message = "No certificate, no TLS."
  }

  assert {
    condition     = toset(keys(local.managed_rules)) == toset(["AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"])
    error_message = "AWS's managed rules."
  }

  assert {
    condition = alltrue([for name in ["SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "EC2MetaDataSSRF_BODY"] :
      contains(local.managed_rules.AWSManagedRulesCommonRuleSet, name)
    ])
    error_message = "A command may hold what looks like an attack; body rules only count."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.this.rule) == 3 && length(distinct([for rule in aws_wafv2_web_acl.this.rule : rule.priority])) == 3
    error_message = "Three rules in one order."
  }

  assert {
    condition = one(flatten([for rule in aws_wafv2_web_acl.this.rule : [
      for statement in rule.statement : [for rate in statement.rate_based_statement : rate.forwarded_ip_config[0].header_name]
    ]])) == "x-outpost-client-address"
    error_message = "The rate is the caller's, whose address the gateway passes on."
  }

  assert {
    condition     = toset([for field in aws_wafv2_web_acl_logging_configuration.this.redacted_fields : field.single_header[0].name]) == toset(["authorization", "x-api-key", "stripe-signature"])
    error_message = "Headers with credentials are struck out."
  }
}

run "with_a_domain_the_inner_hop_is_encrypted" {
  variables {
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0"
  }

  assert {
    condition     = aws_lb_listener.this.protocol == "HTTPS" && aws_lb_listener.this.port == 443 && startswith(aws_lb_listener.this.ssl_policy, "ELBSecurityPolicy-TLS13")
    error_message = "TLS 1.2 or newer."
  }
}

run "a_limit_below_one_key_is_refused" {
  command = plan

  variables {
    requests_per_address = 100
  }

  expect_failures = [var.requests_per_address]
}
