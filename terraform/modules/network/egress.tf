# With a list of hosts a task can reach no other host, whatever an agent tries. Traffic from the private subnets goes through
# AWS Network Firewall, which reads the host name of each TLS connection, and then to the NAT gateway; answers come back the
# same way. Without a list (the default) nothing in this file is created.
# https://docs.aws.amazon.com/network-firewall/latest/developerguide/arch-igw-ngw.html
locals {
  walled       = var.egress_hosts != null
  walled_zones = toset(local.walled ? local.nat_zones : [])

  # The hosts that agents of the catalogue, package managers and repositories need. Single names, because a whole domain may
  # contain hosts that we do not know. No AWS service: through it data could be sent to any account. AWS is reached through
  # endpoints, which accept only our own credentials.
  agents_hosts = [
    # Models.
    "api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com", "api.x.ai",
    # Packages: npm, Python, Java, Go, Rust, Ruby.
    "registry.npmjs.org", "pypi.org", "files.pythonhosted.org", "repo.maven.apache.org", "repo1.maven.org",
    "proxy.golang.org", "sum.golang.org", "index.crates.io", "static.crates.io", "rubygems.org", "index.rubygems.org",
    # Repositories, with releases and large files.
    "github.com", "api.github.com", "codeload.github.com", "raw.githubusercontent.com", "objects.githubusercontent.com",
    "release-assets.githubusercontent.com", "github-cloud.githubusercontent.com", "gitlab.com",
    # For large files (git LFS): the bucket that they are uploaded to, and the host that is told of the upload. The only name
    # of AWS in the list: the bucket is GitHub's, and accepts only uploads that GitHub has signed.
    "github-cloud.s3.amazonaws.com", "lfs.github.com",
  ]

  # The hosts that the application itself calls.
  own_hosts = ["api.stripe.com"]

  hosts = distinct(concat(local.agents_hosts, local.own_hosts, coalesce(var.egress_hosts, [])))

  # The firewall's endpoint in each of its subnets.
  firewall_endpoints = {
    for state in flatten([for firewall in aws_networkfirewall_firewall.this : [
      for status in firewall.firewall_status : [for state in status.sync_states : state.attachment]
    ]]) : state.subnet_id => state.endpoint_id
  }

  # The zone whose NAT gateway each zone uses.
  exits = { for zone in var.zones : zone => var.nat_per_zone ? zone : var.zones[0] }
}

resource "aws_subnet" "firewall" {
  for_each = local.walled_zones

  vpc_id               = aws_vpc.this.id
  availability_zone_id = each.key
  cidr_block           = cidrsubnet(var.cidr, 8, 250 + local.zones[each.key])

  tags = { Name = "outpost-${var.environment}-firewall-${each.key}" }
}

resource "aws_networkfirewall_rule_group" "hosts" {
  count = local.walled ? 1 : 0

  name        = "outpost-hosts-${var.environment}"
  description = "Hosts that tasks may reach"
  type        = "STATEFUL"
  capacity    = 1000

  # Only TLS_SNI, not HTTP_HOST: security groups allow only port 443, and unencrypted HTTP there is suspicious.
  rule_group {
    rules_source {
      rules_source_list {
        generated_rules_type = "ALLOWLIST"
        target_types         = ["TLS_SNI"]
        targets              = local.hosts
      }
    }

    stateful_rule_options {
      rule_order = "STRICT_ORDER"
    }
  }
}

resource "aws_networkfirewall_firewall_policy" "hosts" {
  count = local.walled ? 1 : 0

  name = "outpost-hosts-${var.environment}"

  firewall_policy {
    stateless_default_actions          = ["aws:forward_to_sfe"]
    stateless_fragment_default_actions = ["aws:forward_to_sfe"]

    # Drops a connection once its host name is known and not on the list, or when it is not TLS. The application-layer variant,
    # because a TLS greeting with a post-quantum key takes two packets, and "aws:drop_established" would drop the first. Only
    # for outgoing packets, because the other variant also drops a server's keep-alive packets.
    stateful_default_actions = ["aws:drop_established_app_layer_to_server", "aws:alert_established_app_layer_to_server"]

    stateful_engine_options {
      rule_order = "STRICT_ORDER"
      # For a connection whose beginning the firewall has not seen: a rejection makes the client connect again at once; if it
      # were dropped silently, the client would hang for minutes.
      stream_exception_policy = "REJECT"
    }

    stateful_rule_group_reference {
      priority     = 1
      resource_arn = aws_networkfirewall_rule_group.hosts[0].arn
    }
  }
}

resource "aws_networkfirewall_firewall" "this" {
  count = local.walled ? 1 : 0

  name                = "outpost-${var.environment}"
  vpc_id              = aws_vpc.this.id
  firewall_policy_arn = aws_networkfirewall_firewall_policy.hosts[0].arn

  dynamic "subnet_mapping" {
    for_each = aws_subnet.firewall

    content {
      subnet_id = subnet_mapping.value.id
    }
  }

  # When the list is removed, the routes must change before the firewall is deleted; otherwise no traffic gets out meanwhile.
  lifecycle {
    create_before_destroy = true
  }
}

# Dropped connections with the requested host name go to the log group of the flow logs.
resource "aws_networkfirewall_logging_configuration" "this" {
  count = local.walled ? 1 : 0

  firewall_arn = aws_networkfirewall_firewall.this[0].arn

  logging_configuration {
    log_destination_config {
      log_type             = "ALERT"
      log_destination_type = "CloudWatchLogs"
      log_destination      = { logGroup = split(":", var.flow_log_group_arn)[6] }
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

# Answers from a NAT gateway must pass the firewall of its zone, too: it needs to see both directions of a connection.
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
      vpc_endpoint_id = local.firewall_endpoints[aws_subnet.firewall[each.key].id]
    }
  }

  tags = { Name = "outpost-${var.environment}-nat-${each.key}" }

  # Deleted only after its subnet has another route table.
  lifecycle {
    create_before_destroy = true
  }
}
