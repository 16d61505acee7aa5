mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment       = "test"
  account_id        = "123456789012"
  region            = "us-east-1"
  kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/0"
  cluster_arn       = "arn:aws:ecs:us-east-1:123456789012:cluster/outpost-test"
  subnet_ids        = ["subnet-1", "subnet-2"]
  security_group_id = "sg-canary"
  log_group         = "/outpost/test/canary"
  topic_arn         = "arn:aws:sns:us-east-1:123456789012:outpost-pages-test"
  url               = "https://api.example.com"
  image             = "public.ecr.aws/docker/library/python@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  key_secret_arn    = "arn:aws:secretsmanager:us-east-1:123456789012:secret:/outpost/test/canary-key-AbCdEf"
}

run "one_job_a_minute_and_silence_rings" {
  override_resource {
    target = aws_iam_role.start
    values = { arn = "arn:aws:iam::123456789012:role/outpost-canary-start-test" }
  }

  assert {
    condition     = aws_scheduler_schedule.canary.schedule_expression == "rate(1 minute)" && aws_scheduler_schedule.canary.flexible_time_window[0].mode == "OFF"
    error_message = "The canary starts once a minute."
  }

  assert {
    condition     = !aws_scheduler_schedule.canary.target[0].ecs_parameters[0].network_configuration[0].assign_public_ip
    error_message = "The canary's task has no public address."
  }

  assert {
    condition     = output.container.command[2] == file("../../../.ci/canary") && strcontains(output.container.command[2], "canary: job {job['job_id']} has succeeded")
    error_message = "The canary prints the line that the metric counts."
  }

  assert {
    condition     = output.container.secrets == [{ name = "CANARY_KEY", valueFrom = var.key_secret_arn }] && !can(regex("op_(live|test)_", jsonencode(output.container.environment)))
    error_message = "The canary gets its key as a secret."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.silent.treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.silent.alarm_actions == toset([var.topic_arn])
    error_message = "The alarm rings when the canary's line is missing."
  }

  assert {
    condition = contains(
      [for line in split("\n", file("../../../docs/operations.md")) : replace(lower(trimprefix(line, "## ")), " ", "-") if startswith(line, "## ")],
      split("#", aws_cloudwatch_metric_alarm.silent.alarm_description)[1]
    )
    error_message = "The alarm's runbook exists."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.schedule.policy).Statement[1].Resource == [aws_iam_role.start.arn]
    error_message = "The schedule may pass on only the role that starts the canary."
  }
}

run "an_image_that_can_be_replaced_is_refused" {
  command = plan

  variables {
    image = "public.ecr.aws/docker/library/python:3.13-slim"
  }

  expect_failures = [var.image]
}

run "an_address_without_tls_is_refused" {
  command = plan

  variables {
    url = "http://api.example.com"
  }

  expect_failures = [var.url]
}
