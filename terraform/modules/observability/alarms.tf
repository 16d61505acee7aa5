# The worker's own count of dead letters, out of its log: JSON, one line for each transition of a job.
resource "aws_cloudwatch_log_metric_filter" "dead_lettered" {
  name           = "outpost-dead-lettered-jobs-${var.environment}"
  log_group_name = aws_cloudwatch_log_group.this["worker"].name
  pattern        = "{ $.transition = \"dead_letter\" }"

  metric_transformation {
    namespace     = local.dead_lettered.namespace
    name          = local.dead_lettered.name
    value         = "1"
    default_value = "0"
  }
}

# One alarm for each promise that a customer would notice broken. Each is a threshold on an expression over metrics.
locals {
  dead_lettered = { namespace = "Outpost/${var.environment}", name = "outpost.dead.letters" }
  gateway       = { namespace = "AWS/ApiGateway", dimensions = { ApiId = var.api_id } }

  # An age counts messages in flight too, so for jobs, which run for hours, it says nothing: there it is that a
  # lane has not been empty for a while, which means that scaling has not caught up.
  waiting_minutes = { high = 10, normal = 30, low = 120 }

  # What to do about an alarm: a section of the operators' page.
  runbooks = { for alarm in keys(local.alarms) : alarm => (
    alarm == "dead-lettered-jobs" ? "dead-letters" : alarm == "stripe-late" ? "stripe-does-not-answer" : "when-an-alarm-rings"
  ) }

  alarms = merge(
    {
      # The worker empties the queue of dead letters, so what is counted is what it writes.
      dead-lettered-jobs = {
        text       = "Jobs became dead letters: the platform could not run them in three attempts"
        expression = "FILL(jobs, 0)", threshold = 1, period = 300, periods = 1
        metrics = {
          jobs = { namespace = local.dead_lettered.namespace, name = local.dead_lettered.name, stat = "Sum", dimensions = {} }
        }
      }
      availability = {
        text       = "Over 1.44 % of requests fail: at this rate a month's error budget of 99.9 % is gone in two days"
        expression = "100 * FILL(errors, 0) / requests", threshold = 1.44, period = 300, periods = 3
        metrics = {
          errors   = merge(local.gateway, { name = "5xx", stat = "Sum" })
          requests = merge(local.gateway, { name = "Count", stat = "Sum" })
        }
      }
      availability-slow = {
        text       = "Over 0.6 % of requests fail for hours: a month's error budget of 99.9 % is gone in five days"
        expression = "100 * FILL(errors, 0) / requests", threshold = 0.6, period = 3600, periods = 2
        metrics = {
          errors   = merge(local.gateway, { name = "5xx", stat = "Sum" })
          requests = merge(local.gateway, { name = "Count", stat = "Sum" })
        }
      }
      latency = {
        text       = "One request in a hundred takes over half a second"
        expression = "slowest", threshold = 500, period = 300, periods = 3
        metrics    = { slowest = merge(local.gateway, { name = "Latency", stat = "p99" }) }
      }
      api-tasks = {
        text       = "Fewer API tasks are healthy than there should be at least"
        expression = "${var.api_min} - FILL(healthy, 0)", threshold = 1, period = 60, periods = 5
        metrics = {
          healthy = { namespace = "AWS/ApplicationELB", name = "HealthyHostCount", stat = "Minimum", dimensions = var.load_balancer }
        }
      }
      webhooks-late = {
        text       = "Events or endpoints of webhooks have been waiting for a worker for over five minutes"
        expression = "FILL(late, 0)", threshold = 1, period = 300, periods = 2
        metrics    = { late = { namespace = "Outpost/${var.environment}", name = "WebhooksLate", stat = "Sum", dimensions = {} } }
      }
      slot-dirty = {
        text       = "What a job left in a worker's slot cannot be removed; no job runs there until it is"
        expression = "FILL(dirty, 0)", threshold = 1, period = 300, periods = 1
        metrics    = { dirty = { namespace = "Outpost/${var.environment}", name = "SlotDirty", stat = "Sum", dimensions = {} } }
      }
      workers-full = {
        text       = "As many workers as allowed for half an hour: jobs wait, or the maximum is too low"
        expression = "tasks", threshold = var.worker_max, period = 60, periods = 30
        metrics = {
          tasks = {
            namespace  = "ECS/ContainerInsights", name = "DesiredTaskCount", stat = "Maximum"
            dimensions = { ClusterName = var.cluster_name, ServiceName = var.worker_service }
          }
        }
      }
    },
    {
      for lane, minutes in local.waiting_minutes : "jobs-${lane}-waiting" => {
        text       = "Jobs of priority ${lane} have been waiting for ${minutes} minutes without a break"
        expression = "waiting", threshold = 1, period = 60, periods = minutes
        metrics = {
          waiting = {
            namespace  = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", stat = "Minimum"
            dimensions = { QueueName = var.queue_names["jobs-${lane}"] }
          }
        }
      }
    },
    {
      for queue in ["audit", "stripe"] : "${queue}-late" => {
        text       = "Messages in the ${queue} queue are older than a quarter of an hour"
        expression = "age", threshold = 900, period = 60, periods = 5
        metrics = {
          age = {
            namespace  = "AWS/SQS", name = "ApproximateAgeOfOldestMessage", stat = "Maximum"
            dimensions = { QueueName = var.queue_names[queue] }
          }
        }
      }
    },
    {
      for table, name in var.table_names : "${table}-throttled" => {
        text       = "DynamoDB throttles table ${name}: a hot key, or growth faster than on-demand tables follow"
        expression = "FILL(reads, 0) + FILL(writes, 0)", threshold = 1, period = 60, periods = 5
        metrics = {
          reads  = { namespace = "AWS/DynamoDB", name = "ReadThrottleEvents", stat = "Sum", dimensions = { TableName = name } }
          writes = { namespace = "AWS/DynamoDB", name = "WriteThrottleEvents", stat = "Sum", dimensions = { TableName = name } }
        }
      }
    }
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "outpost-${each.key}-${var.environment}"
  alarm_description   = "${each.value.text}. To do: docs/operations.md#${local.runbooks[each.key]}"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
  ok_actions          = [aws_sns_topic.notices.arn]

  metric_query {
    id          = "answer"
    expression  = each.value.expression
    label       = each.value.text
    return_data = true
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.stat
        period      = each.value.period
      }
    }
  }
}

# A worker says so each minute, in these words (routes/worker/webhooks).
resource "aws_cloudwatch_log_metric_filter" "webhooks_late" {
  name           = "outpost-webhooks-late-${var.environment}"
  log_group_name = aws_cloudwatch_log_group.this["worker"].name
  pattern        = "\"Webhooks are late\""

  metric_transformation {
    namespace = "Outpost/${var.environment}"
    name      = "WebhooksLate"
    value     = "1"
  }
}

# A worker says so once for each slot (worker/agent/Slots.java).
resource "aws_cloudwatch_log_metric_filter" "slot_dirty" {
  name           = "outpost-slot-dirty-${var.environment}"
  log_group_name = aws_cloudwatch_log_group.this["worker"].name
  pattern        = "\"is out of service: what a job left\""

  metric_transformation {
    namespace = "Outpost/${var.environment}"
    name      = "SlotDirty"
    value     = "1"
  }
}
