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
    error_message = "Subnets give no public address by themselves."
  }

  assert {
    condition     = length(distinct(concat([for subnet in aws_subnet.private : subnet.cidr_block], [for subnet in aws_subnet.public : subnet.cidr_block]))) == 6
    error_message = "No two subnets have the same addresses."
  }

  assert {
    condition     = aws_subnet.private["use1-az4"].cidr_block == "10.42.32.0/20" && aws_subnet.public["use1-az1"].cidr_block == "10.42.240.0/24"
    error_message = "Private subnets count from the block's beginning, public ones from its end."
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0
    error_message = "By default there are no interface endpoints, which cost money."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.dynamodb.vpc_endpoint_type == "Gateway"
    error_message = "S3 and DynamoDB have gateway endpoints, which cost nothing."
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.dynamodb.policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012"
    error_message = "Only our own credentials work through an endpoint."
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Condition.StringEquals["aws:ResourceAccount"] == "123456789012"
    error_message = "The S3 endpoint reaches only buckets of our account."
  }

  assert {
    condition = [for statement in jsondecode(aws_vpc_endpoint.s3.policy).Statement : [statement.Resource, statement.Action] if !can(statement.Condition)] == [
      ["arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*", "s3:GetObject"],
      ["arn:aws:s3:::github-cloud/*", ["s3:GetObject", "s3:PutObject"]]
    ]
    error_message = "Of other accounts' buckets the S3 endpoint reaches only those of image layers and of GitHub's large files."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.path)) == toset(["link-alb", "alb-api", "api-endpoints", "worker-endpoints", "canary-endpoints"])
    error_message = "No other connection is let in."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.path : rule.cidr_ipv4 == null && rule.referenced_security_group_id != null])
    error_message = "Security groups let in other groups, never addresses."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.https : rule.from_port == 443 && rule.to_port == 443])
    error_message = "Outgoing connections use HTTPS."
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_egress_rule.ssh : rule.from_port] == [22] && keys(aws_vpc_security_group_egress_rule.ssh) == ["worker"]
    error_message = "Workers, and nobody else, may use ssh too."
  }
}

run "without_repositories_by_ssh_nobody_leaves_by_it" {
  command = plan

  variables {
    ssh_repositories = false
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.ssh) == 0
    error_message = "Port 22 is closed."
  }
}

# No plan shows it, so the text is asked; Terraform wants a condition to name a resource too.
run "what_a_list_made_goes_after_the_routes_that_lead_there" {
  command = plan

  assert {
    condition = length(aws_networkfirewall_firewall.this) == 0 && alltrue([for name in ["aws_networkfirewall_firewall\" \"this", "aws_route_table\" \"nat"] :
      can(regex("(?s)\\nresource \"${name}\" {\\n(  [^\\n]*\\n|\\n)*  lifecycle {\\n    create_before_destroy = true\\n", file("egress.tf")))
    ])
    error_message = "Firewall and table would go first, and nothing would get out until they are gone."
  }
}

