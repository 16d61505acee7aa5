output "cluster_name" {
  description = "Cluster of both services."
  value       = aws_ecs_cluster.this.name
}

output "service_names" {
  description = "Service names: api and worker."
  value       = { api = aws_ecs_service.api.name, worker = aws_ecs_service.worker.name }
}

output "worker_slots" {
  description = "Jobs that one worker runs at once."
  value       = local.size.slots
}

output "task_role_arns" {
  description = "Roles of the containers: api and worker."
  value       = { for role, entry in aws_iam_role.task : role => entry.arn }
}

output "cluster_arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
}

output "containers" {
  description = "Container definitions, api and worker: settings, limits and the addresses of secrets, not their values."
  value       = local.containers
}
