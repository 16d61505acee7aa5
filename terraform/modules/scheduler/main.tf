# The canary: once a minute a small separate task runs one job through the public address, with a test key, so that the demo
# agent plays it and nobody pays. Its successes are counted; an alarm rings when there are none.
locals {
  name = "outpost-canary-${var.environment}"

  trust = { for service in ["ecs-tasks", "scheduler"] : service => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "${service}.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  }) }

  container = {
    name                   = "canary"
    image                  = var.image
    essential              = true
    command                = ["python3", "-c", file("${path.module}/../../../.ci/canary")]
    readonlyRootFilesystem = true
    privileged             = false
    stopTimeout            = 5
    user                   = "65534:65534"

    environment = [
      { name = "URL", value = var.url },
      { name = "CANARY_AGENT", value = var.agent },
      { name = "CANARY_SECONDS", value = "120" }
    ]
    secrets = [{ name = "CANARY_KEY", valueFrom = var.key_secret_arn }]

    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"] }
    }

    healthCheck = {
      command     = ["CMD", "python3", "--version"]
      interval    = 30
      timeout     = 5
      retries     = 3
      startPeriod = 180
    }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-region"        = var.region
        "awslogs-group"         = var.log_group
        "awslogs-stream-prefix" = "canary"
      }
    }
  }
}

resource "aws_ecs_task_definition" "canary" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.start.arn
  container_definitions    = jsonencode([local.container])
  skip_destroy             = true
  track_latest             = true

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
}

# The rights of Fargate to start it: fetch its key and write its log. The task itself has no rights.
resource "aws_iam_role" "start" {
  name               = "outpost-canary-start-${var.environment}"
  description        = "What Fargate may do to start the canary of Outpost"
  assume_role_policy = local.trust["ecs-tasks"]
}

resource "aws_iam_role_policy" "start" {
  name = "start"
  role = aws_iam_role.start.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:${var.region}:${var.account_id}:log-group:${var.log_group}:log-stream:canary/*"]
      },
      {
        Sid      = "Secret"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [var.key_secret_arn]
      },
      {
        Sid       = "SecretsKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.kms_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
      }
    ]
  })
}

resource "aws_iam_role" "schedule" {
  name               = "outpost-canary-schedule-${var.environment}"
  description        = "What EventBridge Scheduler may do to run the canary of Outpost"
  assume_role_policy = local.trust["scheduler"]
}

resource "aws_iam_role_policy" "schedule" {
  name = "run"
  role = aws_iam_role.schedule.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Run"
        Effect    = "Allow"
        Action    = ["ecs:RunTask"]
        Resource  = ["arn:aws:ecs:${var.region}:${var.account_id}:task-definition/${local.name}:*"]
        Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
      },
      {
        Sid       = "Start"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [aws_iam_role.start.arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      }
    ]
  })
}

resource "aws_scheduler_schedule" "canary" {
  name                = local.name
  description         = "One job a minute through the public edge"
  schedule_expression = "rate(1 minute)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.cluster_arn
    role_arn = aws_iam_role.schedule.arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.canary.arn
      launch_type         = "FARGATE"
      task_count          = 1

      network_configuration {
        subnets          = var.subnet_ids
        security_groups  = [var.security_group_id]
        assign_public_ip = false
      }
    }

    # No retries: the next run comes a minute later.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }
}

# Counts the last line of a successful run, see .ci/canary.
resource "aws_cloudwatch_log_metric_filter" "succeeded" {
  name           = "${local.name}-succeeded"
  log_group_name = var.log_group
  pattern        = "\"canary: job\" \"has succeeded\""

  metric_transformation {
    namespace = "Outpost/${var.environment}"
    name      = "outpost.canary.succeeded"
    value     = "1"
  }
}

# Rings without that line, whether Outpost, the way to it or the canary itself is broken.
resource "aws_cloudwatch_metric_alarm" "silent" {
  alarm_name          = "outpost-canary-${var.environment}"
  alarm_description   = "For five minutes no job has gone through the public edge to its end. To do: docs/operations.md#the-canary-is-silent"
  namespace           = aws_cloudwatch_log_metric_filter.succeeded.metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.succeeded.metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}
