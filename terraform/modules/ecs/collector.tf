# The optional collector beside each container: OpenTelemetry's collector in AWS's distribution. Agents can reach it, because
# they share a worker's loopback. So it accepts only data with its token, serves nothing to read, and has a memory limit.
locals {
  # The metrics that CloudWatch gets, by their labels: each metric of docs/metrics.md that a panel or an alarm reads.
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

    # Not essential, so that jobs continue without it. ECS restarts it when it ends after at least a minute.
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

  # Each container gets the token as a secret.
  collector_token   = "/outpost/${var.environment}/OUTPOST_OTLP_TOKEN"
  collector_secrets = [for collector in var.collector[*] : { name = "OUTPOST_OTLP_TOKEN", valueFrom = local.collector_token_arn }]

  collector_token_arn = "arn:aws:ssm:${var.region}:${var.account_id}:parameter${local.collector_token}"

  # The rights to start a container with the token.
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

# The token by which the collector tells API and worker from the agents beside them. Terraform makes it and stores it neither
# in a plan nor in its state, and nobody needs to know it. It is good for nothing but the collector's port inside a task.
resource "aws_ssm_parameter" "collector_token" {
  count = var.collector == null ? 0 : 1

  name             = local.collector_token
  description      = "What API and worker show their collectors in ${var.environment}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = uuid()
  value_wo_version = 1
}

# The collector's rights, by the task's role; X-Ray's two calls cannot be limited to a resource.
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
