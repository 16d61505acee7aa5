locals {
  # settings.json says which setting each container gets, and how; a test of the application compares it with the settings that
  # the application reads.
  settings = jsondecode(file("${path.module}/settings.json"))

  # The parameters and secrets that have a value: without Stripe its settings are left out, and without a bootstrap key that
  # key.
  parameters = { for role, setting in local.settings : role => [for name in setting.parameters : name if contains(keys(var.settings), name)] }
  secrets    = { for role, setting in local.settings : role => [for name in setting.secrets : name if contains(keys(var.secret_arns), name)] }

  # Values that Terraform itself decides.
  values = {
    for role in ["api", "worker"] : role => {
      AWS_REGION                    = var.region
      OUTPOST_AUDIT_ARCHIVE_KEPT    = "P${var.audit_days}D"
      OUTPOST_AUDIT_BUCKET          = var.buckets["audit"]
      OUTPOST_AUDIT_HEAD_BUCKET     = var.buckets["audit-head"]
      OUTPOST_AWS_ACCOUNT_ID        = var.account_id
      OUTPOST_CLIENT_ADDRESS_HEADER = var.client_address_header
      OUTPOST_ENV                   = var.environment
      OUTPOST_JOB_GRACE             = tostring(var.worker.job_grace_seconds)
      OUTPOST_NOTICES_TOPIC_ARN     = local.topic_arn
      OUTPOST_OTLP_ENDPOINT         = var.collector == null ? "" : "http://127.0.0.1:4318"
      OUTPOST_OUTPUT_BUCKET         = var.buckets["output"]
      OUTPOST_RECEIPTS_KMS_KEYS     = join(",", var.receipts_key_arns)
      OUTPOST_REPOSITORIES_SSH      = tostring(var.ssh_repositories)
      OUTPOST_SECRETS_KMS_KEY_ID    = "alias/outpost-${var.environment}"
      OUTPOST_SHUTDOWN_SECONDS      = tostring(local.stop_timeouts[role] - 10)
      OUTPOST_TRACES_SHARE          = try(tostring(var.collector.traces_share), "0")
      OUTPOST_TRUSTED_PROXIES       = var.trusted_proxies
      OUTPOST_WORKER_DISK_LIMIT     = "${local.size.job_disk_gib}GB"
      OUTPOST_WORKER_IMAGE          = var.worker.image
      OUTPOST_WORKER_MEMORY_LIMIT   = "${local.size.job_memory}MB"
      OUTPOST_WORKER_SLOTS          = tostring(local.size.slots)
      SPRING_PROFILES_ACTIVE        = role
    }
  }

  images = { api = var.api.image, worker = var.worker.image }

  # The longest time from a container's start to its first healthy answer: with half a processor, without an AOT cache and with
  # slow answers of AWS.
  start_seconds = 180

  # ECS gives a Fargate task at most 120 s to stop. A worker needs the time after the grace to stop agents and hand their jobs
  # back. Both roles end by themselves ten seconds before ECS would kill them.
  stop_timeouts = { api = 45, worker = var.worker.job_grace_seconds + 30 }

  # Writable places; the rest of the file system is read-only.
  mounts = {
    api    = { tmp = "/tmp" }
    worker = { tmp = "/tmp", jobs = "/var/lib/outpost" }
  }

  # The Linux capabilities to drop. The API needs none. The worker keeps those to start agents as users of their own and end
  # their processes (SETUID, SETGID, SETPCAP, KILL), and to give each its directory (CHOWN, FOWNER, DAC_OVERRIDE).
  dropped_capabilities = {
    api    = ["ALL"]
    worker = ["AUDIT_WRITE", "FSETID", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SYS_CHROOT"]
  }

  containers = {
    for role in ["api", "worker"] : role => {
      name                   = role
      image                  = local.images[role]
      essential              = true
      readonlyRootFilesystem = true
      privileged             = false
      stopTimeout            = local.stop_timeouts[role]

      environment = [for name in local.settings[role].environment : { name = name, value = local.values[role][name] }]
      secrets = concat(
        [for name in local.parameters[role] : { name = name, valueFrom = local.parameter_arns[name] }],
        [for name in local.secrets[role] : { name = name, valueFrom = var.secret_arns[name] }],
        local.collector_secrets
      )

      portMappings = role == "api" ? [{ containerPort = 8080, protocol = "tcp" }] : []
      mountPoints  = [for name, path in local.mounts[role] : { sourceVolume = name, containerPath = path, readOnly = false }]

      # An init process reaps orphaned processes of agents; otherwise zombies would use up a slot's process limit.
      linuxParameters = {
        initProcessEnabled = true
        capabilities       = { drop = local.dropped_capabilities[role] }
      }

      healthCheck = {
        command     = ["CMD", "curl", "--fail", "--silent", "--max-time", "4", "http://127.0.0.1:8080/health"]
        interval    = 10
        timeout     = 5
        retries     = 3
        startPeriod = local.start_seconds
      }

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          "awslogs-region"        = var.region
          "awslogs-group"         = var.log_groups[role]
          "awslogs-stream-prefix" = role
          # Logging must never delay a request or a job; ECS drops and counts lines that do not fit into the buffer.
          "mode"            = "non-blocking"
          "max-buffer-size" = "8m"
        }
      }
    }
  }
}

# The settings in the parameter store, those that settings.json lists. Terraform writes only the initial value; afterwards
# operators change them, and an apply changes nothing back.
resource "aws_ssm_parameter" "setting" {
  for_each = var.settings

  name        = "/outpost/${var.environment}/${each.key}"
  description = "Setting of the containers in ${var.environment}"
  type        = "String"
  value       = each.value

  lifecycle {
    ignore_changes = [value]
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.containers

  family                   = "outpost-${each.key}-${var.environment}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.key == "api" ? var.api.cpu : var.worker.cpu
  memory                   = each.key == "api" ? var.api.memory : var.worker.memory
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  task_role_arn            = aws_iam_role.task[each.key].arn
  container_definitions = jsonencode(concat([each.value], [for collector in values(local.collectors) : merge(collector, {
    logConfiguration = each.value.logConfiguration
  })]))

  # Older revisions are kept, so that a service can return to one without Terraform. Terraform also notices a revision that was
  # registered by hand.
  skip_destroy = true
  track_latest = true

  lifecycle {
    precondition {
      condition     = local.slots >= 1
      error_message = "worker: the task is too small for one job; raise memory or disk_gib, or lower job_memory or job_disk_gib."
    }

    precondition {
      condition     = local.slots * 512 <= var.worker.cpu
      error_message = "worker: less than half a processor for each job; raise cpu or job_memory."
    }
  }

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  dynamic "ephemeral_storage" {
    for_each = each.key == "worker" ? [var.worker.disk_gib] : []

    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  dynamic "volume" {
    for_each = local.mounts[each.key]

    content {
      name = volume.key
    }
  }
}
