output "container" {
  description = "The canary's container definition, with its secret's address, never its value."
  value       = local.container
}
