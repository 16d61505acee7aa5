mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment           = "test"
  account_id            = "123456789012"
  region                = "us-east-1"
  kms_key_arn           = "arn:aws:kms:us-east-1:123456789012:key/0"
  receipts_key_arns     = ["arn:aws:kms:us-east-1:123456789012:key/2", "arn:aws:kms:us-east-1:123456789012:key/1"]
  subnet_ids            = ["subnet-1", "subnet-2"]
  security_group_ids    = { api = "sg-api", worker = "sg-worker" }
  target_group_arn      = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/outpost/0000000000000000"
  release_alarms        = ["outpost-availability-fast-short-test"]
  log_groups            = { api = "/outpost/test/api", worker = "/outpost/test/worker", metrics = "/outpost/test/metrics" }
  tables                = { for name, table in jsondecode(file("../../../src/main/resources/schema/tables.json")) : name => keys(table.indexes) }
  queues                = keys(jsondecode(file("../../../src/main/resources/schema/queues.json")))
  buckets               = { output = "outpost-output-test", audit = "outpost-audit-test", audit-head = "outpost-audit-head-test" }
  credentials_version   = 1
  audit_days            = 730
  client_address_header = "x-outpost-client-address"
  trusted_proxies       = "10[.]42[.]\\d{1,3}[.]\\d{1,3}"
  api                   = { image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-api@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  worker                = { image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-worker@sha256:0000000000000000000000000000000000000000000000000000000000000000" }

  # Whatever settings.json asks for.
  settings = { for name in distinct(concat(
    jsondecode(file("settings.json")).api.parameters, jsondecode(file("settings.json")).worker.parameters
  )) : name => "value" }
  secret_arns = { for name in jsondecode(file("settings.json")).api.secrets :
    name => "arn:aws:secretsmanager:us-east-1:123456789012:secret:/outpost/test/${name}-AbCdEf"
  }
}

run "a_release_whose_answers_are_faults_is_taken_back" {
  assert {
    condition = alltrue([for service in [aws_ecs_service.api, aws_ecs_service.worker] :
      one(service.alarms).enable && one(service.alarms).rollback && one(service.alarms).alarm_names == toset(var.release_alarms)
    ])
    error_message = "The alarms on the objectives roll a release of either service back."
  }
}

run "a_release_that_nothing_watches_is_refused" {
  command = plan

  variables {
    release_alarms = []
  }

  expect_failures = [var.release_alarms]
}

run "containers_are_confined_and_roles_exact" {
  assert {
    condition = alltrue([for container in output.containers :
      container.readonlyRootFilesystem && !container.privileged && container.linuxParameters.initProcessEnabled
    ])
    error_message = "Each container is read-only and unprivileged, and has an init process that reaps children."
  }

  assert {
    condition     = output.containers["api"].linuxParameters.capabilities.drop == ["ALL"] && !contains(output.containers["worker"].linuxParameters.capabilities.drop, "SETUID")
    error_message = "The API has no capability; the worker keeps what it needs to start agents as other users."
  }

  assert {
    condition     = aws_ecs_task_definition.this["worker"].cpu == "4096" && aws_ecs_task_definition.this["worker"].memory == "20480"
    error_message = "A worker has 4 vCPU and 20 GiB."
  }

  assert {
    condition     = output.worker_slots == 8 && local.size.job_memory == 2112 && local.size.job_disk_gib == 6
    error_message = "The worker has 8 slots of 2112 MiB of memory and 6 GiB of disk."
  }

  assert {
    condition = alltrue([for name, value in { OUTPOST_WORKER_SLOTS = "8", OUTPOST_WORKER_MEMORY_LIMIT = "2112MB", OUTPOST_WORKER_DISK_LIMIT = "6GB" } :
      contains(output.containers["worker"].environment, { name = name, value = value })
    ])
    error_message = "Slots and limits are in the worker's environment."
  }

  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : task.skip_destroy && task.track_latest])
    error_message = "Old revisions of a task definition stay, so that one can go back to them."
  }

  assert {
    condition     = alltrue([for service in [aws_ecs_service.api, aws_ecs_service.worker] : service.wait_for_steady_state]) && aws_ecs_service.api.health_check_grace_period_seconds == 180
    error_message = "An apply waits until the new tasks are steady, and gives them time to start."
  }

  assert {
    condition = (
      output.containers["worker"].stopTimeout == 120
      && contains(output.containers["worker"].environment, { name = "OUTPOST_JOB_GRACE", value = "90" })
      && contains(output.containers["worker"].environment, { name = "OUTPOST_SHUTDOWN_SECONDS", value = "110" })
      && contains(output.containers["api"].environment, { name = "OUTPOST_SHUTDOWN_SECONDS", value = "35" })
    )
    error_message = "A stopped worker lets jobs run for 90 s and has 30 s more to hand them back."
  }

  assert {
    condition     = alltrue([for role in ["api", "worker"] : contains(output.containers[role].environment, { name = "SPRING_PROFILES_ACTIVE", value = role })])
    error_message = "Each container's profile is its role."
  }

  assert {
    condition = alltrue([for role in ["api", "worker"] :
      toset([for secret in output.containers[role].secrets : secret.name]) == toset(concat(local.settings[role].parameters, local.settings[role].secrets))
    ])
    error_message = "Settings and secrets are those of settings.json."
  }

  assert {
    condition     = !can(regex("STRIPE|ADMIN_KEY", jsonencode(output.containers["worker"])))
    error_message = "The worker, where agents run, has neither the admin key nor a setting of Stripe."
  }

  assert {
    condition     = alltrue([for container in output.containers : container.healthCheck.command == ["CMD", "curl", "--fail", "--silent", "--max-time", "4", "http://127.0.0.1:8080/health"]])
    error_message = "Health checks start no shell."
  }

  assert {
    condition     = aws_ssm_parameter.setting["OUTPOST_STRIPE_PRICE_PRO"].name == "/outpost/test/OUTPOST_STRIPE_PRICE_PRO"
    error_message = "Settings stand under /outpost/<environment>/."
  }

  assert {
    condition = alltrue(flatten([for policy in aws_iam_role_policy.task : [for statement in jsondecode(policy.policy).Statement : [
      for resource in flatten([statement.Resource]) : resource != "*" || statement.Action == ["secretsmanager:ListSecrets"]
    ]]]))
    error_message = "Every right names its resources, except the one action that cannot."
  }

  assert {
    condition     = !can(regex("\\*", join(" ", flatten([for policy in aws_iam_role_policy.task : [for statement in jsondecode(policy.policy).Statement : statement.Action]]))))
    error_message = "No right has a wildcard in its action."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.task["worker"].policy).Statement : statement if statement.Sid == "TenantSecrets"]) == {
      Sid      = "TenantSecrets", Effect = "Allow", Action = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:us-east-1:123456789012:secret:/outpost/tenants/*"]
    }
    error_message = "A worker may only read tenants' secrets."
  }

  assert {
    condition     = !can(regex("GetSecretValue", aws_iam_role_policy.task["api"].policy))
    error_message = "The API may not read tenants' secrets."
  }

  assert {
    condition = contains(
      one([for statement in jsondecode(aws_iam_role_policy.task["api"].policy).Statement : statement.Resource if statement.Sid == "Indexes"]),
      "arn:aws:dynamodb:us-east-1:123456789012:table/outpost-tenants-test/index/api-key"
    )
    error_message = "Rights to indexes name each index."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.task["api"].policy).Statement : statement.Resource if contains(statement.Action, "sqs:ReceiveMessage")] == [
      ["arn:aws:sqs:us-east-1:123456789012:outpost-stripe-test"]
    ]
    error_message = "The API may receive only from the queue of Stripe's events."
  }

  assert {
    condition = contains(
      flatten([for statement in jsondecode(aws_iam_role_policy.execution["api"].policy).Statement : statement.Resource if statement.Sid == "Image"]),
      "arn:aws:ecr:us-east-1:123456789012:repository/outpost-api"
    )
    error_message = "A role may pull only its own image."
  }

  assert {
    condition     = !can(regex("GetSecretValue", aws_iam_role_policy.execution["worker"].policy))
    error_message = "A worker is started without any secret."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.task["worker"].policy).Statement :
      length(setintersection(statement.Condition["ForAllValues:StringLike"]["dynamodb:Attributes"], ["key_hash", "scopes", "tier", "status"])) == 0
      if anytrue([for resource in statement.Resource : can(regex("table/outpost-tenants-test$", resource))]) && anytrue([for action in statement.Action : can(regex("(Put|Update)Item", action))])
    ])
    error_message = "A worker may not write attributes of keys or tiers."
  }

  assert {
    condition = (
      [for entry in aws_ecs_service.worker.capacity_provider_strategy : entry.weight if entry.capacity_provider == "FARGATE_SPOT"] == [90]
      && [for entry in aws_ecs_service.worker.capacity_provider_strategy : entry.base if entry.capacity_provider == "FARGATE"] == [1]
      && [for entry in aws_ecs_service.api.capacity_provider_strategy : entry.capacity_provider] == ["FARGATE"]
    )
    error_message = "Workers are mostly on Spot, one is always on demand; the API is never on Spot."
  }

  assert {
    condition     = alltrue([for service in [aws_ecs_service.api, aws_ecs_service.worker] : service.deployment_circuit_breaker[0].rollback && !service.network_configuration[0].assign_public_ip])
    error_message = "A failing deployment is rolled back; no task has a public address."
  }

  assert {
    condition     = alltrue([for service in [aws_ecs_service.api, aws_ecs_service.worker] : service.deployment_minimum_healthy_percent == 100 && service.deployment_maximum_percent == 200])
    error_message = "A deployment has room to start new tasks before it stops old ones, even if there is only one."
  }
}

run "the_first_key_of_receipts_signs_and_all_are_published" {
  assert {
    condition = contains(output.containers["api"].environment, {
      name = "OUTPOST_RECEIPTS_KMS_KEYS", value = "arn:aws:kms:us-east-1:123456789012:key/2,arn:aws:kms:us-east-1:123456789012:key/1"
    })
    error_message = "The application gets the keys of receipts in the given order."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.task["api"].policy).Statement :
      toset(statement.Resource) if statement.Sid == "Receipts"
    ]) == toset(var.receipts_key_arns)
    error_message = "The API may use every key of receipts, and no other."
  }
}

# The worker refuses to start when heap, 768 MiB and its jobs are more than the task (worker/agent/JobShare.java).
run "a_large_worker_has_room_for_its_heap" {
  command = plan

  variables {
    worker = {
      image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-worker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      cpu    = 16384
      memory = 122880
    }
    collector = { image = "public.ecr.aws/aws-observability/aws-otel-collector@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  }

  assert {
    condition = (
      strcontains(file("../../../docker/worker/Dockerfile"), "-XX:MaxRAMPercentage=10\"")
      && local.size.slots * local.size.job_memory + 122880 * 10 / 100 + 768 + 256 <= 122880 - 768
    )
    error_message = "Jobs at their limits, the worker's heap, what Java takes beside it and the collector leave 768 MiB."
  }
}

run "without_a_collector_nothing_is_sent" {
  command = plan

  assert {
    condition = (
      alltrue([for role in ["api", "worker"] : contains(output.containers[role].environment, { name = "OUTPOST_OTLP_ENDPOINT", value = "" })])
      && length(aws_iam_role_policy.collector) == 0 && length(aws_ssm_parameter.collector_token) == 0
      && !can(regex("OTLP_TOKEN", jsonencode(output.containers)))
    )
    error_message = "Without a collector there is neither an address to send to nor a right to send."
  }
}

run "a_collector_stands_beside_both" {
  variables {
    collector = {
      image        = "public.ecr.aws/aws-observability/aws-otel-collector@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      traces_share = 0.05
    }
  }

  assert {
    condition = alltrue([for role, task in aws_ecs_task_definition.this :
      [for container in jsondecode(task.container_definitions) : container.name] == [role, "collector"]
    ])
    error_message = "Each task has a collector beside its container."
  }

  # Eight jobs at their limits, the worker and the collector at its own are the task.
  assert {
    condition = (
      output.worker_slots == 8 && local.size.job_memory == 2080 && 8 * local.size.job_memory + 2048 + 768 + 256 <= 20480 - 768
      && alltrue([for task in aws_ecs_task_definition.this : jsondecode(task.container_definitions)[1].memory == 256])
    )
    error_message = "The collector's memory is taken off before the slots' memory is computed."
  }

  assert {
    condition = alltrue([for role in ["api", "worker"] :
      contains(output.containers[role].environment, { name = "OUTPOST_OTLP_ENDPOINT", value = "http://${yamldecode(local.collector_configuration).receivers.otlp.protocols.http.endpoint}" })
      && contains(output.containers[role].environment, { name = "OUTPOST_TRACES_SHARE", value = "0.05" })
    ])
    error_message = "The application sends to the address at which the collector listens."
  }

  assert {
    condition = alltrue([for task in aws_ecs_task_definition.this : jsondecode(task.container_definitions)[1].restartPolicy == {
      enabled = true, restartAttemptPeriod = 60
    } && !jsondecode(task.container_definitions)[1].essential])
    error_message = "A collector that ends is restarted, and does not end the task."
  }

  # Agents can reach it: whatever a pipeline gives on has shown the token, and nothing of that stays.
  assert {
    condition = alltrue([for pipeline in values(yamldecode(local.collector_configuration).service.pipelines) :
      slice(pipeline.processors, 0, 3) == ["memory_limiter", "resource/sender", "filter/sender"]
      && (pipeline.exporters == ["file"] || contains(pipeline.processors, "resource/forget"))
      ]) && alltrue([for conditions in [
        yamldecode(local.collector_configuration).processors["filter/sender"].metrics.metric,
        yamldecode(local.collector_configuration).processors["filter/sender"].traces.span,
        yamldecode(local.collector_configuration).processors["filter/sender"].logs.log_record
    ] : conditions == ["resource.attributes[\"outpost.sender\"] != \"Bearer $${env:OUTPOST_OTLP_TOKEN}\""]])
    error_message = "Each pipeline first limits memory and drops what has no token."
  }

  # A token that is known or empty is none.
  assert {
    condition = alltrue(flatten([for task in aws_ecs_task_definition.this : [for container in jsondecode(task.container_definitions) :
      contains(container.secrets, { name = "OUTPOST_OTLP_TOKEN", valueFrom = "arn:aws:ssm:us-east-1:123456789012:parameter/outpost/test/OUTPOST_OTLP_TOKEN" })
      && !contains(container.environment[*].name, "OUTPOST_OTLP_TOKEN")
    ]])) && one(aws_ssm_parameter.collector_token).type == "SecureString" && one(aws_ssm_parameter.collector_token).key_id == var.kms_key_arn
    error_message = "Both containers of a task get the token as a secret."
  }

  assert {
    condition = alltrue([for role in ["api", "worker"] : contains(
      flatten([for statement in jsondecode(aws_iam_role_policy.execution[role].policy).Statement : statement.Resource if statement.Sid == "CollectorToken"]),
      "arn:aws:ssm:us-east-1:123456789012:parameter/outpost/test/OUTPOST_OTLP_TOKEN"
    )]) && !can(regex("GetSecretValue", aws_iam_role_policy.execution["worker"].policy))
    error_message = "The role that starts a task may read the token; a worker's may read nothing else."
  }

  # Streams of the log are named after the task, whose id the detector of ECS brings.
  assert {
    condition = (
      yamldecode(local.collector_configuration).exporters.awsemf.log_stream_name == "{TaskId}"
      && yamldecode(local.collector_configuration).processors.resourcedetection.detectors == ["ecs"]
      && contains(yamldecode(local.collector_configuration).service.pipelines.metrics.processors, "resourcedetection")
    )
    error_message = "Log streams are named after the task."
  }

  # The distribution's own list: https://github.com/aws-observability/aws-otel-collector#adot-collector-built-in-components
  assert {
    condition = alltrue(flatten([for kind, known in {
      extensions = ["health_check", "pprof", "zpages", "ecs_observer", "awsproxy", "sigv4auth", "file_storage"]
      receivers  = ["otlp", "prometheus", "awsecscontainermetrics", "awsxray", "statsd", "zipkin", "jaeger", "awscontainerinsightreceiver", "kafka", "filelog"]
      processors = ["attributes", "batch", "cumulativetodelta", "deltatorate", "filter", "groupbytrace", "k8sattributes", "memory_limiter", "metricsgeneration", "metricstransform", "probabilistic_sampler", "resource", "resourcedetection", "span", "tail_sampling"]
      exporters  = ["awsemf", "awsxray", "awscloudwatchlogs", "debug", "file", "kafka", "loadbalancing", "otlp", "otlphttp", "prometheus", "prometheusremotewrite"]
    } : [for name in keys(yamldecode(local.collector_configuration)[kind]) : contains(known, split("/", name)[0])]]))
    error_message = "The configuration uses only parts that AWS's distribution has."
  }

  assert {
    condition = alltrue(flatten([for kind in ["receivers", "processors", "exporters"] : [
      for name in keys(yamldecode(local.collector_configuration)[kind]) : contains(
        flatten([for pipeline in values(yamldecode(local.collector_configuration).service.pipelines) : pipeline[kind]]), name
      )
    ]])) && toset(yamldecode(local.collector_configuration).service.extensions) == toset(keys(yamldecode(local.collector_configuration).extensions))
    error_message = "Every defined part is used in a pipeline."
  }

  # What a pipeline names and nobody defines keeps a collector from starting.
  assert {
    condition = alltrue(flatten([for pipeline in values(yamldecode(local.collector_configuration).service.pipelines) : [
      for kind in ["receivers", "processors", "exporters"] : [
        for name in pipeline[kind] : contains(keys(yamldecode(local.collector_configuration)[kind]), name)
      ]
    ]])) && toset(keys(yamldecode(local.collector_configuration).service.pipelines)) == toset(["metrics", "traces", "logs"])
    error_message = "Every part of a pipeline is defined, and every signal has one."
  }

  assert {
    condition = alltrue(flatten([for declared in yamldecode(local.collector_configuration).exporters.awsemf.metric_declarations : [
      for name in declared.metric_name_selectors : strcontains(
        file("../../../docs/metrics.md"),
        "| `${replace(trimsuffix(trimprefix(name, "^"), "$"), "\\.", ".")}` |"
      )
    ]]))
    error_message = "Every collected metric is one that docs/metrics.md lists."
  }

  # A dimension that a metric has not is a metric that never is.
  assert {
    condition = alltrue(flatten([for labels, names in local.collected.labelled : [for name in names : [for label in split(" ", labels) :
      can(regex("\\| `${name}` \\| \\w+ \\| [^|]*`${label}`", file("../../../docs/metrics.md")))
    ]]]))
    error_message = "Every label of a collected metric is one that docs/metrics.md lists."
  }

  assert {
    condition     = !can(regex("tenant|job_id", jsonencode(yamldecode(local.collector_configuration).exporters.awsemf)))
    error_message = "No dimension is a tenant or a job."
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.collector :
      jsondecode(policy.policy).Statement[1].Resource == ["arn:aws:logs:us-east-1:123456789012:log-group:/outpost/test/metrics:*"]
    ])
    error_message = "The collector may write only to the log group of metrics."
  }
}

run "a_collector_beside_an_api_without_room_for_it_is_refused" {
  command = plan

  variables {
    collector = { image = "public.ecr.aws/aws-observability/aws-otel-collector@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
    api = {
      image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      cpu   = 512, memory = 1024
    }
  }

  expect_failures = [var.api]
}

run "a_collector_that_can_be_replaced_is_refused" {
  command = plan

  variables {
    collector = { image = "public.ecr.aws/aws-observability/aws-otel-collector:latest" }
  }

  expect_failures = [var.collector]
}

run "new_secrets_start_new_tasks" {
  command = plan

  variables {
    credentials_version = 2
  }

  assert {
    condition     = aws_ecs_service.api.triggers["credentials"] == "2" && aws_ecs_service.worker.triggers["credentials"] == "2"
    error_message = "Both services are deployed again."
  }
}

run "an_image_that_can_be_replaced_is_refused" {
  command = plan

  variables {
    api = { image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-api:latest" }
  }

  expect_failures = [var.api]
}

run "a_grace_that_fargate_would_cut_is_refused" {
  command = plan

  variables {
    worker = {
      image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-worker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      job_grace_seconds = 91
    }
  }

  expect_failures = [var.worker]
}

run "a_setting_that_nothing_reads_is_refused" {
  command = plan

  variables {
    settings = { OUTPOST_RATE_LIMIT_PER_MINUT = "1000" }
  }

  expect_failures = [var.settings]
}

run "without_stripe_and_bootstrap_key_their_settings_are_left_out" {
  command = plan

  variables {
    settings    = { OUTPOST_RATE_LIMIT_PER_MINUTE = "1000" }
    secret_arns = {}
  }

  assert {
    condition     = [for secret in output.containers["api"].secrets : secret.name] == ["OUTPOST_RATE_LIMIT_PER_MINUTE"] && output.containers["worker"].secrets == []
    error_message = "No container names a secret that does not exist."
  }

  assert {
    condition     = !can(regex("GetSecretValue", aws_iam_role_policy.execution["api"].policy))
    error_message = "Without secrets the role that starts the API may read none."
  }
}

run "the_role_of_ecs_is_made_once_an_account" {
  command = plan

  variables {
    service_linked_role = false
  }

  assert {
    condition     = length(aws_iam_service_linked_role.ecs) == 0
    error_message = "The service-linked role is not made where the account has it."
  }
}

run "a_task_that_fargate_has_not_is_refused" {
  command = plan

  variables {
    worker = {
      image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-worker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      cpu   = 2048, memory = 17408
    }
  }

  expect_failures = [var.worker]
}

run "a_task_too_small_for_one_job_is_refused" {
  command = plan

  variables {
    worker = {
      image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-worker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      cpu   = 2048, memory = 4096
    }
  }

  expect_failures = [aws_ecs_task_definition.this]
}

run "more_jobs_than_processors_can_serve_are_refused" {
  command = plan

  variables {
    worker = {
      image      = "123456789012.dkr.ecr.us-east-1.amazonaws.com/outpost-worker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      job_memory = 1024, job_disk_gib = 4
    }
  }

  expect_failures = [aws_ecs_task_definition.this]
}

# Two applies, of which the second has another first value.
run "a_setting_has_its_first_value" {
  state_key = "settings"

  variables {
    settings = { OUTPOST_RATE_LIMIT_PER_MINUTE = "1000" }
  }

  assert {
    condition     = nonsensitive(aws_ssm_parameter.setting["OUTPOST_RATE_LIMIT_PER_MINUTE"].value) == "1000"
    error_message = "Terraform writes the first value."
  }
}

run "an_apply_takes_no_setting_back" {
  state_key = "settings"

  variables {
    settings = { OUTPOST_RATE_LIMIT_PER_MINUTE = "2000" }
  }

  assert {
    condition     = nonsensitive(aws_ssm_parameter.setting["OUTPOST_RATE_LIMIT_PER_MINUTE"].value) == "1000"
    error_message = "A later apply leaves the value that operators set."
  }
}

run "graviton_is_a_choice_for_both_roles" {
  variables {
    cpu_architecture = "ARM64"
  }

  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : one(task.runtime_platform).cpu_architecture == "ARM64"])
    error_message = "Both roles' tasks run on the chosen processor."
  }
}

run "another_processor_is_refused" {
  command = plan

  variables {
    cpu_architecture = "arm64"
  }

  expect_failures = [var.cpu_architecture]
}
