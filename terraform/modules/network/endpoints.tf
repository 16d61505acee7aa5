locals {
  # What the containers call, and what Fargate calls to start them (image, secrets, settings, logs); a collector also X-Ray.
  # Their policies guard nothing while an agent reaches every host anyway, AWS's in other regions among them: they are for
  # a list of hosts, which has no name of AWS, and for who wants AWS off the internet (docs/decisions/capacity-and-cost.md).
  aws_services       = concat(["sqs", "secretsmanager", "sns", "kms", "ssm", "ecr.api", "ecr.dkr", "logs"], var.traces ? ["xray"] : [])
  interface_services = toset(local.walled || var.interface_endpoints ? local.aws_services : [])

  # An endpoint is a way to AWS for whoever runs in a task, an agent included: only with our own credentials.
  own_principals = {
    Effect    = "Allow"
    Principal = { AWS = "*" }
    Action    = "*"
    Resource  = "*"
    Condition = { StringEquals = { "aws:PrincipalAccount" = var.account_id } }
  }

  # S3 also only to our own buckets, so that no data leaves to somebody else's; image layers are ECR's own. So a link that
  # a customer has signed for a bucket in this region is refused: let through, whoever has a bucket could be sent data.
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
    # GitHub gives a link into its bucket (us-east-1) for each large file; only what GitHub has signed works there.
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
