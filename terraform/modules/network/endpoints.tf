locals {
  # The AWS services that containers call, and that Fargate calls to start them (image, secrets, settings, logs); a collector
  # also calls X-Ray. Endpoints are needed with a list of hosts, which contains no AWS service, and are an option for those
  # who want calls to AWS off the internet (docs/decisions/capacity-and-cost.md). Without a list their policies protect
  # nothing, because an agent reaches every host anyway, also AWS's in other regions.
  aws_services       = concat(["sqs", "secretsmanager", "sns", "kms", "ssm", "ecr.api", "ecr.dkr", "logs"], var.traces ? ["xray"] : [])
  interface_services = toset(local.walled || var.interface_endpoints ? local.aws_services : [])

  # Everything in a task can use an endpoint, agents too, so it accepts only our own account's credentials.
  own_principals = {
    Effect    = "Allow"
    Principal = { AWS = "*" }
    Action    = "*"
    Resource  = "*"
    Condition = { StringEquals = { "aws:PrincipalAccount" = var.account_id } }
  }

  # S3 accepts only our own buckets and ECR's with image layers, so that no data can be sent to other buckets. Therefore a link
  # that a customer has signed for a bucket in this region is refused, too.
  s3_statements = [
    merge(local.own_principals, {
      Sid = "OwnBuckets"
      Condition = {
        StringEquals = { "aws:PrincipalAccount" = var.account_id, "aws:ResourceAccount" = var.account_id }
      }
    }),
    {
      Sid       = "ImageLayers"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::prod-${var.region}-starport-layer-bucket/*"
      Condition = null
    },
    # GitHub answers with a signed link into its bucket (us-east-1) for each large file; nothing else works there.
    {
      Sid       = "GitHubLargeFiles"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["s3:GetObject", "s3:PutObject"]
      Resource  = "arn:aws:s3:::github-cloud/*"
      Condition = null
    }
  ]
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_services

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for zone in var.zones : aws_subnet.private[zone].id]
  security_group_ids  = [aws_security_group.this["endpoints"].id]
  policy              = jsonencode({ Version = "2012-10-17", Statement = [merge(local.own_principals, { Sid = "OwnPrincipals" })] })

  tags = { Name = "outpost-${var.environment}-${each.key}" }
}

resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.dynamodb"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for zone in var.zones : aws_route_table.private[zone].id]
  policy            = jsonencode({ Version = "2012-10-17", Statement = [merge(local.own_principals, { Sid = "OwnPrincipals" })] })

  tags = { Name = "outpost-${var.environment}-dynamodb" }
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for zone in var.zones : aws_route_table.private[zone].id]
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for statement in local.s3_statements : { for key, value in statement : key => value if value != null }]
  })

  tags = { Name = "outpost-${var.environment}-s3" }
}
