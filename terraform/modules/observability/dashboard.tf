locals {
  lanes = ["high", "normal", "low"]

  # Charts of the metrics that collectors send, one for each promise.
  collected_charts = [for chart in [
    {
      title = "Who calls: seconds, and looked up or known", stat = "Average"
      lines = concat(
        [for outcome in ["accepted", "refused"] : [local.collected.namespace, "outpost.auth.duration", "outcome", outcome]],
        [for outcome in ["hit", "miss"] : [local.collected.namespace, "outpost.auth.cache", "outcome", outcome, { stat = "Sum", yAxis = "right" }]]
      )
    },
    {
      title = "From the claim to the agent's start (s)", stat = "Average"
      lines = [for lane in local.lanes : [local.collected.namespace, "outpost.jobs.start.duration", "lane", lane]]
    },
    {
      title = "The oldest job that waits, and jobs without a worker", stat = "Maximum"
      lines = concat(
        [for lane in local.lanes : [local.collected.namespace, "outpost.jobs.waiting.age", "lane", lane, "reason", "queued"]],
        [[local.collected.namespace, "outpost.jobs.lease.overdue", { yAxis = "right" }]]
      )
    },
    {
      title = "Attempts that ended no job, dead letters", stat = "Sum"
      lines = concat(
        [for reason in ["worker-stops", "platform-fault", "worker-lost"] : [local.collected.namespace, "outpost.jobs.attempts.ended", "reason", reason]],
        [for reason in ["platform-fault", "worker-lost"] : [local.collected.namespace, "outpost.dead.letters", "reason", reason]]
      )
    },
    {
      title = "From a call to the audit (s)", stat = "Average"
      lines = [for to in ["table", "archive"] : [local.collected.namespace, "outpost.audit.lag", "to", to]]
    },
    {
      title = "Usage that Stripe was not told of (s), circuits", stat = "Maximum"
      lines = concat(
        [[local.collected.namespace, "outpost.billing.usage.age"]],
        [for circuit in ["usage", "checkout", "other"] : [local.collected.namespace, "outpost.stripe.circuit", "circuit", circuit, { yAxis = "right" }]]
      )
    },
    {
      title = "Slots of a worker", stat = "Average"
      lines = [for metric in ["outpost.worker.slots", "outpost.worker.slots.used"] : [local.collected.namespace, metric]]
    },
    {
      title = "Missed objectives", stat = "Sum"
      lines = [for name in keys(local.timed) : [local.collected.namespace, "outpost.objectives.missed", "objective", name]]
    }
  ] : chart if var.collected]

  # The charts for a first look, two in a row; each line is [namespace, metric, dimension, value, …, {options}].
  charts = [
    {
      title = "Requests and failures", stat = "Sum"
      lines = [
        ["AWS/ApiGateway", "Count", "ApiId", var.api_id],
        ["AWS/ApiGateway", "4xx", "ApiId", var.api_id],
        ["AWS/ApiGateway", "5xx", "ApiId", var.api_id]
      ]
    },
    {
      title = "Request time (ms)", stat = "p99"
      lines = [
        ["AWS/ApiGateway", "Latency", "ApiId", var.api_id, { stat = "p50", label = "p50" }],
        ["AWS/ApiGateway", "Latency", "ApiId", var.api_id, { stat = "p99", label = "p99" }],
        ["AWS/ApiGateway", "IntegrationLatency", "ApiId", var.api_id, { stat = "p99", label = "p99 behind the gateway" }]
      ]
    },
    {
      title = "Jobs waiting", stat = "Maximum"
      lines = [for lane in local.lanes : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queue_names["jobs-${lane}"], { label = lane }]]
    },
    {
      title = "Jobs running", stat = "Maximum"
      lines = [for lane in local.lanes : ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", var.queue_names["jobs-${lane}"], { label = lane }]]
    },
    {
      title = "Workers", stat = "Maximum"
      lines = [for metric in ["DesiredTaskCount", "RunningTaskCount", "PendingTaskCount"] :
        ["ECS/ContainerInsights", metric, "ClusterName", var.cluster_name, "ServiceName", var.worker_service]
      ]
    },
    {
      title = "Jobs by transition", stat = "Sum"
      lines = [for transition in ["submitted", "claimed", "succeeded", "failed", "cancelled", "released", "retried", "dead_letter"] :
        [local.product.namespace, "outpost.jobs.transitions", "transition", transition, { label = transition }]
      ]
    },
    {
      title = "Slots out of service, webhooks late (lines a minute)", stat = "Sum"
      lines = [for metric in ["outpost.worker.slots.dirty", "outpost.webhooks.late"] : [local.product.namespace, metric]]
    },
    {
      title = "Dead letters", stat = "Maximum"
      lines = [for queue in ["jobs-dlq", "audit-dlq", "stripe-dlq"] : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queue_names[queue], { label = queue }]]
    },
    {
      title = "DynamoDB write units", stat = "Sum"
      lines = [for table in values(var.table_names) : ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", table]]
    },
    {
      title = "Age of the oldest message (s)", stat = "Maximum"
      lines = [for queue in ["audit", "stripe"] : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.queue_names[queue], { label = queue }]]
    }
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "outpost-${var.environment}"
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type = "alarm", x = 0, y = 0, width = 24, height = 4
        properties = { title = "Promises", alarms = concat(
          values(aws_cloudwatch_composite_alarm.burn)[*].arn, values(aws_cloudwatch_metric_alarm.this)[*].arn
        ) }
      }],
      [for index, chart in concat(local.charts, local.collected_charts) : {
        type       = "metric", x = 12 * (index % 2), y = 4 + 6 * floor(index / 2), width = 12, height = 6
        properties = { title = chart.title, stat = chart.stat, metrics = chart.lines, period = 60, region = var.region, view = "timeSeries" }
      }]
    )
  })
}
