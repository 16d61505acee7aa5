output "recovery" {
  description = "Value of the variable recovery in terraform.tfvars of the environment."
  value = {
    vault_arn   = aws_backup_vault.this.arn
    account_id  = var.account_id
    kms_key_arn = aws_kms_key.this.arn
    bucket_arns = { for name, bucket in local.buckets : name => "arn:aws:s3:::${bucket}" }
  }

  # Nothing is copied before versions, locks and policies exist.
  depends_on = [aws_s3_bucket_object_lock_configuration.this, aws_s3_bucket_policy.this, aws_backup_vault_policy.this]
}
