# A cluster with capacity providers needs ECS's own role, which a fresh account has not. An account has it once.
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

  # Two healthy versions side by side for a moment, never fewer tasks than asked for.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = local.start_seconds

  # An apply ends when the new tasks serve, or says that they do not.
  wait_for_steady_state = true

  # ECS reads settings and secrets at a task's start: a new value means new tasks.
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

  # Healthy is not right: while new tasks take over, and for as long after it as the alarms look back, more faults than
  # the objectives allow take the release back.
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

  # Twice as many for a moment: with less, a fleet of one could never be replaced.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  wait_for_steady_state = true

  force_new_deployment = true
  triggers             = local.triggers

  # The first tasks are on demand, so that a Spot drought slows jobs down but never stops them.
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
  # Parameters are not among them: operators change those outside Terraform.
  triggers = { credentials = tostring(var.credentials_version) }
}
