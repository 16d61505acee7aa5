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
  page_emails    = ["awake@example.com"]
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
  override_resource {
    target = aws_sns_topic.pages
    values = { arn = "arn:aws:sns:us-east-1:123456789012:pages" }
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 30 && group.kms_key_id == var.kms_key_arn])
    error_message = "Logs are encrypted and expire."
  }

  assert {
    condition     = startswith(aws_cloudwatch_log_group.this["firewall"].name, "aws-waf-logs-")
    error_message = "The firewall's log group begins with aws-waf-logs-, as AWS asks for."
  }

  assert {
    condition     = aws_sns_topic.notices.name == "outpost-notices-test" && aws_sns_topic.notices.kms_master_key_id == var.kms_key_arn
    error_message = "Notices have an encrypted topic."
  }

  # Where nobody looks at night, nobody is woken: each alarm goes to one of the two.
  assert {
    condition = alltrue(concat(
      [for name, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([local.alarms[name].page ? aws_sns_topic.pages.arn : aws_sns_topic.notices.arn])],
      [for name, alarm in aws_cloudwatch_composite_alarm.burn : alarm.alarm_actions == toset([endswith(name, "-leak") ? aws_sns_topic.notices.arn : aws_sns_topic.pages.arn])]
    )) && aws_sns_topic.pages.arn != aws_sns_topic.notices.arn
    error_message = "Every alarm goes to the topic of notices or of pages, as it says."
  }

  assert {
    condition     = aws_sns_topic.pages.kms_master_key_id == var.kms_key_arn && aws_sns_topic_subscription.pages["awake@example.com"].topic_arn == aws_sns_topic.pages.arn
    error_message = "Pages have an encrypted topic of their own."
  }

  assert {
    condition = alltrue([for name in concat(
      ["dead-lettered-jobs", "latency", "api-tasks", "workers-full", "audit-late", "stripe-late", "receipts-key-unreadable"],
      [for lane in ["high", "normal", "low"] : "jobs-${lane}-waiting"], [for table in keys(var.table_names) : "${table}-throttled"]
    ) : contains(keys(aws_cloudwatch_metric_alarm.this), name)])
    error_message = "There are alarms for dead letters, latency, waiting jobs, late events and throttled tables."
  }

  assert {
    condition     = toset(output.release_alarms) == toset(["outpost-availability-fast-short-test", "outpost-jobs-fast-short-test"])
    error_message = "The alarms of a release are the fast ones on the objectives."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sns_topic_policy.pages.policy).Statement : contains(keys(statement), "Condition") if statement.Sid == "Backups"] == [false]
    error_message = "EventBridge delivers only to a topic whose policy has no condition on it."
  }

  # Every name in an expression is a metric of the same alarm: a typo would never ring.
  assert {
    condition = alltrue(flatten([for alarm in values(local.alarms) : [
      for name in regexall("[a-z]+", alarm.expression) : contains(keys(alarm.metrics), name)
    ]]))
    error_message = "Expressions use only what the alarm reads."
  }

  # Operators look the alarm up by its name.
  assert {
    condition = alltrue([for name, alarm in local.alarms : anytrue([
      for row in [name, replace(name, "/^jobs-[a-z]+-/", "jobs-…-"), replace(name, "/^.*-throttled$/", "…-throttled")] :
      strcontains(file("../../../docs/operations.md"), "`${row}`")
    ]) if alarm.runbook == "when-an-alarm-rings"])
    error_message = "An alarm without a section of its own has a row under When an alarm rings."
  }

  assert {
    condition = alltrue([for text in [
      "`outpost-latency-prod` at ${local.slow} ms",
      format("`outpost-jobs-…-waiting-prod` after %d, %d and %d minutes", local.waiting_minutes.high, local.waiting_minutes.normal, local.waiting_minutes.low),
      "`outpost-audit-late-prod` at ${local.late} minutes",
    ] : strcontains(file("../../../docs/objectives.md"), text)])
    error_message = "The objectives' page has the thresholds of these alarms."
  }

  # The objectives' page has each number; 14.4 times a budget of 0.1 % is 1.44 %.
  assert {
    condition = alltrue([for name, objective in local.objectives : strcontains(
      file("../../../docs/objectives.md"), "| `${name}` | ${objective.percent} % of ${objective.text} |"
    )]) && abs(aws_cloudwatch_metric_alarm.burn_window["availability-fast-long"].threshold - 1.44) < 0.001
    error_message = "Objectives are those of docs/objectives.md."
  }

  assert {
    condition = alltrue([for name, alarm in aws_cloudwatch_composite_alarm.burn :
      alarm.alarm_rule == "ALARM(\"outpost-${name}-long-test\") AND ALARM(\"outpost-${name}-short-test\")"
    ]) && alltrue([for alarm in aws_cloudwatch_metric_alarm.burn_window : alarm.alarm_actions == null])
    error_message = "An objective's alarm rings when both windows are in alarm; one window alone tells nobody."
  }

  assert {
    condition     = alltrue([for role, filter in aws_cloudwatch_log_metric_filter.transitions : filter.log_group_name == "/outpost/test/${role}"])
    error_message = "Jobs are counted by what API and worker write: the worker empties the queue of dead letters."
  }

  # What a metric filter makes is called after the product's metric; all else is made by AWS.
  assert {
    condition = alltrue([for metric in distinct(concat(
      flatten([for alarm in values(local.alarms) : [for metric in values(alarm.metrics) : "${metric.namespace} ${metric.name}"]]),
      flatten([for objective in values(local.objectives) : [for metric in [objective.bad, objective.all] : "${metric.namespace} ${metric.name}"]]),
      flatten([for chart in local.charts : [for line in chart.lines : "${line[0]} ${line[1]}"]])
      )) : contains(concat(
      [for name in ["Count", "4xx", "5xx", "Latency", "IntegrationLatency"] : "AWS/ApiGateway ${name}"],
      [for name in ["ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "ApproximateAgeOfOldestMessage"] : "AWS/SQS ${name}"],
      [for name in ["ReadThrottleEvents", "WriteThrottleEvents", "ConsumedWriteCapacityUnits"] : "AWS/DynamoDB ${name}"],
      [for name in ["DesiredTaskCount", "RunningTaskCount", "PendingTaskCount"] : "ECS/ContainerInsights ${name}"],
      ["AWS/ApplicationELB HealthyHostCount"],
      [for name in concat(
        [for filter in values(aws_cloudwatch_log_metric_filter.transitions) : filter.metric_transformation[0].name],
        [for filter in values(aws_cloudwatch_log_metric_filter.lines) : filter.metric_transformation[0].name]
      ) : "Outpost/test ${name}" if strcontains(file("../../../docs/metrics.md"), "| `${name}` |")]
    ), metric)])
    error_message = "Alarms and panels read only metrics that exist."
  }

  # A heading's anchor is its words in lower case with dashes.
  assert {
    condition = alltrue([for runbook in concat(values(local.alarms)[*].runbook, values(local.objectives)[*].runbook) : contains(
      [for line in split("\n", file("../../../docs/operations.md")) : replace(lower(trimprefix(line, "## ")), " ", "-") if startswith(line, "## ")], runbook
    )])
    error_message = "Every alarm's runbook exists."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.this["jobs-high-waiting"].metric_query : query.metric[0].dimensions["QueueName"] if query.id == "waiting"]) == "outpost-jobs-high-test"
    error_message = "A lane's alarm reads its queue."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 11
    error_message = "A dashboard of ten charts under the state of all promises."
  }
}

