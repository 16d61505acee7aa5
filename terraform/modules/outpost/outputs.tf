output "url" {
  description = "Address of the API."
  value       = module.api_gateway.url
}

output "cluster_name" {
  description = "ECS cluster."
  value       = module.ecs.cluster_name
}

output "table_names" {
  description = "Tables by logical name."
  value       = module.dynamodb.names
}

output "queue_names" {
  description = "Queues by logical name."
  value       = module.sqs.names
}

output "bucket_names" {
  description = "Buckets by logical name."
  value       = module.s3.names
}

output "kms_key_arn" {
  description = "Key that encrypts all data at rest."
  value       = module.secrets.kms_key_arn
}

output "notices_topic_arn" {
  description = "Topic of notices to operators."
  value       = module.observability.topic_arn
}

output "pages_topic_arn" {
  description = "Topic of alarms that page an operator; a paging service can subscribe to it."
  value       = module.observability.pages_topic_arn
}

output "containers" {
  description = "Container definitions, api and worker: settings and limits."
  value       = module.ecs.containers
}
