resource "aws_apigatewayv2_api" "this" {
  name          = "outpost-${var.environment}"
  description   = "Public door of Outpost; everything is forwarded to the API containers"
  protocol_type = "HTTP"

  # With a domain of our own, the generated address would be an unneeded second entrance.
  disable_execute_api_endpoint = var.domain != null

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [1] : []

    content {
      allow_origins  = var.cors_origins
      allow_methods  = ["GET", "POST", "PUT", "PATCH", "DELETE"]
      allow_headers  = ["authorization", "content-type", "idempotency-key", "if-match", "traceparent", "x-api-key", "x-request-id"]
      expose_headers = ["etag", "idempotent-replayed", "location", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"]
      max_age        = 3600
    }
  }
}

resource "aws_apigatewayv2_vpc_link" "this" {
  name               = "outpost-${var.environment}"
  subnet_ids         = var.subnet_ids
  security_group_ids = [var.security_group_id]
}

resource "aws_apigatewayv2_integration" "api" {
  api_id               = aws_apigatewayv2_api.this.id
  description          = "The API's load balancer"
  integration_type     = "HTTP_PROXY"
  integration_method   = "ANY"
  integration_uri      = var.listener_arn
  connection_type      = "VPC_LINK"
  connection_id        = aws_apigatewayv2_vpc_link.this.id
  timeout_milliseconds = 30000

  # Overwrites what the caller sent, so that nobody can pretend to have another address.
  request_parameters = {
    "overwrite:header.${var.client_address_header}" = "$context.identity.sourceIp"
  }

  dynamic "tls_config" {
    for_each = var.domain[*]

    content {
      server_name_to_verify = tls_config.value.name
    }
  }
}

# The application knows its paths and answers unknown ones with a problem document, so everything goes to it.
# Only paths that need a limit of their own have a separate route.
resource "aws_apigatewayv2_route" "this" {
  for_each = merge({ "$default" = var.throttle }, var.route_throttles)

  api_id    = aws_apigatewayv2_api.this.id
  route_key = each.key
  target    = "integrations/${aws_apigatewayv2_integration.api.id}"
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    detailed_metrics_enabled = true
    throttling_burst_limit   = var.throttle.burst
    throttling_rate_limit    = var.throttle.rate
  }

  dynamic "route_settings" {
    for_each = var.route_throttles

    content {
      route_key                = aws_apigatewayv2_route.this[route_settings.key].route_key
      detailed_metrics_enabled = true
      throttling_burst_limit   = route_settings.value.burst
      throttling_rate_limit    = route_settings.value.rate
    }
  }

  # Without headers and query, so that no API key and no customer's return_url gets into the log.
  access_log_settings {
    destination_arn = var.access_log_group_arn
    format = jsonencode({
      time              = "$context.requestTime"
      gateway_request   = "$context.requestId"
      address           = "$context.identity.sourceIp"
      method            = "$context.httpMethod"
      path              = "$context.path"
      status            = "$context.status"
      latency_ms        = "$context.responseLatency"
      upstream_ms       = "$context.integrationLatency"
      response_bytes    = "$context.responseLength"
      integration_error = "$context.integrationErrorMessage"
    })
  }
}
