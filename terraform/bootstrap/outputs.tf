output "state_bucket" {
  description = "Bucket for backend.tf, here and in the environment."
  value       = aws_s3_bucket.state.bucket
}

output "registry" {
  description = "Registries to which images are pushed."
  value       = "${var.account_id}.dkr.ecr.${var.region}.amazonaws.com"
}

output "role_arns" {
  description = "Roles of GitHub's jobs by environment."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}

output "certificate_arn" {
  description = "The API's certificate, once it is valid."
  value       = one([for certificate in aws_acm_certificate_validation.api : certificate.certificate_arn])
}

output "watch_topic_arn" {
  description = "Topic of GuardDuty's findings; a paging service can subscribe to it."
  value       = aws_sns_topic.watch.arn
}
