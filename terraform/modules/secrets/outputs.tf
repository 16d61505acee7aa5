output "kms_key_arn" {
  description = "The key that encrypts data at rest."
  value       = aws_kms_key.data.arn
}

output "receipts_key_arns" {
  description = "The keys of receipts of jobs, the one that signs first."
  value       = [for name in var.receipts_keys : aws_kms_key.receipts[name].arn]
}

output "arns" {
  description = "ARNs of the platform's secrets by name."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}
