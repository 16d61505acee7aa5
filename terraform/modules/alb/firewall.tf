# AWS WAF cannot protect an HTTP API, so it is attached to the load balancer.
locals {
  # AWS's managed rule groups, each with the rules that only count. A job's command is program text of up to 40 KB and often
  # looks like an attack, so rules on bodies must not block. Clients of all kinds call us, so a missing User-Agent is no
  # attack either.
  managed_rules = {
    AWSManagedRulesCommonRuleSet = [
      "SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "EC2MetaDataSSRF_BODY",
      "NoUserAgent_HEADER"
    ]
    AWSManagedRulesKnownBadInputsRuleSet = ["JavaDeserializationRCE_BODY", "Log4JRCE_BODY"]
  }
}

resource "aws_wafv2_web_acl" "this" {
  name        = "outpost-${var.environment}"
  description = "In front of the API's load balancer"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  # Behind the VPC link every connection comes from inside: the caller's address is in a header that only the gateway sets.
  rule {
    name     = "rate-per-address"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        limit                 = var.requests_per_address
        evaluation_window_sec = 300
        aggregate_key_type    = "FORWARDED_IP"

        forwarded_ip_config {
          header_name       = var.client_address_header
          fallback_behavior = "MATCH"
        }
      }
    }

    visibility_config {
      metric_name                = "rate-per-address"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.key
      priority = 1 + index(keys(local.managed_rules), rule.key)

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key

          dynamic "rule_action_override" {
            for_each = rule.value

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        metric_name                = rule.key
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = false
      }
    }
  }

  # Off, because sampled requests would show headers with API keys to everyone who can open the console.
  visibility_config {
    metric_name                = "outpost-${var.environment}"
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  resource_arn = aws_lb.this.arn
  web_acl_arn  = aws_wafv2_web_acl.this.arn
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [var.firewall_log_group_arn]

  dynamic "redacted_fields" {
    for_each = ["authorization", "x-api-key", "stripe-signature"]

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }
}
