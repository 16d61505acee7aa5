# Within the region, tables can be restored to any second of the last 35 days (point-in-time recovery). These backups are for
# the loss of the region or the account: each is copied into a vault elsewhere, see terraform/vault.
resource "aws_backup_vault" "this" {
  name        = "outpost-${var.environment}"
  kms_key_arn = var.kms_key_arn
}

# Only backups in AWS Backup's own format can be copied to another region and account. The setting is one of the account and
# region.
resource "aws_backup_region_settings" "this" {
  resource_type_opt_in_preference     = { DynamoDB = true }
  resource_type_management_preference = { DynamoDB = true }

  lifecycle {
    # AWS answers with every resource type, not only with the one set here.
    ignore_changes = [resource_type_opt_in_preference, resource_type_management_preference]
  }
}

resource "aws_backup_plan" "this" {
  name = "outpost-${var.environment}"

  rule {
    rule_name         = "tables"
    target_vault_name = aws_backup_vault.this.name
    schedule          = "cron(0 0/${var.every_hours} * * ? *)"
    start_window      = 60
    completion_window = 240

    lifecycle {
      delete_after = 7
    }

    copy_action {
      destination_vault_arn = var.vault_arn

      lifecycle {
        delete_after = 35
      }
    }
  }

  depends_on = [aws_backup_region_settings.this]
}

resource "aws_backup_selection" "this" {
  name         = "tables"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.this.arn
  resources    = values(var.table_arns)
}

# A failed backup or copy pages an operator, because otherwise nobody would notice until it is needed.
resource "aws_cloudwatch_event_rule" "failed" {
  name        = "outpost-backups-${var.environment}"
  description = "Backups of tables, and their copies elsewhere, that did not come about. To do: docs/operations.md#a-backup-failed"
  event_pattern = jsonencode({
    source      = ["aws.backup"]
    detail-type = ["Backup Job State Change", "Copy Job State Change"]
    detail      = { state = ["ABORTED", "EXPIRED", "FAILED", "PARTIAL"] }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule = aws_cloudwatch_event_rule.failed.name
  arn  = var.alarm_topic_arn
}

resource "aws_iam_role" "this" {
  name        = "outpost-backup-${var.environment}"
  description = "What AWS Backup may do with the tables of Outpost"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "backup.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = toset(["ForBackup", "ForRestores"])

  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicy${each.key}"
}
