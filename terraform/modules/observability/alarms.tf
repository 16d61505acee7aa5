# One alarm for each promise that a customer would notice broken, besides those on objectives (objectives.tf). Each is a
# threshold on an expression over metrics, wakes somebody (page) or not, and names a section of docs/operations.md.
locals {
  gateway = { namespace = "AWS/ApiGateway", dimensions = { ApiId = var.api_id } }
  product = { namespace = "Outpost/${var.environment}" }
  topics  = { true = aws_sns_topic.pages.arn, false = aws_sns_topic.notices.arn }

  # An age counts messages in flight too, so for jobs, which run for hours, it says nothing: there it is that a
  # lane has not been empty for a while, which means that scaling has not caught up.
  waiting_minutes = { high = 10, normal = 30, low = 120 }

  alarms = merge(
    {
      # The worker empties the queue of dead letters, so what is counted is what it writes.
      dead-lettered-jobs = {
        text       = "Jobs became dead letters: the platform could not run them in three attempts"
        runbook    = "dead-letters", page = false
        expression = "FILL(jobs, 0)", threshold = 1, period = 300, periods = 1
        metrics    = { jobs = merge(local.transitions["dead_letter"], { stat = "Sum" }) }
      }
      latency = {
        text       = "One request in a hundred takes over half a second"
        runbook    = "when-an-alarm-rings", page = false
        expression = "slowest", threshold = 500, period = 300, periods = 3
        metrics    = { slowest = merge(local.gateway, { name = "Latency", stat = "p99" }) }
      }
      api-tasks = {
        text       = "Fewer API tasks are healthy than there should be at least"
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
        text       = "What a job left in a worker's slot cannot be removed; no job runs there until it is"
        runbook    = "a-slot-of-a-worker-is-out-of-service", page = false
        expression = "FILL(dirty, 0)", threshold = 1, period = 300, periods = 1
        metrics    = { dirty = merge(local.product, { name = "outpost.worker.slots.dirty", stat = "Sum", dimensions = {} }) }
      }
      receipts-key-unreadable = {
        text       = "A key of receipts cannot be read: what it signed cannot be checked"
        runbook    = "a-key-of-receipts-cannot-be-read", page = false
        expression = "FILL(unreadable, 0)", threshold = 1, period = 300, periods = 1
        metrics    = { unreadable = merge(local.product, { name = "outpost.receipts.keys.unreadable", stat = "Sum", dimensions = {} }) }
      }
      workers-full = {
        text       = "As many workers as allowed for half an hour: jobs wait, or the maximum is too low"
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
    # Each container counts its audit spool, and a worker its slots too. Nobody is woken: what pages is counted elsewhere too.
    { for role, samples in { api = "FILL(all, 0) - FILL(workers, 0)", worker = "FILL(workers, 0)" } : "collector-silent-${role}" => {
      text                       = "No collector beside a container of role ${role} has sent anything for a quarter of an hour: objectives of time are not watched"
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
        text       = "Messages in the ${queue} queue are older than a quarter of an hour"
        runbook    = queue == "stripe" ? "stripe-does-not-answer" : "when-an-alarm-rings", page = false
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

# Metrics that count lines of the log: in these words, each as often as the comment says.
resource "aws_cloudwatch_log_metric_filter" "lines" {
  for_each = {
    # Each minute (routes/worker/webhooks).
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

# They were resources of their own; made anew, they could be deleted after they are made.
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
