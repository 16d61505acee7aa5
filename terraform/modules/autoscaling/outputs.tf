output "worker_limits" {
  description = "Minimum and maximum number of workers."
  value = {
    min = aws_appautoscaling_target.worker.min_capacity
    max = aws_appautoscaling_target.worker.max_capacity
  }
}

output "messages_per_worker" {
  description = "Messages for each worker."
  value       = var.messages_per_worker
}
