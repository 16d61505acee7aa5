output "container" {
  description = "The canary's container definition, with the address of its secret, not the value."
  value       = local.container
}
