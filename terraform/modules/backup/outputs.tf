output "vault_name" {
  description = "Vault of the backups in this region."
  value       = aws_backup_vault.this.name
}
