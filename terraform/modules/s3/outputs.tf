output "names" {
  description = "Physical bucket names by logical name: output, audit, audit-head, logs."
  value       = { for name, bucket in aws_s3_bucket.this : name => bucket.bucket }

  # A bucket is ready when its policies on log delivery and TLS exist.
  depends_on = [aws_s3_bucket_policy.this]
}
