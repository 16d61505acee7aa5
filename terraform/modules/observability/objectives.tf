# Objectives (docs/objectives.md). A month may have a few faults. An alarm rings when faults come so fast that a month's would
# soon be used up, in a long window, so that a short disturbance wakes nobody, and in a short one, so that the alarm ends soon
# after the faults.
locals {
  # API and worker log each transition of a job as a line of JSON; a metric filter counts the lines by transition.
  transitions = { for transition in ["submitted", "dead_letter"] : transition => merge(local.product, {
    name = "outpost.jobs.transitions", dimensions = { transition = transition }
  }) }

  # Metrics that the collectors beside the containers send (modules/ecs/collector.tf); without collectors they do not exist.
  collected = { namespace = "Outpost/${var.environment}/containers" }
  timed = {
    auth       = { percent = 99, page = true, text = "calls have their key checked within 50 ms" }
    audit      = { percent = 99, page = true, text = "entries of the audit can be listed within a minute" }
    dispatch   = { percent = 99, page = false, text = "jobs have an agent within 200 ms, once they may run and a slot is free" }
    end-to-end = { percent = 99, page = true, text = "jobs end at their first attempt, and take at most a minute besides the agent's own time" }
    webhooks   = { percent = 99, page = false, text = "events are sent within a minute, once their endpoint takes one" }
  }

  objectives = merge({
    availability = {
      percent = 99.9, page = true, text = "requests are answered without a fault of ours", runbook = "when-an-alarm-rings"
      bad     = merge(local.gateway, { name = "5xx" })
      all     = merge(local.gateway, { name = "Count" })
    }
    jobs = {
      percent = 99.9, page = true, text = "accepted jobs are run and become no dead letters", runbook = "dead-letters"
      bad     = local.transitions["dead_letter"]
      all     = local.transitions["submitted"]
    }
    }, { for name, objective in local.timed : name => merge(objective, {
      runbook = "an-objective-of-time-is-missed"
      bad     = merge(local.collected, { name = "outpost.objectives.missed", dimensions = { objective = name } })
      all     = merge(local.collected, { name = "outpost.objectives.measured", dimensions = { objective = name } })
  }) if var.collected })

  # A rate of 1 uses up a month's faults in exactly a month. When these alarms ring, 2 %, 5 % and 10 % are used up. An objective
  # without `page` wakes nobody, because customers see only a delay.
  burns = {
    fast = { rate = 14.4, long = 3600, short = 300, page = true }
    slow = { rate = 6, long = 21600, short = 1800, page = true }
    leak = { rate = 3, long = 86400, short = 7200, page = false }
  }

  objective_burns = merge([for name, objective in local.objectives : {
    for speed, burn in local.burns : "${name}-${speed}" => merge(burn, objective, {
      objective = name, speed = speed, page = burn.page && objective.page
      # In percent of all cases.
      threshold = burn.rate * (100 - objective.percent)
    })
  }]...)

  burn_windows = merge([for name, burn in local.objective_burns : {
    for window in ["long", "short"] : "${name}-${window}" => merge(burn, { period = burn[window] })
  }]...)
}

resource "aws_cloudwatch_log_metric_filter" "transitions" {
  for_each = toset(["api", "worker"])

  name           = "outpost-jobs-transitions-${each.key}-${var.environment}"
  log_group_name = aws_cloudwatch_log_group.this[each.key].name
  pattern        = "{ $.transition = * }"

  metric_transformation {
    namespace  = local.product.namespace
    name       = "outpost.jobs.transitions"
    value      = "1"
    dimensions = { transition = "$.transition" }
  }
}

# The alarm of a single window notifies nobody.
resource "aws_cloudwatch_metric_alarm" "burn_window" {
  for_each = local.burn_windows

  alarm_name          = "outpost-${each.key}-${var.environment}"
  alarm_description   = "A window of outpost-${each.value.objective}-${each.value.speed}-${var.environment}, whose alarm tells people."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  # A window can have a bad case and no case in all, when it was requested before the window.
  metric_query {
    id          = "percent"
    expression  = "IF(FILL(bad, 0) >= 3, 100 * FILL(bad, 0) / MAX([FILL(all, 0), FILL(bad, 0)]), 0)"
    label       = "Percent that are not: ${each.value.text}"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { bad = each.value.bad, all = each.value.all }

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = "Sum"
        period      = each.value.period
      }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "burn" {
  for_each = local.objective_burns

  alarm_name        = "outpost-${each.key}-${var.environment}"
  alarm_description = "${each.value.percent} % of ${each.value.text}: the faults that a month may have are used up ${each.value.rate} times too fast. To do: docs/operations.md#${each.value.runbook}"
  alarm_rule = join(" AND ", [
    for window in ["long", "short"] : "ALARM(\"${aws_cloudwatch_metric_alarm.burn_window["${each.key}-${window}"].alarm_name}\")"
  ])
  alarm_actions = [local.topics[each.value.page]]
  ok_actions    = [local.topics[each.value.page]]
}
