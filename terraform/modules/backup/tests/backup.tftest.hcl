mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment     = "test"
  account_id      = "123456789012"
  region          = "us-east-1"
  kms_key_arn     = "arn:aws:kms:us-east-1:123456789012:key/0"
  alarm_topic_arn = "arn:aws:sns:us-east-1:123456789012:outpost-pages-test"
  vault_arn       = "arn:aws:backup:us-west-2:210987654321:backup-vault:outpost-test"
  table_arns      = { jobs = "arn:aws:dynamodb:us-east-1:123456789012:table/jobs", audit = "arn:aws:dynamodb:us-east-1:123456789012:table/audit" }
}

run "every_table_is_copied_out_of_its_region" {
  assert {
    condition     = toset(aws_backup_selection.this.resources) == toset(values(var.table_arns))
    error_message = "Every table is backed up."
  }

  assert {
    condition     = one(one(aws_backup_plan.this.rule).copy_action).destination_vault_arn == var.vault_arn
    error_message = "Each backup is copied."
  }

  assert {
    condition     = one(one(one(aws_backup_plan.this.rule).copy_action).lifecycle).delete_after == 35 && one(aws_backup_plan.this.rule).schedule == "cron(0 0/12 * * ? *)"
    error_message = "Copies are kept as long as point-in-time recovery reaches, and are twelve hours old at most."
  }

  assert {
    condition     = aws_backup_region_settings.this.resource_type_management_preference["DynamoDB"]
    error_message = "Without AWS Backup's own format no backup of a table leaves its region."
  }
}

run "a_copy_that_fails_wakes_somebody" {
  assert {
    condition = (
      toset(jsondecode(aws_cloudwatch_event_rule.failed.event_pattern).detail-type) == toset(["Backup Job State Change", "Copy Job State Change"])
      && contains(jsondecode(aws_cloudwatch_event_rule.failed.event_pattern).detail.state, "FAILED")
      && aws_cloudwatch_event_target.failed.rule == aws_cloudwatch_event_rule.failed.name
      && aws_cloudwatch_event_target.failed.arn == var.alarm_topic_arn
    )
    error_message = "Failed backups and failed copies reach the topic."
  }
}

run "a_vault_in_the_same_region_is_refused" {
  command = plan

  variables {
    vault_arn = "arn:aws:backup:us-east-1:210987654321:backup-vault:outpost-test"
  }

  expect_failures = [var.vault_arn]
}

run "something_that_is_no_vault_is_refused" {
  command = plan

  variables {
    vault_arn = "arn:aws:s3:::outpost"
  }

  expect_failures = [var.vault_arn]
}

run "a_day_without_a_backup_is_refused" {
  command = plan

  variables {
    every_hours = 24
  }

  expect_failures = [var.every_hours]
}
