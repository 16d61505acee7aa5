output "url" {
  description = "Address of the API."
  value       = var.domain == null ? aws_apigatewayv2_api.this.api_endpoint : "https://${var.domain.name}"
}

output "api_id" {
  description = "Id of the HTTP API, the dimension of its metrics."
  value       = aws_apigatewayv2_api.this.id
}
