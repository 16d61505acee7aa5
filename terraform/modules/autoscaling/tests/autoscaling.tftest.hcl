mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment    = "test"
  cluster_name   = "outpost-test"
  worker_service = "worker"
  api_service    = "api"
  queue_names    = { jobs-high = "outpost-jobs-high-test", jobs-normal = "outpost-jobs-normal-test", jobs-low = "outpost-jobs-low-test" }
}

run "one_worker_for_five_messages_from_1_to_50" {
  assert {
    condition     = aws_appautoscaling_target.worker.min_capacity == 1 && aws_appautoscaling_target.worker.max_capacity == 50
    error_message = "The default is 1 to 50 workers."
  }

  assert {
    condition = one([for query in aws_cloudwatch_metric_alarm.worker["out"].metric_query : query.expression if query.id == "asked"]) == format("CEIL((%s) / 8)", join(" + ", [
      for id in ["waiting_high", "running_high", "waiting_normal", "running_normal", "waiting_low", "running_low"] : "FILL(FILL(${id}, REPEAT), 0)"
    ]))
    error_message = "The wanted number counts waiting and running jobs of all lanes."
  }

  assert {
    condition     = alltrue([for query in aws_cloudwatch_metric_alarm.worker["out"].metric_query : query.metric[0].period == 60 if length(query.metric) > 0])
    error_message = "Scaling out looks at one minute."
  }

  assert {
    condition     = alltrue([for query in aws_cloudwatch_metric_alarm.worker["in"].metric_query : query.metric[0].period == 300 if length(query.metric) > 0]) && one(aws_appautoscaling_policy.worker["in"].step_scaling_policy_configuration).cooldown == 300
    error_message = "Scaling in looks at five minutes and then waits five."
  }

  assert {
    condition     = alltrue([for policy in aws_appautoscaling_policy.worker : one(policy.step_scaling_policy_configuration).adjustment_type == "ExactCapacity" && length(one(policy.step_scaling_policy_configuration).step_adjustment) <= 20])
    error_message = "Steps set an exact size, and there are no more than AWS takes."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.worker : alarm.evaluation_periods == 1 && alarm.treat_missing_data == "notBreaching" && length(alarm.metric_query) <= 10])
    error_message = "Missing data scales nothing, and no alarm has more than ten metrics."
  }

  # Every number of workers that can be wanted falls into exactly one step, which gives at least as many.
  assert {
    condition = alltrue([for wanted in range(1, 51) : length([for step in local.steps.out : step
      if wanted - 1 >= step.from && (step.to == null || wanted - 1 < coalesce(step.to, 1000)) && step.size >= wanted && step.size <= 50
    ]) == 1])
    error_message = "Scaling out: each wanted number falls into one step, which gives at least as many."
  }

  # The alarm that scales in shows one more than is wanted.
  assert {
    condition = alltrue([for wanted in range(0, 51) : length([for step in local.steps.in : step
      if wanted >= step.from && (step.to == null || wanted < coalesce(step.to, 1000)) && step.size >= wanted && step.size <= 50
    ]) == 1])
    error_message = "Scaling in: each wanted number falls into one step, which gives at least as many."
  }

  assert {
    condition     = alltrue([for index, size in slice(local.sizes, 1, length(local.sizes)) : size - local.sizes[index] <= max(1, ceil(size / 5))])
    error_message = "A step gives at most a fifth more than is wanted."
  }
}

run "none_at_night" {
  variables {
    workers = { min = 0, max = 50 }
  }

  assert {
    condition     = aws_appautoscaling_target.worker.min_capacity == 0 && local.steps.in[0] == { from = 0, to = 1, size = 0 }
    error_message = "With a minimum of 0 the last worker is stopped too."
  }
}

run "a_small_fleet_is_sized_exactly" {
  variables {
    workers = { min = 0, max = 3 }
  }

  assert {
    condition     = local.sizes == tolist([1, 2, 3])
    error_message = "Up to three workers each number is a size of its own."
  }
}

run "a_minimum_over_the_maximum_is_refused" {
  command = plan

  variables {
    workers = { min = 5, max = 4 }
  }

  expect_failures = [var.workers]
}

run "a_missing_lane_is_refused" {
  command = plan

  variables {
    queue_names = { jobs-high = "outpost-jobs-high-test" }
  }

  expect_failures = [var.queue_names]
}
