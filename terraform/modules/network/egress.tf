# With a list of hosts nothing else can be reached from a task, whatever an agent tries: what leaves the private subnets goes
# through AWS Network Firewall, which reads the name that a TLS connection is for, and then to the NAT gateway; what comes
# back takes the same way. Without a list (the default) there is none of it.
locals {
  walled_zones = toset(var.egress_hosts == null ? [] : local.nat_zones)

  # The firewall's endpoint in each of its subnets.
  endpoints = merge([
    for firewall in aws_networkfirewall_firewall.this : {
      for state in flatten([for status in firewall.firewall_status : [for state in status.sync_states : state]]) :
      state.attachment[0].subnet_id => state.attachment[0].endpoint_id
    }
  ]...)

  # Which gateway's zone a zone's tasks leave by.
  exits = { for zone in var.zones : zone => var.nat_per_zone ? zone : var.zones[0] }
}

resource "aws_subnet" "firewall" {
  for_each = local.walled_zones

  vpc_id               = aws_vpc.this.id
  availability_zone_id = each.key
  cidr_block           = cidrsubnet(var.cidr, 8, 250 + local.zones[each.key])

  tags = { Name = "outpost-${var.environment}-firewall-${each.key}" }
}

resource "aws_networkfirewall_rule_group" "this" {
  count = length(local.walled_zones) > 0 ? 1 : 0

  name        = "outpost-hosts-${var.environment}"
  description = "Hosts that tasks of Outpost may reach"
  type        = "STATEFUL"
  capacity    = 1000

  rule_group {
    rule_variables {
      ip_sets {
        key = "HOME_NET"

        ip_set {
          definition = [var.cidr]
        }
      }
    }

    rules_source {
      rules_source_list {
        generated_rules_type = "ALLOWLIST"
        target_types         = ["TLS_SNI"]
        targets              = var.egress_hosts
      }
    }

    stateful_rule_options {
      rule_order = "STRICT_ORDER"
    }
  }
}

resource "aws_networkfirewall_firewall_policy" "this" {
  count = length(local.walled_zones) > 0 ? 1 : 0

  name = "outpost-${var.environment}"

  firewall_policy {
    stateless_default_actions          = ["aws:forward_to_sfe"]
    stateless_fragment_default_actions = ["aws:forward_to_sfe"]
    # Once a connection has said what it is for; what is no TLS never does.
    stateful_default_actions = ["aws:drop_established", "aws:alert_established"]

    stateful_engine_options {
      rule_order = "STRICT_ORDER"
    }

    stateful_rule_group_reference {
      priority     = 1
      resource_arn = aws_networkfirewall_rule_group.this[0].arn
    }
  }
}

resource "aws_networkfirewall_firewall" "this" {
  count = length(local.walled_zones) > 0 ? 1 : 0

  name                = "outpost-${var.environment}"
  vpc_id              = aws_vpc.this.id
  firewall_policy_arn = aws_networkfirewall_firewall_policy.this[0].arn

  dynamic "subnet_mapping" {
    for_each = aws_subnet.firewall

    content {
      subnet_id = subnet_mapping.value.id
    }
  }
}

resource "aws_networkfirewall_logging_configuration" "this" {
  count = length(local.walled_zones) > 0 ? 1 : 0

  firewall_arn = aws_networkfirewall_firewall.this[0].arn

  logging_configuration {
    log_destination_config {
      log_type             = "ALERT"
      log_destination_type = "CloudWatchLogs"
      log_destination      = { logGroup = element(split(":", var.flow_log_group_arn), 6) }
    }
  }
}

resource "aws_route_table" "firewall" {
  for_each = local.walled_zones

  vpc_id = aws_vpc.this.id

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.this[each.key].id
  }

  tags = { Name = "outpost-${var.environment}-firewall-${each.key}" }
}

resource "aws_route_table_association" "firewall" {
  for_each = local.walled_zones

  route_table_id = aws_route_table.firewall[each.key].id
  subnet_id      = aws_subnet.firewall[each.key].id
}

# A gateway's answers go back through the firewall, not past it.
resource "aws_route_table" "nat" {
  for_each = local.walled_zones

  vpc_id = aws_vpc.this.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }

  dynamic "route" {
    for_each = [for zone in var.zones : aws_subnet.private[zone].cidr_block if local.exits[zone] == each.key]

    content {
      cidr_block      = route.value
      vpc_endpoint_id = lookup(local.endpoints, aws_subnet.firewall[each.key].id, null)
    }
  }

  tags = { Name = "outpost-${var.environment}-nat-${each.key}" }
}
