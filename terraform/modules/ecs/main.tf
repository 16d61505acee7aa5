# A cluster with capacity providers needs ECS's service-linked role. A new account lacks it, and can have it only once.
resource "aws_iam_service_linked_role" "ecs" {
  count = var.service_linked_role ? 1 : 0

  aws_service_name = "ecs.amazonaws.com"
  description      = "What ECS may do in this account"
}

resource "aws_ecs_cluster" "this" {
  name = "outpost-${var.environment}"

  # The scaling policy reads the desired number of workers from Container Insights.
  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  depends_on = [aws_iam_service_linked_role.ecs]
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_ecs_service" "api" {
  name                   = "api"
  cluster                = aws_ecs_cluster.this.id
  task_definition        = aws_ecs_task_definition.this["api"].arn
  desired_count          = var.api.tasks
  propagate_tags         = "SERVICE"
  enable_execute_command = false

  # During a deployment old and new tasks run side by side; there are never fewer than the desired number.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = local.start_seconds

  # An apply waits until the new tasks serve, and fails when they do not.
  wait_for_steady_state = true

  # ECS reads settings and secrets only when a task starts, so a new value needs new tasks.
  force_new_deployment = true
  triggers             = local.triggers

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  # Healthy tasks may still fail requests. While new tasks take over, and afterwards for as long as the alarms look back, a
  # ringing alarm of these rolls the release back.
  alarms {
    alarm_names = var.release_alarms
    enable      = true
    rollback    = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_ids["api"]]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = var.target_group_arn
    container_name   = "api"
    container_port   = 8080
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.this, aws_iam_role_policy.task, aws_iam_role_policy.execution, aws_ssm_parameter.setting,
    aws_ssm_parameter.collector_token
  ]
}

resource "aws_ecs_service" "worker" {
  name                   = "worker"
  cluster                = aws_ecs_cluster.this.id
  task_definition        = aws_ecs_task_definition.this["worker"].arn
  desired_count          = var.worker.tasks
  propagate_tags         = "SERVICE"
  enable_execute_command = false

  # Up to twice as many tasks during a deployment; with less, a single worker could never be replaced.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  wait_for_steady_state = true

  force_new_deployment = true
  triggers             = local.triggers

  # The first tasks are on demand, so that a lack of Spot capacity delays jobs but never stops them.
  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = var.worker.on_demand_base
    weight            = 100 - var.worker.spot_percent
  }

  capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight            = var.worker.spot_percent
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  alarms {
    alarm_names = var.release_alarms
    enable      = true
    rollback    = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_ids["worker"]]
    assign_public_ip = false
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.this, aws_iam_role_policy.task, aws_iam_role_policy.execution, aws_ssm_parameter.setting,
    aws_ssm_parameter.collector_token
  ]
}

locals {
  # Not the parameters: operators change those outside Terraform.
  triggers = { credentials = tostring(var.credentials_version) }
}
