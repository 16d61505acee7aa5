output "worker_limits" {
  description = "Fewest and most workers."
  value = {
    min = aws_appautoscaling_target.worker.min_capacity
    max = aws_appautoscaling_target.worker.max_capacity
  }
}

output "messages_per_worker" {
  description = "Messages for which there is one worker."
  value       = var.messages_per_worker
}
