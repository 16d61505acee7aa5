locals {
  tls_only = {
    for name, bucket in local.names : name => {
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::${bucket}", "arn:aws:s3:::${bucket}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }

  # Writers of logs: the load balancer, and S3 for each of the other buckets.
  log_delivery = concat(
    [{
      Sid       = "LoadBalancerLogs"
      Effect    = "Allow"
      Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
      Action    = ["s3:PutObject"]
      Resource  = "arn:aws:s3:::${local.names["logs"]}/alb/AWSLogs/${var.account_id}/*"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }],
    [for name, bucket in local.data : {
      Sid       = "BucketLogs${replace(title(name), "-", "")}"
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = ["s3:PutObject"]
      Resource  = "arn:aws:s3:::${local.names["logs"]}/s3/${name}/*"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  )
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.names

  bucket = aws_s3_bucket.this[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.tls_only[each.key]], [for statement in local.log_delivery : statement if each.key == "logs"])
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}
