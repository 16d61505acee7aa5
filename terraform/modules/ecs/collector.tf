# The collector beside each container, where one is wanted: OpenTelemetry's in the distribution of AWS. Agents share a
# worker's loopback: it takes nothing from who has not its token, gives nothing, and its memory is bounded.
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

    # It is not essential, so that jobs go on without it. It comes again when it ends, if it had run for a minute.
    restartPolicy = { enabled = true, restartAttemptPeriod = 60 }

    environment = [{
      name  = "AOT_CONFIG_CONTENT"
      value = local.collector_configuration
    }]
    secrets      = local.collector_secrets
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
    stranger    = "resource.attributes[\"outpost.sender\"] != \"Bearer $${env:OUTPOST_OTLP_TOKEN}\""
  })

  # What each container of a task is given of the token: where it is.
  collector_token   = "/outpost/${var.environment}/OUTPOST_OTLP_TOKEN"
  collector_secrets = [for collector in var.collector[*] : { name = "OUTPOST_OTLP_TOKEN", valueFrom = local.collector_token_arn }]

  collector_token_arn = "arn:aws:ssm:${var.region}:${var.account_id}:parameter${local.collector_token}"

  # What starting a container with it takes.
  collector_grants = [for collector in var.collector[*] : [
    {
      Sid      = "CollectorToken"
      Effect   = "Allow"
      Action   = ["ssm:GetParameters"]
      Resource = [local.collector_token_arn]
    },
    {
      Sid       = "CollectorTokenKey"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "ssm.${var.region}.amazonaws.com" } }
    }
  ]]
}

# By what the collector knows API and worker from the agents beside them. Write-only: neither a plan nor the state holds
# it, and nobody has to know it. It opens a port of the loopback inside a task, nothing else.
resource "aws_ssm_parameter" "collector_token" {
  count = var.collector == null ? 0 : 1

  name             = local.collector_token
  description      = "What API and worker show their collectors in ${var.environment}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = uuid()
  value_wo_version = 1
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
