output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "Private subnets, one for each zone."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

output "security_group_ids" {
  description = "Security groups by component: link, alb, api, worker, canary, endpoints."
  value       = { for name, group in aws_security_group.this : name => group.id }
}

output "addresses" {
  description = "The VPC's addresses as a regular expression."
  value       = "${join("[.]", slice(split(".", var.cidr), 0, 2))}[.]\\d{1,3}[.]\\d{1,3}"
}
