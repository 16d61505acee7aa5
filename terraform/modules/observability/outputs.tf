output "topic_arn" {
  description = "Topic of notices to operators."
  value       = aws_sns_topic.notices.arn
}

output "pages_topic_arn" {
  description = "Topic of alarms that page an operator."
  value       = aws_sns_topic.pages.arn
}

output "log_group_names" {
  description = "Log groups by what is logged: api, worker, canary, access, flow, metrics, firewall."
  value       = { for key, group in aws_cloudwatch_log_group.this : key => group.name }
}

output "log_group_arns" {
  description = "ARNs of the log groups by what is logged."
  value       = { for key, group in aws_cloudwatch_log_group.this : key => group.arn }
}

output "release_alarms" {
  description = "Alarms that roll a release back: the short windows of the objectives, which ring within minutes and end soon after. Not the alarms on collectors' metrics, which may be late or missing."
  value       = [for name in setsubtract(keys(local.objectives), keys(local.timed)) : aws_cloudwatch_metric_alarm.burn_window["${name}-fast-short"].alarm_name]
}
