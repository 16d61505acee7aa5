# The collector beside each container, where one is wanted: OpenTelemetry's in the distribution of AWS. Agents share a
# worker's loopback and could send it numbers of their own; it gives none, and its memory is bounded.
locals {
  # What CloudWatch counts, by the labels that it is looked at by; each metric of docs/metrics.md that a panel or alarm reads.
  collected = {
    plain = [
      "outpost.audit.outbox.age", "outpost.audit.spool.bytes", "outpost.billing.usage.age", "outpost.jobs.lease.overdue",
      "outpost.webhooks.late", "outpost.worker.slots", "outpost.worker.slots.used", "outpost.worker.disk.free",
      "outpost.worker.memory.free"
    ]
    labelled = {
      "outcome"                                     = ["outpost.auth.cache", "outpost.auth.duration"]
      "lane"                                        = ["outpost.jobs.wait.duration", "outpost.jobs.start.duration"]
      "lane reason"                                 = ["outpost.jobs.waiting.age"]
      "lane state"                                  = ["outpost.jobs.open"]
      "lane status"                                 = ["outpost.jobs.duration"]
      "reason"                                      = ["outpost.jobs.attempts.ended", "outpost.dead.letters"]
      "queue"                                       = ["outpost.queue.age"]
      "to"                                          = ["outpost.audit.lag"]
      "objective"                                   = ["outpost.objectives.measured", "outpost.objectives.missed"]
      "circuit"                                     = ["outpost.stripe.circuit"]
      "peer.service http.response.status_class"     = ["http.client.request.duration"]
      "outpost.operation http.response.status_code" = ["http.server.request.duration"]
    }
  }

  collectors = { for collector in var.collector[*] : "collector" => {
    name                   = "collector"
    image                  = collector.image
    essential              = false
    readonlyRootFilesystem = true
    privileged             = false
    stopTimeout            = 30
    memory                 = local.collector_memory

    environment = [{
      name  = "AOT_CONFIG_CONTENT"
      value = local.collector_configuration
    }]
    secrets      = []
    portMappings = []
    mountPoints  = []

    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"] }
    }

    healthCheck = {
      command     = ["CMD", "/healthcheck"]
      interval    = 30
      timeout     = 5
      retries     = 3
      startPeriod = local.start_seconds
    }
  } }

  collector_configuration = templatefile("${path.module}/collector.yaml", {
    region      = var.region
    environment = var.environment
    log_group   = var.log_groups["metrics"]
    plain       = local.collected.plain
    labelled    = local.collected.labelled
  })
}

# What the collector may do, in the task's name: X-Ray's two calls know no resource.
resource "aws_iam_role_policy" "collector" {
  for_each = { for role in keys(local.grants) : role => role if var.collector != null }

  name = "collector"
  role = aws_iam_role.task[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Traces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = ["*"]
      },
      {
        Sid      = "Metrics"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:${var.region}:${var.account_id}:log-group:${var.log_groups["metrics"]}:*"]
      }
    ]
  })
}
