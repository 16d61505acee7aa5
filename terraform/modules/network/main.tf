# Tasks are in private subnets. Public subnets hold only the NAT gateways, the way out to model providers and Stripe.
resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = "outpost-${var.environment}" }
}

resource "aws_subnet" "private" {
  for_each = local.zones

  vpc_id               = aws_vpc.this.id
  availability_zone_id = each.key
  cidr_block           = cidrsubnet(var.cidr, 4, each.value)

  tags = { Name = "outpost-${var.environment}-private-${each.key}" }
}

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone_id    = each.key
  cidr_block              = cidrsubnet(var.cidr, 8, 240 + each.value)
  map_public_ip_on_launch = false

  tags = { Name = "outpost-${var.environment}-public-${each.key}" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "outpost-${var.environment}" }
}

resource "aws_eip" "nat" {
  for_each = local.nat_zones

  domain = "vpc"

  tags = { Name = "outpost-${var.environment}-nat-${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each = local.nat_zones

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "outpost-${var.environment}-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }

  tags = { Name = "outpost-${var.environment}-public" }
}

resource "aws_route_table_association" "public" {
  for_each = local.zones

  route_table_id = local.walled && contains(local.nat_zones, each.key) ? aws_route_table.nat[each.key].id : aws_route_table.public.id
  subnet_id      = aws_subnet.public[each.key].id
}

resource "aws_route_table" "private" {
  for_each = local.zones

  vpc_id = aws_vpc.this.id

  route {
    cidr_block      = "0.0.0.0/0"
    nat_gateway_id  = local.walled ? null : aws_nat_gateway.this[local.exits[each.key]].id
    vpc_endpoint_id = local.walled ? local.firewall_endpoints[aws_subnet.firewall[local.exits[each.key]].id] : null
  }

  tags = { Name = "outpost-${var.environment}-private-${each.key}" }
}

resource "aws_route_table_association" "private" {
  for_each = local.zones

  route_table_id = aws_route_table.private[each.key].id
  subnet_id      = aws_subnet.private[each.key].id
}

locals {
  # Zones that have VPC links, by region. A region that is missing here is not checked.
  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html
  link_zones = {
    us-east-1      = ["az1", "az2", "az4", "az5", "az6"]
    us-east-2      = ["az1", "az2", "az3"]
    us-west-1      = ["az1", "az3"]
    us-west-2      = ["az1", "az2", "az3", "az4"]
    ap-east-1      = ["az2", "az3"]
    ap-northeast-2 = ["az1", "az2", "az3"]
    ap-south-1     = ["az1", "az2", "az3"]
    ap-southeast-1 = ["az1", "az2", "az3"]
  }

  zones     = { for index, zone in var.zones : zone => index }
  nat_zones = toset(var.nat_per_zone ? var.zones : [var.zones[0]])
}
