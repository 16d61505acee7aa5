output "listener_arn" {
  description = "Listener that the gateway's integration forwards to."
  value       = aws_lb_listener.this.arn
}

output "target_group_arn" {
  description = "Target group of the API's tasks."
  value       = aws_lb_target_group.api.arn

  # ECS refuses a target group without a listener.
  depends_on = [aws_lb_listener.this]
}

output "dimensions" {
  description = "CloudWatch dimensions of the load balancer's and its targets' metrics."
  value = {
    LoadBalancer = aws_lb.this.arn_suffix
    TargetGroup  = aws_lb_target_group.api.arn_suffix
  }
}
