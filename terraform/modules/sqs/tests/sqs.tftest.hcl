mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment     = "test"
  account_id      = "123456789012"
  region          = "us-east-1"
  alarm_topic_arn = "arn:aws:sns:us-east-1:123456789012:topic"
  queues          = jsondecode(file("../../../src/main/resources/schema/queues.json"))
}

run "queues_are_those_of_the_schema_and_lose_nothing" {
  assert {
    condition     = output.names == { for name in keys(var.queues) : name => "outpost-${name}-test" }
    error_message = "Every queue of the schema is made, called outpost-<queue>-<environment>."
  }

  assert {
    condition     = toset(keys(aws_sqs_queue.dead_letter)) == toset(["jobs-dlq", "audit-dlq", "stripe-dlq"])
    error_message = "The dead-letter queues are those that other queues name."
  }

  assert {
    condition = alltrue([for lane in ["jobs-high", "jobs-normal", "jobs-low"] :
      aws_sqs_queue.work[lane].visibility_timeout_seconds == 900 && aws_sqs_queue.work[lane].message_retention_seconds == 1209600
    ])
    error_message = "Queues of jobs have a visibility timeout of 15 minutes and keep messages for 14 days."
  }

  assert {
    condition = alltrue([for lane in ["jobs-high", "jobs-normal", "jobs-low"] :
      jsondecode(aws_sqs_queue.work[lane].redrive_policy).maxReceiveCount == 3
    ])
    error_message = "A job's message is received three times at most."
  }

  assert {
    condition = toset(jsondecode(aws_sqs_queue_redrive_allow_policy.this["jobs-dlq"].redrive_allow_policy).sourceQueueArns) == toset([
      for lane in ["high", "normal", "low"] : "arn:aws:sqs:us-east-1:123456789012:outpost-jobs-${lane}-test"
    ])
    error_message = "Only the three lanes may put jobs into jobs-dlq."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.dead_letters : alarm.threshold == 10 && alarm.alarm_actions == toset([var.alarm_topic_arn])])
    error_message = "Ten dead letters in any queue raise an alarm."
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.dead_letters :
      toset(flatten([for query in alarm.metric_query : query.metric[*].metric_name])) == toset(["ApproximateNumberOfMessagesVisible", "NumberOfMessagesDeleted"])
    ])
    error_message = "Dead letters that the worker holds count too."
  }

  assert {
    condition     = toset(keys(aws_sqs_queue_policy.this)) == toset(keys(var.queues))
    error_message = "Every queue has a policy."
  }

  assert {
    condition = alltrue([for name, entry in aws_sqs_queue_policy.this :
      jsondecode(entry.policy).Statement[0].Effect == "Deny"
      && jsondecode(entry.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
      && jsondecode(entry.policy).Statement[0].Resource == "arn:aws:sqs:us-east-1:123456789012:outpost-${name}-test"
    ])
    error_message = "The policy refuses requests to its queue without TLS."
  }

  assert {
    condition     = alltrue([for queue in merge(aws_sqs_queue.work, aws_sqs_queue.dead_letter) : queue.sqs_managed_sse_enabled])
    error_message = "Every queue is encrypted."
  }
}

run "an_unknown_dead_letter_queue_is_refused" {
  command = plan

  variables {
    queues = { jobs = { visibility_seconds = 900, dead_letter = "nowhere", receives = 3 } }
  }

  expect_failures = [var.queues]
}

run "a_dead_letter_queue_without_a_count_is_refused" {
  command = plan

  variables {
    queues = { jobs = { visibility_seconds = 900, dead_letter = "dlq" }, dlq = { visibility_seconds = 60 } }
  }

  expect_failures = [var.queues]
}

run "hiding_for_longer_than_sqs_can_is_refused" {
  command = plan

  variables {
    queues = { jobs = { visibility_seconds = 43201 } }
  }

  expect_failures = [var.queues]
}
