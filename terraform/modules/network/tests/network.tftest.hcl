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
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.path)) == toset(["link-alb", "alb-api", "api-endpoints", "worker-endpoints", "canary-endpoints"])
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
