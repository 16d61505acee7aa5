output "names" {
  description = "Physical table names by logical name."
  value       = { for key, table in aws_dynamodb_table.this : key => table.name }
}

output "arns" {
  description = "Table ARNs by logical name."
  value       = { for key, table in aws_dynamodb_table.this : key => table.arn }
}
