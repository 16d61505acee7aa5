mock_provider "aws" {
  source = "../tests/mocks"

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::outpost-state" }
  }

  mock_resource "aws_ecr_repository" {
    defaults = { arn = "arn:aws:ecr:us-east-1:123456789012:repository/outpost" }
  }
}

variables {
  account_id = "123456789012"
  stage      = "prod"
}

run "state_and_images_are_kept" {
  assert {
    condition     = output.state_bucket == "outpost-state-123456789012-us-east-1" && aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "The bucket of Terraform's state keeps old versions."
  }

  assert {
    condition     = toset([for repository in aws_ecr_repository.this : repository.name]) == toset(["outpost-api", "outpost-worker"])
    error_message = "There is one repository for each image, and no other."
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && repository.image_scanning_configuration[0].scan_on_push])
    error_message = "A tag cannot be moved to another image, and every pushed image is scanned."
  }

  assert {
    condition     = length(aws_iam_role.this) == 0 && output.certificate_arn == null
    error_message = "Without a GitHub repository there is no role that may deploy."
  }
}

run "only_jobs_of_one_environment_take_a_role" {
  variables {
    repository = "owner/outpost"
  }

  assert {
    condition = alltrue([for name, role in aws_iam_role.this :
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:owner/outpost:environment:${name}"
    ])
    error_message = "A role's subject is exact: no other branch, fork or environment can take it."
  }

  assert {
    condition     = toset(keys(aws_iam_role.this)) == toset(["plan", "build", "prod"]) && length(aws_iam_role_policy_attachment.this) == 2
    error_message = "There are three roles: one plans, one builds, one changes the environment."
  }
}

run "a_repository_with_a_wildcard_is_refused" {
  command = plan

  variables {
    repository = "owner/*"
  }

  expect_failures = [var.repository]
}

run "the_account_is_watched" {
  variables {
    watch_emails   = ["operations@example.com"]
    monthly_budget = 500
  }

  assert {
    condition     = aws_cloudtrail.this.is_multi_region_trail && aws_cloudtrail.this.enable_log_file_validation
    error_message = "CloudTrail records the calls of every region, and changes to its files can be found."
  }

  assert {
    condition = toset(flatten([for selector in aws_cloudtrail.this.advanced_event_selector : [
      for field in selector.field_selector : field.starts_with if field.field == "resources.ARN"
    ]])) == toset(["arn:aws:s3:::outpost-audit-", "arn:aws:s3:::outpost-audit-head-", "arn:aws:s3:::outpost-state/"])
    error_message = "CloudTrail records reads and writes of the audit's archive, its heads and Terraform's state."
  }

  assert {
    condition     = aws_guardduty_detector.this.enable && alltrue([for feature in aws_guardduty_detector_feature.this : feature.status == "ENABLED"])
    error_message = "GuardDuty and all its features are on."
  }

  assert {
    condition     = aws_budgets_budget.month["outpost"].limit_amount == "500" && length(aws_budgets_budget.month["outpost"].notification) == 3
    error_message = "The budget has its limit and three warnings."
  }

  assert {
    condition     = toset(keys(aws_sns_topic_subscription.watch)) == toset(["operations@example.com"])
    error_message = "GuardDuty's findings are sent to the given addresses."
  }
}

run "nobody_to_tell_is_no_budget" {
  assert {
    condition     = length(aws_budgets_budget.month) == 0
    error_message = "A budget without anybody to tell is refused by AWS."
  }
}

run "a_budget_of_nothing_is_refused" {
  command = plan

  variables {
    monthly_budget = 0
  }

  expect_failures = [var.monthly_budget]
}
