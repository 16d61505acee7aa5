# Which component may open a connection to which. Everything not listed is refused.
locals {
  groups = {
    link      = "API Gateway's way into the VPC"
    alb       = "Load balancer"
    api       = "API tasks"
    worker    = "Worker tasks"
    canary    = "Canary's tasks, which ask the public address"
    endpoints = "Interface endpoints of AWS services"
  }

  paths = {
    "link-alb"         = { from = "link", to = "alb", port = var.listener_port }
    "alb-api"          = { from = "alb", to = "api", port = 8080 }
    "api-endpoints"    = { from = "api", to = "endpoints", port = 443 }
    "worker-endpoints" = { from = "worker", to = "endpoints", port = 443 }
    "canary-endpoints" = { from = "canary", to = "endpoints", port = 443 }
  }
}

resource "aws_security_group" "this" {
  for_each = local.groups

  name        = "outpost-${var.environment}-${each.key}"
  description = each.value
  vpc_id      = aws_vpc.this.id

  tags = { Name = "outpost-${var.environment}-${each.key}" }
}

resource "aws_vpc_security_group_egress_rule" "path" {
  for_each = local.paths

  description                  = "${each.value.from} to ${each.value.to}"
  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "path" {
  for_each = local.paths

  description                  = "${each.value.to} from ${each.value.from}"
  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# HTTPS to anywhere, because Stripe, model providers and the hosts that agents use have no fixed addresses. S3 and DynamoDB
# are reached through gateway endpoints.
resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = toset(["api", "worker", "canary"])

  description       = "HTTPS out of ${each.key} tasks"
  security_group_id = aws_security_group.this[each.key].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Port 22, for repositories by ssh; it is open to every host for agents, too. Not with a list of hosts: the firewall reads
# host names from TLS, and ssh has none.
resource "aws_vpc_security_group_egress_rule" "ssh" {
  for_each = toset(var.ssh_repositories && !local.walled ? ["worker"] : [])

  description       = "Repositories by ssh out of ${each.key} tasks"
  security_group_id = aws_security_group.this[each.key].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

# The default security group of a VPC allows everything. Without rules it allows nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}
