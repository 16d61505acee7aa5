output "names" {
  description = "Physical queue names by logical name."
  value       = { for key, queue in merge(aws_sqs_queue.dead_letter, aws_sqs_queue.work) : key => queue.name }
}
