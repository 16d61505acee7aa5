# HTTP APIs take no firewall of their own, hence it stands here.
locals {
  # AWS's managed groups and the rules of each that only count. A job's command is program text of up to
  # 40 KB: what looks like an attack in a body is what our customers send, so body rules would block them.
  # Agents of all kinds call us; a missing User-Agent is no attack either.
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

  # Sampled requests would show headers, keys among them, to whoever opens the console: off everywhere.
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