run "what_collectors_count_is_watched" {
  variables {
    collected = true
  }

  override_resource {
    target = aws_sns_topic.pages
    values = { arn = "arn:aws:sns:us-east-1:123456789012:pages" }
  }

  assert {
    condition = toset(keys(local.objectives)) == toset(["availability", "jobs", "auth", "audit", "dispatch", "end-to-end", "webhooks"]) && alltrue([
      for name, objective in local.objectives : strcontains(
        file("../../../docs/objectives.md"), "| `${name}` | ${objective.percent} % of ${objective.text} |"
      )
    ]) && abs(aws_cloudwatch_metric_alarm.burn_window["auth-fast-long"].threshold - 14.4) < 0.001
    error_message = "Objectives on time have the numbers of docs/objectives.md and alarms."
  }

  # What a collector counts is not what a release is judged by: it may be late, or not there.
  assert {
    condition     = toset(output.release_alarms) == toset(["outpost-availability-fast-short-test", "outpost-jobs-fast-short-test"])
    error_message = "Metrics from collectors roll no release back."
  }

  assert {
    condition = alltrue([for name, alarm in aws_cloudwatch_composite_alarm.burn : alarm.alarm_actions == toset([
      endswith(name, "-leak") || startswith(name, "dispatch-") || startswith(name, "webhooks-") ? aws_sns_topic.notices.arn : aws_sns_topic.pages.arn
    ])]) && length(aws_cloudwatch_composite_alarm.burn) == 21
    error_message = "Late starts and late webhooks make notices, not pages."
  }

  # One that ends, or is filled up, sends nothing: that alone is told, and for all of a role together.
  assert {
    condition = alltrue([for role in ["api", "worker"] :
      aws_cloudwatch_metric_alarm.this["collector-silent-${role}"].treat_missing_data == "breaching"
      && aws_cloudwatch_metric_alarm.this["collector-silent-${role}"].alarm_actions == toset([aws_sns_topic.notices.arn])
      ]) && alltrue([for name, alarm in aws_cloudwatch_metric_alarm.this :
      alarm.treat_missing_data == "notBreaching" if !startswith(name, "collector-silent-")
    ])
    error_message = "A silent collector makes a notice, not a page."
  }

  assert {
    condition = alltrue(flatten([for alarm in values(local.alarms) : concat(
      [for name in regexall("[a-z]+", alarm.expression) : contains(keys(alarm.metrics), name)],
      [for metric in values(alarm.metrics) : metric.dimensions == {} && can(regex("plain = \\[[^]]*\"${metric.name}\"", file("../ecs/collector.tf")))
      if metric.namespace == local.collected.namespace],
      [contains([for line in split("\n", file("../../../docs/operations.md")) : replace(lower(trimprefix(line, "## ")), " ", "-") if startswith(line, "## ")], alarm.runbook)]
    )]))
    error_message = "Alarms on collectors read only metrics that the collectors declare, and have a runbook."
  }

  # What the product counts an objective by is its name there.
  assert {
    condition     = alltrue([for name in keys(local.timed) : can(regex("\\| `outpost.objectives.measured` \\|.*`${name}`", file("../../../docs/metrics.md")))])
    error_message = "The product measures each objective on time."
  }

  # What collectors bring is declared by these labels (modules/ecs/collector.tf); by others there is no such metric.
  assert {
    condition = alltrue([for line in concat(
      concat([for chart in local.collected_charts : [for line in chart.lines : [for part in line : part if can(regex("", part))]]]...),
      [for objective in [for name in keys(local.timed) : local.objectives[name]] : concat(
        [objective.bad.namespace, objective.bad.name], flatten([for label, value in objective.bad.dimensions : [label, value]])
      )]
      ) : line[0] == "Outpost/test/containers" && can(regex(
        "\"${join(" ", [for index, part in line : part if index >= 2 && index % 2 == 0])}\" += \\[[^]]*\"${line[1]}\"", file("../ecs/collector.tf")
      )) || length(line) == 2 && can(regex("plain = \\[[^]]*\"${line[1]}\"", file("../ecs/collector.tf")))
    ])
    error_message = "Panels and objectives read only metrics that the collectors declare."
  }

  assert {
    condition = alltrue([for objective in values(local.objectives) : contains(
      [for line in split("\n", file("../../../docs/operations.md")) : replace(lower(trimprefix(line, "## ")), " ", "-") if startswith(line, "## ")], objective.runbook
    )])
    error_message = "Every objective's runbook exists."
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
