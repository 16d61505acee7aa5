mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment    = "test"
  account_id     = "123456789012"
  region         = "us-east-1"
  kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/0"
  log_days       = 30
  notice_emails  = ["operations@example.com"]
  api_id         = "api1"
  load_balancer  = { LoadBalancer = "app/outpost/0", TargetGroup = "targetgroup/outpost/0" }
  queue_names    = { for name in keys(jsondecode(file("../../../src/main/resources/schema/queues.json"))) : name => "outpost-${name}-test" }
  table_names    = { for name in keys(jsondecode(file("../../../src/main/resources/schema/tables.json"))) : name => "outpost-${name}-test" }
  cluster_name   = "outpost-test"
  worker_service = "worker"
  worker_max     = 50
  api_min        = 2
}

run "promises_are_watched_and_logs_end" {
  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 30 && group.kms_key_id == var.kms_key_arn])
    error_message = "Logs are encrypted and end after their days."
  }

  assert {
    condition     = startswith(aws_cloudwatch_log_group.this["firewall"].name, "aws-waf-logs-")
    error_message = "The firewall takes no other name."
  }

  assert {
    condition     = aws_sns_topic.notices.name == "outpost-notices-test" && aws_sns_topic.notices.kms_master_key_id == var.kms_key_arn
    error_message = "Notices go to one encrypted topic."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([aws_sns_topic.notices.arn])])
    error_message = "Every alarm is told to people."
  }

  assert {
    condition = alltrue([for name in concat(
      ["dead-lettered-jobs", "availability", "availability-slow", "latency", "api-tasks", "workers-full", "audit-late", "stripe-late"],
      [for lane in ["high", "normal", "low"] : "jobs-${lane}-waiting"], [for table in keys(var.table_names) : "${table}-throttled"]
    ) : contains(keys(aws_cloudwatch_metric_alarm.this), name)])
    error_message = "Availability, latency, waiting jobs, late events, throttled tables."
  }

  # Every name in an expression is a metric of the same alarm: a typo would never ring.
  assert {
    condition = alltrue(flatten([for alarm in values(local.alarms) : [
      for name in regexall("[a-z]+", alarm.expression) : contains(keys(alarm.metrics), name)
    ]]))
    error_message = "Expressions use only what the alarm reads."
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.dead_lettered.log_group_name == "/outpost/test/worker" && one([for query in aws_cloudwatch_metric_alarm.this["dead-lettered-jobs"].metric_query : query.metric[0].metric_name if query.id == "jobs"]) == aws_cloudwatch_log_metric_filter.dead_lettered.metric_transformation[0].name
    error_message = "Dead letters ring by what the worker writes: it empties their queue."
  }

  # A metric that does not come from AWS is in the product's list.
  assert {
    condition = alltrue(flatten([for alarm in values(local.alarms) : [
      for metric in values(alarm.metrics) : startswith(metric.namespace, "AWS/") || startswith(metric.namespace, "ECS/") || strcontains(file("../../../docs/metrics.md"), "| `${metric.name}` |")
    ]]))
    error_message = "Alarms read what exists."
  }

  # A heading's anchor is its words in lower case with dashes.
  assert {
    condition = alltrue([for runbook in values(local.runbooks) : contains(
      [for line in split("\n", file("../../../docs/operations.md")) : replace(lower(trimprefix(line, "## ")), " ", "-") if startswith(line, "## ")], runbook
    )])
    error_message = "Every alarm's runbook exists."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.this["jobs-high-waiting"].metric_query : query.metric[0].dimensions["QueueName"] if query.id == "waiting"]) == "outpost-jobs-high-test"
    error_message = "Lanes are watched by their queues."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 9
    error_message = "A dashboard of eight charts under the state of all promises."
  }
}

run "a_retention_that_cloudwatch_does_not_know_is_refused" {
  command = plan

  variables {
    log_days = 31
  }

  expect_failures = [var.log_days]
}

run "a_bad_address_is_refused" {
  command = plan

  variables {
    notice_emails = ["operations"]
  }

  expect_failures = [var.notice_emails]
}
