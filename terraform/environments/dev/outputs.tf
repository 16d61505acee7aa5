output "url" {
  description = "Address of the API."
  value       = module.outpost.url
}

output "cluster_name" {
  description = "ECS cluster."
  value       = module.outpost.cluster_name
}

output "table_names" {
  description = "Tables by logical name."
  value       = module.outpost.table_names
}

output "queue_names" {
  description = "Queues by logical name."
  value       = module.outpost.queue_names
}

output "bucket_names" {
  description = "Buckets by logical name."
  value       = module.outpost.bucket_names
}

output "kms_key_arn" {
  description = "Key that encrypts all data at rest."
  value       = module.outpost.kms_key_arn
}

output "notices_topic_arn" {
  description = "Topic of notices to operators."
  value       = module.outpost.notices_topic_arn
}

output "pages_topic_arn" {
  description = "Topic of alarms that page an operator; a paging service can subscribe to it."
  value       = module.outpost.pages_topic_arn
}

output "containers" {
  description = "Container definitions, api and worker: settings and limits."
  value       = module.outpost.containers
}
