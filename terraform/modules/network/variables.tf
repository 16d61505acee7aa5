variable "environment" {
  description = "Name of the environment; the last part of every resource name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment: 2 to 12 lower-case letters or digits, a letter first."
  }
}

variable "account_id" {
  description = "AWS account that owns everything."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: 12 digits."
  }
}

variable "region" {
  description = "AWS region, for example us-east-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region: a region name such as us-east-1."
  }
}

variable "cidr" {
  description = "Addresses of the VPC, a /16."
  type        = string
  default     = "10.42.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "cidr: an IPv4 block with the length /16."
  }
}

variable "zones" {
  description = "Availability zones to spread over, two or three, by their ids, such as use1-az4."
  type        = list(string)

  validation {
    condition     = contains([2, 3], length(distinct(var.zones))) && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones: two or three different ones."
  }

  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^[a-z]{2,4}[0-9]-az[0-9]$", zone))])
    error_message = "zones: ids such as use1-az4; a name such as us-east-1a is another zone in each account."
  }

  # Not every zone can have an HTTP API's VPC link; the apply would fail half-way.
  validation {
    condition = alltrue([for zone in var.zones :
      contains(lookup(local.link_zones, var.region, [split("-", zone)[1]]), split("-", zone)[1])
    ])
    error_message = "zones: API Gateway has no VPC links in one of them; see local.link_zones."
  }
}

variable "nat_per_zone" {
  description = "Whether each zone has a NAT gateway, so that a zone may fail, instead of one for all zones, which is cheaper."
  type        = bool
}

variable "listener_port" {
  description = "Port on which the load balancer listens: 443 with a certificate, 80 without."
  type        = number

  validation {
    condition     = contains([80, 443], var.listener_port)
    error_message = "listener_port: 80 or 443."
  }
}

variable "flow_log_group_arn" {
  description = "Log group of the flow logs."
  type        = string
}

variable "interface_endpoints" {
  description = "Whether calls to AWS go through endpoints in the VPC instead of through NAT even without egress_hosts."
  type        = bool
  default     = false
}

variable "traces" {
  description = "Whether a collector sends traces, which needs an endpoint for X-Ray."
  type        = bool
  default     = false
}

variable "ssh_repositories" {
  description = "Whether tasks of workers, and so agents, reach every host on port 22; with egress_hosts they never do."
  type        = bool
  default     = true
}

variable "egress_hosts" {
  description = "Hosts that tasks, and so agents, may reach besides those of egress.tf, such as api.example.com, or .example.com for that name and all below it; [] for only those, null for the whole internet."
  type        = list(string)
  default     = null

  validation {
    condition     = alltrue([for host in coalesce(var.egress_hosts, []) : can(regex("^[.]?([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", host))])
    error_message = "egress_hosts: names in lower case, with a dot in front for all names below; no addresses, ports or wildcards."
  }

  # Anyone can have a bucket, a queue or a function in a domain of AWS.
  validation {
    condition     = !anytrue([for host in coalesce(var.egress_hosts, []) : can(regex("^[.]([a-z0-9-]+[.])*(amazonaws[.]com|cloudfront[.]net)$", host))])
    error_message = "egress_hosts: a whole domain of AWS lets data out to every AWS account; name one host."
  }
}
