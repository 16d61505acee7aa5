# The number of workers follows the number of jobs, waiting and running: one task for every few messages. Step scaling to an
# exact capacity, because it works from zero, reacts to one data point, and is harmless when repeated. docs/scaling.md shows
# how these resources react to a recorded load, by simulation.
locals {
  lanes = ["high", "normal", "low"]

  # A job leaves the queue only when it has ended, so messages in flight are jobs that hold a slot: if they did not
  # count, a full fleet would look idle and be stopped under its jobs.
  metrics = merge(
    { for lane in local.lanes : "waiting_${lane}" => {
      namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.queue_names["jobs-${lane}"] }
    } },
    { for lane in local.lanes : "running_${lane}" => {
      namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesNotVisible", dimensions = { QueueName = var.queue_names["jobs-${lane}"] }
    } },
    { tasks = {
      namespace = "ECS/ContainerInsights", name = "DesiredTaskCount", dimensions = { ClusterName = var.cluster_name, ServiceName = var.worker_service }
    } }
  )

  # REPEAT fills a late value with the last one, FILL with 0: ECS sends none while nothing runs, SQS none for a queue that was
  # unused for hours.
  value    = { for id in keys(local.metrics) : id => "FILL(FILL(${id}, REPEAT), 0)" }
  waiting  = join(" + ", [for lane in local.lanes : local.value["waiting_${lane}"]])
  messages = join(" + ", [for lane in local.lanes : "${local.value["waiting_${lane}"]} + ${local.value["running_${lane}"]}"])

  alarms = {
    # Scale out: the wanted number of workers when jobs wait and it exceeds the present number, else 0; over the last minute.
    # The cooldown is longer than the delay of ECS's count, so that a smaller number does not undo a step too early; a
    # larger one takes effect at once even so.
    out = {
      expression = "IF(${local.waiting} > 0, IF(wanted > ${local.value.tasks}, wanted, 0), 0)"
      period     = 60
      tasks      = "Maximum"
      cooldown   = 180
      text       = "Jobs wait and more workers are wanted than there are"
    }
    # Scale in: when the largest number wanted in the last five minutes, plus a quarter, is below the present number, it is
    # that largest number plus one, because 0 workers may be wanted too; else 0. CloudWatch evaluates this each minute.
    in = {
      expression = "IF(wanted * 1.25 < ${local.value.tasks}, wanted + 1, 0)"
      period     = 300
      tasks      = "Minimum"
      cooldown   = 300
      text       = "Fewer workers were wanted in the last five minutes than there are"
    }
  }

  # A policy has at most 20 steps. Up to 8 workers the number is exact; above it is rounded up, by at most a fifth with a
  # maximum of 50 workers, and by at most a half with a maximum of 1,000.
  sizes = var.workers.max <= 19 ? range(1, var.workers.max + 1) : distinct(concat(
    range(1, 9), [for k in range(1, 12) : min(var.workers.max, ceil(8 * pow(var.workers.max / 8, k / 11) - 0.000001))]
  ))

  # Steps as distances from the alarm's threshold, which is 1: [from, to) sets the size.
  steps = {
    out = [for index, size in local.sizes : {
      from = index == 0 ? 0 : local.sizes[index - 1], to = index == length(local.sizes) - 1 ? null : size, size = size
    }]
    in = concat([{ from = 0, to = 1, size = 0 }], [for index, size in local.sizes : {
      from = 1 + (index == 0 ? 0 : local.sizes[index - 1]), to = index == length(local.sizes) - 1 ? null : 1 + size, size = size
    }])
  }
}

resource "aws_appautoscaling_target" "worker" {
  service_namespace  = "ecs"
  resource_id        = "service/${var.cluster_name}/${var.worker_service}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.workers.min
  max_capacity       = var.workers.max
}

resource "aws_appautoscaling_policy" "worker" {
  for_each = local.alarms

  name               = "outpost-worker-${each.key}-${var.environment}"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.worker.service_namespace
  resource_id        = aws_appautoscaling_target.worker.resource_id
  scalable_dimension = aws_appautoscaling_target.worker.scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type         = "ExactCapacity"
    cooldown                = each.value.cooldown
    metric_aggregation_type = "Maximum"

    dynamic "step_adjustment" {
      for_each = local.steps[each.key]

      content {
        metric_interval_lower_bound = step_adjustment.value.from
        metric_interval_upper_bound = step_adjustment.value.to
        scaling_adjustment          = step_adjustment.value.size
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "worker" {
  for_each = local.alarms

  alarm_name          = "outpost-worker-${each.key}-${var.environment}"
  alarm_description   = "${each.value.text}; scales the worker service, nobody needs to act"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 1
  alarm_actions       = [aws_appautoscaling_policy.worker[each.key].arn]

  # Without data nothing is scaled.
  treat_missing_data = "notBreaching"

  metric_query {
    id          = "answer"
    expression  = each.value.expression
    label       = each.value.text
    return_data = true
  }

  metric_query {
    id         = "wanted"
    expression = "IF(asked > ${var.workers.max}, ${var.workers.max}, IF(asked < ${var.workers.min}, ${var.workers.min}, asked))"
    label      = "Workers wanted, within the limits"
  }

  metric_query {
    id         = "asked"
    expression = "CEIL((${local.messages}) / ${var.messages_per_worker})"
    label      = "Workers for the messages there are"
  }

  dynamic "metric_query" {
    for_each = local.metrics

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.key == "tasks" ? each.value.tasks : "Maximum"
        period      = each.value.period
      }
    }
  }
}

# The API's load comes from requests alone, so CPU is a sufficient measure.
resource "aws_appautoscaling_target" "api" {
  service_namespace  = "ecs"
  resource_id        = "service/${var.cluster_name}/${var.api_service}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.api.min
  max_capacity       = var.api.max
}

resource "aws_appautoscaling_policy" "api" {
  name               = "outpost-api-cpu-${var.environment}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.api.service_namespace
  resource_id        = aws_appautoscaling_target.api.resource_id
  scalable_dimension = aws_appautoscaling_target.api.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
