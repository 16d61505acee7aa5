# Roles for GitHub's jobs, without stored keys: a job of this repository gets the role of the GitHub environment it runs in.
locals {
  github = "token.actions.githubusercontent.com"

  # The role plan may read, build may push images, and that of a stage (dev, prod) may change everything of its environment.
  roles = var.repository == null ? {} : {
    plan        = { policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }
    build       = { policies = [] }
    (var.stage) = { policies = ["arn:aws:iam::aws:policy/AdministratorAccess"] }
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  for_each = toset(var.repository[*])

  url            = "https://${local.github}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name        = "outpost-github-${each.key}"
  description = "GitHub jobs of ${var.repository} in the environment ${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = aws_iam_openid_connect_provider.github[var.repository].arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.github}:aud" = "sts.amazonaws.com"
          "${local.github}:sub" = "repo:${var.repository}:environment:${each.key}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = merge([for name, role in local.roles : { for policy in role.policies : "${name} ${policy}" => { role = name, policy = policy } }]...)

  role       = aws_iam_role.this[each.value.role].name
  policy_arn = each.value.policy
}

resource "aws_iam_role_policy" "push" {
  for_each = toset([for name in keys(local.roles) : name if name == "build"])

  name = "push"
  role = aws_iam_role.this[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
      {
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"
        ]
        Resource = [for repository in aws_ecr_repository.this : repository.arn]
      }
    ]
  })
}
