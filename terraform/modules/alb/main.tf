# An internal load balancer, reached only through the API Gateway's VPC link. It gives health checks, draining and a place for
# the firewall.
resource "aws_lb" "this" {
  name                       = "outpost-${var.environment}"
  internal                   = true
  load_balancer_type         = "application"
  subnets                    = var.subnet_ids
  security_groups            = [var.security_group_id]
  enable_deletion_protection = var.deletion_protection
  drop_invalid_header_fields = true

  # Not "strictest": it answers 400 to a GET with "content-length: 0", which is what an HTTP API sends over its VPC link.
  # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#desync-mitigation-mode
  desync_mitigation_mode = "defensive"
  idle_timeout           = 60

  access_logs {
    bucket  = var.log_bucket
    prefix  = "alb"
    enabled = true
  }
}

resource "aws_lb_target_group" "api" {
  name        = "outpost-api-${var.environment}"
  vpc_id      = var.vpc_id
  target_type = "ip"
  protocol    = "HTTP"
  port        = 8080

  # Longer than the longest request, shorter than the API's own stop timeout.
  deregistration_delay = 35

  # Liveness, not readiness: readiness answers 503 while a dependency is down, and ECS must not replace every task for that.
  health_check {
    path                = "/health"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = local.tls ? 443 : 80
  protocol          = local.tls ? "HTTPS" : "HTTP"
  ssl_policy        = local.tls ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : null
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}

locals {
  tls = var.certificate_arn != null
}
