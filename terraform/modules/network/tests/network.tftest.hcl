mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment        = "test"
  account_id         = "123456789012"
  region             = "us-east-1"
  zones              = ["use1-az1", "use1-az2", "use1-az4"]
  nat_per_zone       = true
  listener_port      = 443
  flow_log_group_arn = "arn:aws:logs:us-east-1:123456789012:log-group:flow"
}

run "only_listed_connections_are_possible" {
  assert {
    condition     = toset(keys(aws_nat_gateway.this)) == toset(var.zones)
    error_message = "A NAT gateway in each zone."
  }

  assert {
    condition     = alltrue([for zone in var.zones : one(aws_route_table.private[zone].route).nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "A zone's subnets use its own gateway."
  }

  assert {
    condition     = toset([for subnet in aws_subnet.private : subnet.availability_zone_id]) == toset(var.zones)
    error_message = "A zone is named by its id, which means the same everywhere."
  }

  assert {
    condition     = !anytrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch])
    error_message = "Nothing gets a public address by itself."
  }

  assert {
    condition     = length(distinct(concat([for subnet in aws_subnet.private : subnet.cidr_block], [for subnet in aws_subnet.public : subnet.cidr_block]))) == 6
    error_message = "Six different blocks."
  }

  assert {
    condition     = aws_subnet.private["use1-az4"].cidr_block == "10.42.32.0/20" && aws_subnet.public["use1-az1"].cidr_block == "10.42.240.0/24"
    error_message = "Private subnets from below, public ones from above."
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["sqs", "secretsmanager", "sns", "kms", "ssm", "ecr.api", "ecr.dkr", "logs"])
    error_message = "Interface endpoints."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.dynamodb.vpc_endpoint_type == "Gateway"
    error_message = "Gateway endpoints."
  }

  assert {
    condition = alltrue([for endpoint in merge(aws_vpc_endpoint.interface, { dynamodb = aws_vpc_endpoint.dynamodb }) :
      jsondecode(endpoint.policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012"
    ])
    error_message = "Only our own credentials work through an endpoint."
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Condition.StringEquals["aws:ResourceAccount"] == "123456789012"
    error_message = "Nobody carries data to another account's bucket."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.path)) == toset(["link-alb", "alb-api", "api-endpoints", "worker-endpoints"])
    error_message = "Nobody else is let in."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.path : rule.cidr_ipv4 == null && rule.referenced_security_group_id != null])
    error_message = "Groups let groups in, never addresses."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.https : rule.from_port == 443 && rule.to_port == 443])
    error_message = "The way out is HTTPS."
  }
}

run "one_way_out_for_all_is_cheaper" {
  variables {
    nat_per_zone = false
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["use1-az1"]
    error_message = "One NAT gateway."
  }

  assert {
    condition     = alltrue([for table in aws_route_table.private : one(table.route).nat_gateway_id == aws_nat_gateway.this["use1-az1"].id])
    error_message = "All subnets use it."
  }
}

run "one_zone_is_refused" {
  command = plan

  variables {
    zones = ["use1-az1"]
  }

  expect_failures = [var.zones]
}

run "a_zone_twice_is_refused" {
  command = plan

  variables {
    zones = ["use1-az1", "use1-az1", "use1-az2"]
  }

  expect_failures = [var.zones]
}

run "a_small_block_is_refused" {
  command = plan

  variables {
    cidr = "10.0.0.0/24"
  }

  expect_failures = [var.cidr]
}

run "a_zone_by_its_name_is_refused" {
  command = plan

  variables {
    zones = ["us-east-1a", "us-east-1b"]
  }

  expect_failures = [var.zones]
}

run "a_zone_without_vpc_links_is_refused" {
  command = plan

  variables {
    zones = ["use1-az2", "use1-az3"]
  }

  expect_failures = [var.zones]
}

run "with_a_list_of_hosts_every_way_out_leads_through_the_firewall" {
  variables {
    zones        = ["use1-az1", "use1-az2"]
    nat_per_zone = false
    egress_hosts = ["api.anthropic.com", ".github.com"]
  }

  override_resource {
    target = aws_subnet.firewall
    values = { id = "subnet-firewall" }
  }

  override_resource {
    target = aws_networkfirewall_rule_group.this
    values = { arn = "arn:aws:network-firewall:us-east-1:123456789012:stateful-rulegroup/outpost-hosts-test" }
  }

  override_resource {
    target = aws_networkfirewall_firewall_policy.this
    values = { arn = "arn:aws:network-firewall:us-east-1:123456789012:firewall-policy/outpost-test" }
  }

  override_resource {
    target = aws_networkfirewall_firewall.this
    values = {
      arn             = "arn:aws:network-firewall:us-east-1:123456789012:firewall/outpost-test"
      firewall_status = [{ sync_states = [{ availability_zone = "us-east-1a", attachment = [{ endpoint_id = "vpce-firewall", subnet_id = "subnet-firewall" }] }] }]
    }
  }

  assert {
    condition     = alltrue([for table in aws_route_table.private : one(table.route).vpc_endpoint_id == "vpce-firewall" && one(table.route).nat_gateway_id != aws_nat_gateway.this["use1-az1"].id])
    error_message = "No private subnet reaches the gateway past the firewall."
  }

  assert {
    condition = toset([for route in aws_route_table.nat["use1-az1"].route : route.cidr_block if route.vpc_endpoint_id == "vpce-firewall"]) == toset([
      for subnet in aws_subnet.private : subnet.cidr_block
    ])
    error_message = "Answers come back the same way."
  }

  assert {
    condition     = aws_route_table_association.public["use1-az1"].route_table_id == aws_route_table.nat["use1-az1"].id
    error_message = "The gateway's subnet uses that table."
  }

  assert {
    condition     = one(one(one(aws_networkfirewall_rule_group.this[0].rule_group).rules_source).rules_source_list).targets == toset(["api.anthropic.com", ".github.com"])
    error_message = "The hosts are those that were given."
  }

  assert {
    condition     = contains(one(aws_networkfirewall_firewall_policy.this[0].firewall_policy).stateful_default_actions, "aws:drop_established")
    error_message = "What is not listed is dropped."
  }
}

run "without_a_list_there_is_no_firewall" {
  assert {
    condition     = length(aws_networkfirewall_firewall.this) == 0 && length(aws_subnet.firewall) == 0
    error_message = "Nothing is paid for that nobody asked for."
  }
}

run "an_address_is_no_host" {
  command = plan

  variables {
    egress_hosts = ["10.0.0.1"]
  }

  expect_failures = [var.egress_hosts]
}
