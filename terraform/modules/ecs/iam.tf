# actions.json lists each role's rights: the SDK calls of the code and their resources. A test of the application compares the
# file with recorded calls, and fails for a missing or an unused action.
locals {
  grants    = jsondecode(file("${path.module}/actions.json"))
  topic_arn = "arn:aws:sns:${var.region}:${var.account_id}:outpost-notices-${var.environment}"

  # Resources of actions.json by service and logical name. Names are fixed, so every policy can be read in a plan.
  arns = {
    dynamodb = merge([
      for table, indexes in var.tables : merge(
        { (table) = "arn:aws:dynamodb:${var.region}:${var.account_id}:table/outpost-${table}-${var.environment}" },
        {
          for index in indexes : "${table}/${index}" =>
          "arn:aws:dynamodb:${var.region}:${var.account_id}:table/outpost-${table}-${var.environment}/index/${index}"
        }
      )
    ]...)
    sqs = { for queue in var.queues : queue => "arn:aws:sqs:${var.region}:${var.account_id}:outpost-${queue}-${var.environment}" }
    sns = { notices = local.topic_arn }
    kms = { receipts = var.receipts_key_arns }
    secretsmanager = {
      "tenants/*" = "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:/outpost/tenants/*"
      # ListSecrets cannot be limited to a resource; it returns names and dates of the account's secrets, never a value.
      "*" = "*"
    }
    # A bucket, or a bucket and a prefix: the part before the first slash is the bucket's logical name.
    s3 = {
      for resource in distinct(flatten([for role in values(local.grants) : [
        for grant in role : grant.resources if grant.service == "s3"
      ]])) : resource => "arn:aws:s3:::${join("/", concat([var.buckets[split("/", resource)[0]]], slice(split("/", resource), 1, length(split("/", resource)))))}"
    }
  }

  repositories = {
    for role, image in local.images : role => regex("^(?P<account>[0-9]+)\\.dkr\\.ecr\\.(?P<region>[a-z0-9-]+)\\.amazonaws\\.com/(?P<name>[^@]+)@", image)
  }

  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:aws:ecs:${var.region}:${var.account_id}:*" }
      }
    }]
  })
}

# The rights of the application. Where a grant names attributes, no other attribute of an item can be written or used in a
# condition: a worker, which runs agents, can write leases, but never the hash of a key, a scope or a tier.
resource "aws_iam_role" "task" {
  for_each = local.grants

  name               = "outpost-${each.key}-${var.environment}"
  description        = "What the ${each.key} containers of Outpost may do"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "task" {
  for_each = local.grants

  name = "application"
  role = aws_iam_role.task[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for grant in each.value : merge(
      {
        Sid      = grant.sid
        Effect   = "Allow"
        Action   = [for action in grant.actions : "${grant.service}:${action}"]
        Resource = flatten([for resource in grant.resources : local.arns[grant.service][resource]])
      },
      { for condition in ["Condition"] : condition => { "ForAllValues:StringLike" = { "dynamodb:Attributes" = grant.attributes } } if can(grant.attributes) }
    )]
  })
}

# A worker asks the ECS agent beside it to protect its task from being stopped; the agent calls ECS with the task's role.
resource "aws_iam_role_policy" "protection" {
  name = "protection"
  role = aws_iam_role.task["worker"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "OwnTasks"
      Effect   = "Allow"
      Action   = ["ecs:UpdateTaskProtection"]
      Resource = ["arn:aws:ecs:${var.region}:${var.account_id}:task/outpost-${var.environment}/*"]
    }]
  })
}

# The application never uses the key of data directly; the services that it calls use it with the application's role.
resource "aws_iam_role_policy" "key" {
  for_each = local.grants

  name = "key"
  role = aws_iam_role.task[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "DataKey"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = var.kms_key_arn
      Condition = {
        StringEquals = {
          "kms:ViaService" = [for service in ["dynamodb", "s3", "secretsmanager", "sns"] : "${service}.${var.region}.amazonaws.com"]
        }
      }
    }]
  })
}

# The rights of Fargate to start a container: fetch its image, settings and secrets, and write its log.
resource "aws_iam_role" "execution" {
  for_each = local.grants

  name               = "outpost-${each.key}-start-${var.environment}"
  description        = "What Fargate may do to start the ${each.key} containers of Outpost"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.grants

  name = "start"
  role = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # This call gets a token for the whole registry, so AWS accepts only the resource "*".
          Sid      = "ImageToken"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"]
        },
        {
          Sid      = "Image"
          Effect   = "Allow"
          Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = ["arn:aws:ecr:${local.repositories[each.key].region}:${local.repositories[each.key].account}:repository/${local.repositories[each.key].name}"]
        },
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["arn:aws:logs:${var.region}:${var.account_id}:log-group:${var.log_groups[each.key]}:log-stream:${each.key}/*"]
        }
      ],
      [for names in [local.parameters[each.key]] : {
        Sid      = "Settings"
        Effect   = "Allow"
        Action   = ["ssm:GetParameters"]
        Resource = [for name in names : local.parameter_arns[name]]
      } if length(names) > 0],
      [for names in [local.secrets[each.key]] : {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [for name in names : var.secret_arns[name]]
      } if length(names) > 0],
      [for names in [local.secrets[each.key]] : {
        Sid       = "SecretsKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.kms_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
      } if length(names) > 0],
      local.collector_grants...
    )
  })
}

locals {
  parameter_arns = {
    for name in distinct(concat(local.settings.api.parameters, local.settings.worker.parameters)) :
    name => "arn:aws:ssm:${var.region}:${var.account_id}:parameter/outpost/${var.environment}/${name}"
  }
}
