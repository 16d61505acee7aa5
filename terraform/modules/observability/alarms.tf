# An alarm for each broken promise that a customer would notice; alarms on objectives are in objectives.tf. Each has an
# expression over metrics, a threshold from which it rings, a section of docs/operations.md (runbook), and says whether it pages
# an operator or sends a notice.
locals {
  gateway = { namespace = "AWS/ApiGateway", dimensions = { ApiId = var.api_id } }
  product = { namespace = "Outpost/${var.environment}" }
  topics  = { true = aws_sns_topic.pages.arn, false = aws_sns_topic.notices.arn }

  # For lanes the age of the oldest message is no measure: it includes messages in flight, and jobs run for hours. Instead the
  # alarm rings when a lane has had waiting messages for so many minutes: then scaling has not caught up.
  waiting_minutes = { high = 10, normal = 30, low = 120 }

  # Milliseconds of a slow request, and minutes after which a message is late.
  slow = 500
  late = 15

  alarms = merge(
    {
      # Counts the worker's log lines about dead letters, because the worker empties the queue.
      dead-lettered-jobs = {
        text       = "Jobs became dead letters: the platform could not run them in three attempts"
        runbook    = "dead-letters", page = false
        expression = "FILL(jobs, 0)", threshold = 1, period = 300, periods = 1
        metrics    = { jobs = merge(local.transitions["dead_letter"], { stat = "Sum" }) }
      }
      latency = {
        text       = "One request in a hundred takes over ${local.slow} ms"
        runbook    = "when-an-alarm-rings", page = false
        expression = "slowest", threshold = local.slow, period = 300, periods = 3
        metrics    = { slowest = merge(local.gateway, { name = "Latency", stat = "p99" }) }
      }
      api-tasks = {
        text       = "Fewer API tasks are healthy than the minimum"
        runbook    = "when-an-alarm-rings", page = true
        expression = "${var.api_min} - FILL(healthy, 0)", threshold = 1, period = 60, periods = 5
        metrics = {
          healthy = { namespace = "AWS/ApplicationELB", name = "HealthyHostCount", stat = "Minimum", dimensions = var.load_balancer }
        }
      }
      webhooks-late = {
        text       = "Events or endpoints of webhooks have been waiting for a worker for over five minutes"
        runbook    = "webhooks-are-late", page = false
        expression = "FILL(late, 0)", threshold = 1, period = 300, periods = 2
        metrics    = { late = merge(local.product, { name = "outpost.webhooks.late", stat = "Sum", dimensions = {} }) }
      }
      slot-dirty = {
        text       = "A job's leftovers in a worker's slot cannot be removed; the slot runs no job until they are"
        runbook    = "a-slot-of-a-worker-is-out-of-service", page = false
        expression = "FILL(dirty, 0)", threshold = 1, period = 300, periods = 1
        metrics    = { dirty = merge(local.product, { name = "outpost.worker.slots.dirty", stat = "Sum", dimensions = {} }) }
      }
      receipts-key-unreadable = {
        text       = "A key of receipts cannot be read, so its receipts cannot be checked"
        runbook    = "a-key-of-receipts-cannot-be-read", page = false
        expression = "FILL(unreadable, 0)", threshold = 1, period = 300, periods = 1
        metrics    = { unreadable = merge(local.product, { name = "outpost.receipts.keys.unreadable", stat = "Sum", dimensions = {} }) }
      }
      workers-full = {
        text       = "The maximum number of workers has been running for half an hour: jobs may wait, and the maximum may be too low"
        runbook    = "when-an-alarm-rings", page = false
        expression = "tasks", threshold = var.worker_max, period = 60, periods = 30
        metrics = {
          tasks = {
            namespace  = "ECS/ContainerInsights", name = "DesiredTaskCount", stat = "Maximum"
            dimensions = { ClusterName = var.cluster_name, ServiceName = var.worker_service }
          }
        }
      }
    },
    # Every container sends the size of its audit spool, and a worker also its slots. Only a notice, because alarms that page also
    # have other sources.
    { for role, samples in { api = "FILL(all, 0) - FILL(workers, 0)", worker = "FILL(workers, 0)" } : "collector-silent-${role}" => {
      text                       = "No collector beside a container of role ${role} has sent anything for a quarter of an hour: the latency objectives are not watched"
      runbook                    = "a-collector-is-silent", page = false, missing = "breaching"
      expression                 = "IF(${samples} >= 1, 0, 1)", threshold = 1, period = 300, periods = 3
      metrics = {
        all     = merge(local.collected, { name = "outpost.audit.spool.bytes", stat = "SampleCount", dimensions = {} })
        workers = merge(local.collected, { name = "outpost.worker.slots", stat = "SampleCount", dimensions = {} })
      }
    } if var.collected },
    {
      for lane, minutes in local.waiting_minutes : "jobs-${lane}-waiting" => {
        text       = "Jobs of priority ${lane} have been waiting for ${minutes} minutes without a break"
        runbook    = "when-an-alarm-rings", page = lane == "high"
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
        text       = "Messages in the ${queue} queue are older than ${local.late} minutes"
        runbook    = queue == "stripe" ? "stripe-does-not-answer" : "when-an-alarm-rings", page = false
        expression = "age", threshold = 60 * local.late, period = 60, periods = 5
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
        runbook    = "when-an-alarm-rings", page = false
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
  alarm_description   = "${each.value.text}. To do: docs/operations.md#${each.value.runbook}"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  treat_missing_data  = try(each.value.missing, "notBreaching")
  alarm_actions       = [local.topics[each.value.page]]
  ok_actions          = [local.topics[each.value.page]]

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

# Metrics that count log lines with these words; the comments say how often a line is logged.
resource "aws_cloudwatch_log_metric_filter" "lines" {
  for_each = {
    # Each minute while webhooks are late (routes/worker/webhooks).
    webhooks-late = { role = "worker", metric = "outpost.webhooks.late", words = "Webhooks are late" }
    # Once for each slot (worker/agent/Slots.java).
    slot-dirty = { role = "worker", metric = "outpost.worker.slots.dirty", words = "is out of service: what a job left" }
    # Every ten seconds at most, when somebody asks for the keys (jobs/ReceiptKeys.java).
    receipts-key-unreadable = { role = "api", metric = "outpost.receipts.keys.unreadable", words = "A key of receipts cannot be read" }
  }

  name           = "outpost-${each.key}-${var.environment}"
  log_group_name = aws_cloudwatch_log_group.this[each.value.role].name
  pattern        = "\"${each.value.words}\""

  metric_transformation {
    namespace = local.product.namespace
    name      = each.value.metric
    value     = "1"
  }
}

# These were separate resources. Without `moved` the old ones could be deleted after the new ones, of the same name, are made.
moved {
  from = aws_cloudwatch_log_metric_filter.webhooks_late
  to   = aws_cloudwatch_log_metric_filter.lines["webhooks-late"]
}

moved {
  from = aws_cloudwatch_log_metric_filter.slot_dirty
  to   = aws_cloudwatch_log_metric_filter.lines["slot-dirty"]
}

moved {
  from = aws_cloudwatch_log_metric_filter.receipts_key_unreadable
  to   = aws_cloudwatch_log_metric_filter.lines["receipts-key-unreadable"]
}
