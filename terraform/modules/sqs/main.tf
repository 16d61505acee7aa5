locals {
  dead_letters = toset(compact([for queue in values(var.queues) : queue.dead_letter]))
  retention    = 14 * 24 * 3600 # what SQS allows at most: a queue must outlive a long week-end

  arns = {
    for name in keys(var.queues) :
    name => "arn:aws:sqs:${var.region}:${var.account_id}:outpost-${name}-${var.environment}"
  }
}

# Dead-letter queues first: a work queue can only name one that exists.
resource "aws_sqs_queue" "dead_letter" {
  for_each = local.dead_letters

  name                       = "outpost-${each.key}-${var.environment}"
  visibility_timeout_seconds = var.queues[each.key].visibility_seconds
  message_retention_seconds  = local.retention
  sqs_managed_sse_enabled    = true
}

resource "aws_sqs_queue" "work" {
  for_each = { for name, queue in var.queues : name => queue if !contains(local.dead_letters, name) }

  name                       = "outpost-${each.key}-${var.environment}"
  visibility_timeout_seconds = each.value.visibility_seconds
  message_retention_seconds  = local.retention
  sqs_managed_sse_enabled    = true

  redrive_policy = each.value.dead_letter == null ? null : jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[each.value.dead_letter].arn
    maxReceiveCount     = each.value.receives
  })
}

# Only the queues that name a dead-letter queue may put messages there.
resource "aws_sqs_queue_redrive_allow_policy" "this" {
  for_each = local.dead_letters

  queue_url = aws_sqs_queue.dead_letter[each.key].id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [for name, queue in var.queues : local.arns[name] if queue.dead_letter == each.key]
  })
}

# Roles give access; the queue's own policy only refuses calls without TLS.
resource "aws_sqs_queue_policy" "this" {
  for_each = merge(aws_sqs_queue.dead_letter, aws_sqs_queue.work)

  queue_url = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sqs:*"
      Resource  = local.arns[each.key]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = local.dead_letters

  alarm_name          = "outpost-${each.key}-${var.environment}"
  alarm_description   = "Dead letters wait in outpost-${each.key}-${var.environment}. To do: docs/operations.md#dead-letters"
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.dead_letter_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]

  # Counts deleted messages besides waiting ones, because the worker empties jobs-dlq at once and its depth alone would never
  # reach the threshold. Over 15 minutes, so that dead letters that come one by one are counted together.
  metric_query {
    id          = "letters"
    expression  = "FILL(waiting, 0) + FILL(taken, 0)"
    label       = "Dead letters"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      waiting = { name = "ApproximateNumberOfMessagesVisible", stat = "Maximum" }
      taken   = { name = "NumberOfMessagesDeleted", stat = "Sum" }
    }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/SQS"
        metric_name = metric_query.value.name
        dimensions  = { QueueName = aws_sqs_queue.dead_letter[each.key].name }
        stat        = metric_query.value.stat
        period      = 900
      }
    }
  }
}
