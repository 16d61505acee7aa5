# With a list of hosts nothing else can be reached from a task, whatever an agent tries: what leaves the private subnets
# goes through AWS Network Firewall, which reads the name that a TLS connection is for, and then to the NAT gateway; what
# comes back takes the same way. Without a list (the default) there is none of it.
# https://docs.aws.amazon.com/network-firewall/latest/developerguide/arch-igw-ngw.html
locals {
  walled       = var.egress_hosts != null
  walled_zones = toset(local.walled ? local.nat_zones : [])

  # What agents of the catalogue, packages and repositories need; one name each, as a whole domain would hold more than
  # we know. No service of AWS is among them: whoever has an account there could take data away, so AWS is reached through
  # endpoints, which take our own credentials alone.
  agents_hosts = [
    # Models.
    "api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com", "api.x.ai",
    # Packages: npm, Python, Java, Go, Rust, Ruby.
    "registry.npmjs.org", "pypi.org", "files.pythonhosted.org", "repo.maven.apache.org", "repo1.maven.org",
    "proxy.golang.org", "sum.golang.org", "index.crates.io", "static.crates.io", "rubygems.org", "index.rubygems.org",
    # Repositories, with releases and large files.
    "github.com", "api.github.com", "codeload.github.com", "raw.githubusercontent.com", "objects.githubusercontent.com",
    "release-assets.githubusercontent.com", "github-cloud.githubusercontent.com", "gitlab.com",
    # Where GitHub has large files put, and where it is told that they are there. The one name of AWS: the bucket is
    # GitHub's, and takes what GitHub has signed.
    "github-cloud.s3.amazonaws.com", "lfs.github.com",
  ]

  # What the application itself asks.
  own_hosts = ["api.stripe.com"]

  hosts = distinct(concat(local.agents_hosts, local.own_hosts, coalesce(var.egress_hosts, [])))

  # The firewall's endpoint in each of its subnets.
  firewall_endpoints = {
    for state in flatten([for firewall in aws_networkfirewall_firewall.this : [
      for status in firewall.firewall_status : [for state in status.sync_states : state.attachment]
    ]]) : state.subnet_id => state.endpoint_id
  }

  # By which zone's gateway a zone's tasks leave.
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

  # TLS alone, not HTTP_HOST: security groups let nothing out but port 443, and what is plain there hides something.
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

    # Dropped once the connection has said what it is for, as what is no TLS never does. By application layer, as a
    # greeting with a post-quantum key comes in two packets, of which "aws:drop_established" would drop the first; and on
    # its way out alone, as the other drops what a server sends to keep a connection alive.
    stateful_default_actions = ["aws:drop_established_app_layer_to_server", "aws:alert_established_app_layer_to_server"]

    stateful_engine_options {
      rule_order = "STRICT_ORDER"
      # A connection whose beginning the firewall has not seen: told so, it is opened again at once; dropped, it would hang
      # for minutes.
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

  # When the list is taken away, routes change first and the firewall goes after them; else nothing gets out meanwhile.
  lifecycle {
    create_before_destroy = true
  }
}

# What is dropped, with the name that was asked for, beside the flow logs.
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

# A gateway's answers go back through the firewall of its zone, not past it: a firewall that sees one direction alone
# knows no connection.
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

  # Goes once its subnet has another table.
  lifecycle {
    create_before_destroy = true
  }
}
