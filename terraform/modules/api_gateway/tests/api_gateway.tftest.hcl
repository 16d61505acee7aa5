mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment           = "test"
  subnet_ids            = ["subnet-1", "subnet-2"]
  security_group_id     = "sg-1"
  listener_arn          = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/outpost/0/0"
  client_address_header = "x-outpost-client-address"
  access_log_group_arn  = "arn:aws:logs:us-east-1:123456789012:log-group:access"
}

run "everything_goes_to_the_application_within_limits" {
  assert {
    condition     = contains(keys(aws_apigatewayv2_route.this), "$default")
    error_message = "Unknown paths reach the application too, which answers with a problem document."
  }

  assert {
    condition     = aws_apigatewayv2_integration.api.connection_type == "VPC_LINK" && aws_apigatewayv2_integration.api.integration_uri == var.listener_arn
    error_message = "Requests go through the VPC link to the load balancer."
  }

  assert {
    condition     = aws_apigatewayv2_integration.api.request_parameters == tomap({ "overwrite:header.x-outpost-client-address" = "$context.identity.sourceIp" })
    error_message = "The caller's address is written over whatever the caller sent."
  }

  assert {
    condition     = aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit == 1000
    error_message = "The default limit is that of all callers together."
  }

  assert {
    condition     = toset([for route in aws_apigatewayv2_stage.this.route_settings : route.route_key]) == toset(["POST /webhooks/stripe", "ANY /admin/{proxy+}"])
    error_message = "Stripe's events and operators have limits of their own."
  }

  assert {
    condition     = aws_apigatewayv2_stage.this.access_log_settings[0].destination_arn == var.access_log_group_arn
    error_message = "Access is logged."
  }

  assert {
    condition     = !can(regex("header|querystring|authorizer", lower(aws_apigatewayv2_stage.this.access_log_settings[0].format)))
    error_message = "The access log has no header, query or authorizer, so no key."
  }

  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0 && length(aws_apigatewayv2_domain_name.this) == 0
    error_message = "By default there is neither CORS nor a domain."
  }
}

run "browsers_of_named_origins_are" {
  variables {
    cors_origins = ["https://console.example.com"]
  }

  assert {
    condition     = aws_apigatewayv2_api.this.cors_configuration[0].allow_origins == toset(["https://console.example.com"])
    error_message = "CORS allows exactly the named origins."
  }

  assert {
    condition     = contains(aws_apigatewayv2_api.this.cors_configuration[0].allow_headers, "idempotency-key")
    error_message = "CORS allows the headers that the contract asks for."
  }
}

run "a_domain_closes_the_generated_address" {
  variables {
    domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0", zone_id = "Z1" }
  }

  assert {
    condition     = aws_apigatewayv2_api.this.disable_execute_api_endpoint && output.url == "https://api.example.com"
    error_message = "With a domain the generated address is closed."
  }

  assert {
    condition     = aws_apigatewayv2_integration.api.tls_config[0].server_name_to_verify == "api.example.com"
    error_message = "The gateway verifies the balancer's name."
  }

  assert {
    condition     = aws_route53_record.this[0].name == "api.example.com"
    error_message = "The domain's record is made."
  }
}

run "any_origin_is_refused" {
  command = plan

  variables {
    cors_origins = ["*"]
  }

  expect_failures = [var.cors_origins]
}

run "a_header_that_the_gateway_reserves_is_refused" {
  command = plan

  variables {
    client_address_header = "x-forwarded-for"
  }

  expect_failures = [var.client_address_header]
}