run "one_way_out_for_all_is_cheaper" {
  variables {
    nat_per_zone = false
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["use1-az1"]
    error_message = "There is one NAT gateway."
  }

  assert {
    condition     = alltrue([for table in aws_route_table.private : one(table.route).nat_gateway_id == aws_nat_gateway.this["use1-az1"].id])
    error_message = "All private subnets use the one NAT gateway."
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

run "aws_off_the_internet_is_a_choice" {
  variables {
    interface_endpoints = true
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["sqs", "secretsmanager", "sns", "kms", "ssm", "ecr.api", "ecr.dkr", "logs"])
    error_message = "Each AWS service that the tasks call has an interface endpoint."
  }

  assert {
    condition     = length(aws_networkfirewall_firewall.this) == 0 && length(aws_subnet.firewall) == 0
    error_message = "Without a list of hosts there is no firewall."
  }
}

run "with_a_list_every_way_out_leads_through_the_firewall_of_its_zone" {
  variables {
    zones        = ["use1-az1", "use1-az2"]
    egress_hosts = ["git.example.com", ".npm.example.com"]
    traces       = true
  }

  override_resource {
    target = aws_subnet.firewall["use1-az1"]
    values = { id = "subnet-firewall-1" }
  }

  override_resource {
    target = aws_subnet.firewall["use1-az2"]
    values = { id = "subnet-firewall-2" }
  }

  override_resource {
    target = aws_networkfirewall_firewall.this
    values = {
      arn = "arn:aws:network-firewall:us-east-1:123456789012:firewall/outpost-test"
      firewall_status = [{ sync_states = [
        { availability_zone = "us-east-1a", attachment = [{ endpoint_id = "vpce-1", subnet_id = "subnet-firewall-1" }] },
        { availability_zone = "us-east-1b", attachment = [{ endpoint_id = "vpce-2", subnet_id = "subnet-firewall-2" }] }
      ] }]
    }
  }

  assert {
    condition = alltrue([for zone, endpoint in { "use1-az1" = "vpce-1", "use1-az2" = "vpce-2" } :
      one(aws_route_table.private[zone].route).vpc_endpoint_id == endpoint
      && one(aws_route_table.firewall[zone].route).nat_gateway_id == aws_nat_gateway.this[zone].id
    ])
    error_message = "Outgoing packets go from a zone's tasks to its firewall, and from there to its gateway."
  }

  assert {
    condition = alltrue([for zone, endpoint in { "use1-az1" = "vpce-1", "use1-az2" = "vpce-2" } :
      [for route in aws_route_table.nat[zone].route : route.cidr_block if route.vpc_endpoint_id == endpoint] == [aws_subnet.private[zone].cidr_block]
      && aws_route_table_association.public[zone].route_table_id == aws_route_table.nat[zone].id
      && aws_route_table_association.firewall[zone].subnet_id == aws_subnet.firewall[zone].id
    ])
    error_message = "Answers go from the gateway to the same firewall."
  }

  assert {
    condition     = length(distinct([for subnet in concat(values(aws_subnet.private), values(aws_subnet.public), values(aws_subnet.firewall)) : subnet.cidr_block])) == 6
    error_message = "Subnets do not overlap."
  }

  assert {
    condition = alltrue([for host in ["git.example.com", ".npm.example.com", "api.anthropic.com", "registry.npmjs.org", "api.stripe.com"] :
      contains(local.hosts, host)
    ])
    error_message = "The list has the operator's hosts and those that agents and Outpost need."
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.ssh) == 0
    error_message = "Port 22 is closed, because the firewall cannot see a host's name in ssh."
  }

  assert {
    condition     = [for host in local.hosts : host if endswith(host, "amazonaws.com")] == ["github-cloud.s3.amazonaws.com"]
    error_message = "The list has no name of AWS, which would let any account's credentials through, except the bucket of GitHub's large files."
  }

  assert {
    condition     = one(one(aws_networkfirewall_firewall_policy.hosts[0].firewall_policy).stateful_engine_options).stream_exception_policy == "REJECT"
    error_message = "A connection older than the firewall is refused at once and does not hang."
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["sqs", "secretsmanager", "sns", "kms", "ssm", "ecr.api", "ecr.dkr", "logs", "xray"])
    error_message = "With a list AWS is called through endpoints."
  }

  assert {
    condition = alltrue([for endpoint in aws_vpc_endpoint.interface :
      jsondecode(endpoint.policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012"
    ])
    error_message = "Endpoints take only our account's credentials."
  }
}

run "one_gateway_for_all_has_one_firewall" {
  variables {
    zones        = ["use1-az1", "use1-az2"]
    nat_per_zone = false
    egress_hosts = []
  }

  override_resource {
    target = aws_subnet.firewall["use1-az1"]
    values = { id = "subnet-firewall-1" }
  }

  override_resource {
    target = aws_networkfirewall_firewall.this
    values = {
      arn             = "arn:aws:network-firewall:us-east-1:123456789012:firewall/outpost-test"
      firewall_status = [{ sync_states = [{ availability_zone = "us-east-1a", attachment = [{ endpoint_id = "vpce-1", subnet_id = "subnet-firewall-1" }] }] }]
    }
  }

  assert {
    condition     = alltrue([for table in aws_route_table.private : one(table.route).vpc_endpoint_id == "vpce-1"])
    error_message = "Tasks of both zones leave through the one firewall."
  }

  assert {
    condition = toset([for route in aws_route_table.nat["use1-az1"].route : route.cidr_block if route.vpc_endpoint_id == "vpce-1"]) == toset([
      for subnet in aws_subnet.private : subnet.cidr_block
    ])
    error_message = "Answers to both zones come back through the one firewall."
  }

  assert {
    condition     = aws_route_table_association.public["use1-az2"].route_table_id == aws_route_table.public.id
    error_message = "A public subnet without a NAT gateway keeps its route table."
  }
}

run "an_address_is_no_host" {
  command = plan

  variables {
    egress_hosts = ["10.0.0.1"]
  }

  expect_failures = [var.egress_hosts]
}

run "all_of_aws_is_no_host" {
  command = plan

  variables {
    egress_hosts = [".s3.amazonaws.com"]
  }

  expect_failures = [var.egress_hosts]
}
