"""What every environment must hold, checked on what Terraform plans or has made.

Usage: check.py FILE [--production [--standby]] [--complete]
FILE is the output of `terraform show -json`, of a plan or of a state. A plan does not know everything yet;
with --complete (a state) that is a fault too. A standby, made when a region is lost, need not have copies of its own yet.
Exit 1 names each resource that breaks a rule.
"""

import fnmatch
import json
import re
import sys

# Resources "*" that AWS has no other way for, each explained where it stands.
ANY_RESOURCE = {"ecr:GetAuthorizationToken", "secretsmanager:ListSecrets", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
SECRET_NAME = re.compile(r"SECRET(?!S_KMS)|TOKEN|PASSWORD|(?<!KMS)_KEY(?!_ID)")
# What AWS removes by itself, by bucket and prefix.
EXPIRING = {"output": ["exports/", "inputs/"], "audit": [""], "logs": [""]}
# How long the application keeps jobs, by tier, and the ledger.
KEPT = {"OUTPOST_JOBS_KEPT_FREE", "OUTPOST_JOBS_KEPT_PRO", "OUTPOST_JOBS_KEPT_ENTERPRISE", "OUTPOST_USAGE_KEPT"}
# What containers ask of AWS that no gateway endpoint leads to.
AWS_SERVICES = {"sqs", "secretsmanager", "sns", "kms", "ssm", "ecr.api", "ecr.dkr", "logs"}
# GitHub's bucket of large files (LFS), the only one of others that may be named: it takes what GitHub has signed.
LARGE_FILES_HOST = "github-cloud.s3.amazonaws.com"
LARGE_FILES = {"Resource": "arn:aws:s3:::github-cloud/*", "Action": ["s3:GetObject", "s3:PutObject"]}
SLOWEST_START = 120  # seconds from a container's start to its first good answer, with half a processor and no cache
# What makes a key or a tenant what it may do.
KEYS_AND_TIERS = [
    "key_hash", "scopes", "mode", "revoked_at", "rate_limit_per_minute",
    "tier", "status", "email", "stripe_customer_id", "subscription_status", "past_due_since", "billing_anchor",
]
RULES = []


def rule(check):
    """A rule is a generator of (address, fault) over an environment."""
    RULES.append(check)
    return check


class Environment:
    """The resources of a plan or state."""

    def __init__(self, shown, production, standby=False):
        root = shown.get("planned_values", shown.get("values"))["root_module"]
        self.resources = [entry for entry in self._walk(root) if entry["mode"] == "managed"]
        self.production = production
        self.standby = standby
        self.unknown = []
        self.changes = shown.get("resource_changes", [])
        self.configuration = shown.get("configuration")
        self._read_containers(shown.get("output_changes", {}).get("containers", {}).get("after") or {})

    def _read_containers(self, planned):
        """A plan does not know a whole container while it has a secret that is not made yet; its output knows the rest."""
        for address, task in self.all("aws_ecs_task_definition"):
            role = address[address.index("[") + 2:-2]
            if task.get("container_definitions") is None and role in planned:
                task["container_definitions"] = json.dumps([planned[role]])

    def _walk(self, module):
        yield from module.get("resources", [])
        for child in module.get("child_modules", []):
            yield from self._walk(child)

    def all(self, kind):
        return [(entry["address"], entry["values"]) for entry in self.resources if entry["type"] == kind]

    def beside(self, kind, address):
        """The resource of another kind for the same for_each key: bucket settings are resources of their own."""
        key = address[address.index("["):]
        return next((values for other, values in self.all(kind) if other.endswith(key)), {})

    def document(self, address, values, field):
        """A JSON field, or None where a plan does not know it yet."""
        if values.get(field) is None:
            self.unknown.append(f"{address}.{field}")
            return None
        return json.loads(values[field])

    def statements(self, kind, field="policy"):
        for address, values in self.all(kind):
            document = self.document(address, values, field)
            for statement in document["Statement"] if document else []:
                yield address, statement


def modules(module, address="root"):
    """All modules of a configuration with their addresses."""
    yield address, module
    for name, call in module.get("module_calls", {}).items():
        yield from modules(call["module"], f"{address}.{name}")


def several(value):
    return value if isinstance(value, list) else [value]


def first(blocks):
    """The single block of a kind, as Terraform shows it: a list of one."""
    return (blocks or [{}])[0]


@rule
def data_is_encrypted(env):
    for address, table in env.all("aws_dynamodb_table"):
        if not first(table["server_side_encryption"]).get("enabled"):
            yield address, "is not encrypted with our key"
    for address, queue in env.all("aws_sqs_queue"):
        if not queue["sqs_managed_sse_enabled"]:
            yield address, "is not encrypted"
    for address, _ in env.all("aws_s3_bucket"):
        settings = env.beside("aws_s3_bucket_server_side_encryption_configuration", address)
        default = first(first(settings.get("rule")).get("apply_server_side_encryption_by_default"))
        wanted = "AES256" if '"logs"' in address else "aws:kms"
        if default.get("sse_algorithm") != wanted:
            yield address, f"is not encrypted with {wanted}"
    keys = {"aws_secretsmanager_secret": "kms_key_id", "aws_sns_topic": "kms_master_key_id", "aws_cloudwatch_log_group": "kms_key_id"}
    for kind, field in keys.items():
        for address, values in env.all(kind):
            if not values.get(field, "made by this plan"):
                yield address, "is not encrypted with our key"
    for address, key in env.all("aws_kms_key"):
        # AWS rotates no key that signs.
        if key.get("key_usage") != "SIGN_VERIFY" and not key["enable_key_rotation"]:
            yield address, "is never rotated"


@rule
def nothing_is_public(env):
    blocks = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]
    for address, _ in env.all("aws_s3_bucket"):
        if not all(env.beside("aws_s3_bucket_public_access_block", address).get(block) for block in blocks):
            yield address, "does not block public access"
    for address, entry in env.all("aws_vpc_security_group_ingress_rule"):
        if entry.get("cidr_ipv4") or entry.get("cidr_ipv6"):
            yield address, "lets addresses in instead of a security group"
    for address, entry in env.all("aws_lb"):
        if not entry["internal"]:
            yield address, "faces the internet"
    for address, service in env.all("aws_ecs_service"):
        if first(service["network_configuration"])["assign_public_ip"]:
            yield address, "gives its tasks public addresses"


@rule
def transport_is_encrypted(env):
    for kind in ["aws_s3_bucket_policy", "aws_sqs_queue_policy", "aws_sns_topic_policy"]:
        refusing = {
            address for address, statement in env.statements(kind)
            if statement["Effect"] == "Deny"
            and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        }
        for address, _ in env.all(kind):
            if address not in refusing:
                yield address, "accepts requests without TLS"
    for address, listener in env.all("aws_lb_listener"):
        if env.production and listener["protocol"] != "HTTPS":
            yield address, "listens without TLS"


@rule
def roles_name_what_they_may_do(env):
    for address, statement in env.statements("aws_iam_role_policy"):
        if statement["Effect"] != "Allow":
            continue
        actions = several(statement["Action"])
        for action in actions:
            if "*" in action:
                yield address, f"allows {action}"
        if "*" in several(statement["Resource"]) and not set(actions) <= ANY_RESOURCE:
            yield address, f"allows {', '.join(actions)} on everything"


@rule
def whoever_runs_agents_makes_no_keys(env):
    """A worker's role writes to the tenants' table only attributes that it is given by name, none of a key or a tenant."""
    for address, statement in env.statements("aws_iam_role_policy"):
        writes = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"} & set(several(statement["Action"]))
        tenants = [resource for resource in several(statement["Resource"]) if ":table/outpost-tenants-" in str(resource)]
        if '["worker"]' not in address or statement["Effect"] != "Allow" or not writes or not tenants:
            continue
        named = several(statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:Attributes", []))
        if not named:
            yield address, f"may write any attribute of {tenants[0]}"
        for attribute in sorted(attribute for attribute in named if fnmatch.filter(KEYS_AND_TIERS, attribute)):
            yield address, f"may write {attribute} of {tenants[0]}"
    for address, task in env.all("aws_ecs_task_definition"):
        for container in env.document(address, task, "container_definitions") or []:
            ours = [entry["name"] for entry in container.get("secrets", []) if SECRET_NAME.search(entry["name"])]
            if '["worker"]' in address and ours:
                yield address, f"is given {', '.join(ours)}"


@rule
def only_ours_may_come(env):
    """Policies on resources let in AWS services or our own account, never anybody."""
    kinds = ["aws_s3_bucket_policy", "aws_sqs_queue_policy", "aws_sns_topic_policy", "aws_kms_key", "aws_vpc_endpoint"]
    for kind in kinds:
        for address, statement in env.statements(kind):
            if statement["Effect"] != "Allow":
                continue
            principal = statement["Principal"]
            anybody = principal == "*" or (isinstance(principal, dict) and principal.get("AWS") == "*")
            condition = statement.get("Condition", {}).get("StringEquals", {})
            layers = "starport-layer-bucket" in str(statement["Resource"])  # image layers of ECR, signed by ECR
            large_files = kind == "aws_vpc_endpoint" and LARGE_FILES.items() <= statement.items()
            if anybody and "aws:PrincipalAccount" not in condition and not layers and not large_files:
                yield address, "lets anybody in"
            service = isinstance(principal, dict) and "Service" in principal
            # EventBridge delivers to no topic whose policy has a condition on it.
            event = kind == "aws_sns_topic_policy" and service and principal["Service"] == "events.amazonaws.com"
            if service and not event and not statement.get("Condition"):
                yield address, f"lets {principal['Service']} act for any account"
    for address, statement in env.statements("aws_iam_role", "assume_role_policy"):
        if "aws:SourceAccount" not in statement.get("Condition", {}).get("StringEquals", {}):
            yield address, "may be assumed for another account"


@rule
def everything_is_logged(env):
    for address, _ in env.all("aws_s3_bucket"):
        if '"logs"' not in address and not env.beside("aws_s3_bucket_logging", address):
            yield address, "has no access log"
    for address, balancer in env.all("aws_lb"):
        if not first(balancer["access_logs"]).get("enabled"):
            yield address, "has no access log"
    for address, stage in env.all("aws_apigatewayv2_stage"):
        if not stage.get("access_log_settings"):
            yield address, "has no access log"
    for needed in ["aws_flow_log", "aws_wafv2_web_acl_logging_configuration"]:
        if not env.all(needed):
            yield needed, "is missing"
    for address, group in env.all("aws_cloudwatch_log_group"):
        if not group["retention_in_days"]:
            yield address, "keeps logs for ever"


@rule
def nothing_is_lost(env):
    for address, table in env.all("aws_dynamodb_table"):
        if not first(table["point_in_time_recovery"])["enabled"]:
            yield address, "cannot be restored to a point in time"
    for address, queue in env.all("aws_sqs_queue"):
        if queue["message_retention_seconds"] != 14 * 24 * 3600:
            yield address, "does not keep messages for 14 days"
        if ".work[" in address and "jobs-" in address and queue["visibility_timeout_seconds"] != 900:
            yield address, "does not hide a job for 15 minutes"
    for address, bucket in env.all("aws_s3_bucket"):
        if '"audit-head"' in address and not bucket["object_lock_enabled"]:
            yield address, "lets heads of audit chains be changed"
    for address, alarm in env.all("aws_cloudwatch_metric_alarm"):
        if "dead_letters" in address and alarm["threshold"] != 10:
            yield address, "does not ring at ten dead letters"
        metrics = {first(query["metric"]).get("metric_name") for query in alarm.get("metric_query") or [] if query.get("metric")}
        if "dead_letters" in address and "NumberOfMessagesDeleted" not in metrics:
            yield address, "does not count what the worker takes out of the queue, so it never rings"


@rule
def a_list_of_hosts_has_no_way_past_it(env):
    """With a firewall, everything but the hosts of a list is dropped, both ways lead through it, and AWS has endpoints."""
    if not env.all("aws_networkfirewall_firewall"):
        return
    for address, entry in env.all("aws_networkfirewall_firewall_policy"):
        policy = first(entry["firewall_policy"])
        if not any(action.startswith("aws:drop_") for action in policy.get("stateful_default_actions") or []):
            yield address, "lets through what is on no list"
        if set(policy["stateless_default_actions"] + policy["stateless_fragment_default_actions"]) != {"aws:forward_to_sfe"}:
            yield address, "lets packets through that no list was asked for"
    for address, group in env.all("aws_networkfirewall_rule_group"):
        source = first(first(first(group["rule_group"])["rules_source"]).get("rules_source_list"))
        if source.get("generated_rules_type") != "ALLOWLIST" or source.get("target_types") != ["TLS_SNI"]:
            yield address, "is no list of names that TLS connections may be for"
        for host in source.get("targets") or []:
            if host.endswith("amazonaws.com") and host != LARGE_FILES_HOST:
                yield address, f"names {host}, where anybody's credentials work"
    for address, entry in env.all("aws_vpc_security_group_egress_rule"):
        if entry.get("cidr_ipv4") and entry["from_port"] != 443:
            yield address, "opens a port whose connections name no host"
    # The id of an endpoint or gateway that a plan does not know yet is absent there; what is not set is empty.
    for address, table in env.all("aws_route_table"):
        past = [
            route for route in table["route"]
            if route.get("nat_gateway_id") or route.get("gateway_id") or not route.get("vpc_endpoint_id", "unknown")
        ]
        if ".private[" in address and past:
            yield address, "leads past the firewall"
    made = dict(env.all("aws_route_table") + env.all("aws_route_table_association"))
    for address, _ in env.all("aws_nat_gateway"):
        module, zone = address[:address.index("aws_nat_gateway")], address[address.index("["):]
        back = made.get(f"{module}aws_route_table.nat{zone}", {}).get("route", [])
        if not any(route["cidr_block"] != "0.0.0.0/0" and route.get("vpc_endpoint_id", "unknown") for route in back):
            yield address, "has its answers sent past the firewall"
        if f"{module}aws_route_table_association.firewall{zone}" not in made:
            yield address, "cannot be reached from the firewall"
    if not env.all("aws_networkfirewall_logging_configuration"):
        yield "aws_networkfirewall_logging_configuration", "is missing: nobody sees what was dropped"
    services = {address[address.rindex("[") + 2:-2] for address, _ in env.all("aws_vpc_endpoint") if ".interface[" in address}
    for service in sorted(AWS_SERVICES - services):
        yield f"aws_vpc_endpoint {service}", "is missing: the list has no name of AWS"


@rule
def containers_are_confined(env):
    for address, task in env.all("aws_ecs_task_definition"):
        for container in env.document(address, task, "container_definitions") or []:
            if not container["readonlyRootFilesystem"] or container["privileged"]:
                yield address, "may write its own file system or is privileged"
            if not container["linuxParameters"]["initProcessEnabled"]:
                yield address, "has nobody to reap its children"
            if "@sha256:" not in container["image"]:
                yield address, "runs an image that can be replaced"
            if "healthCheck" not in container or container["logConfiguration"]["logDriver"] != "awslogs":
                yield address, "has no health check or no log"
            plain = {entry["name"]: entry.get("value", "") for entry in container["environment"]}
            if any(SECRET_NAME.search(name) for name in plain):
                yield address, "has a secret in its environment instead of in the secret store"
            if not int(plain.get("OUTPOST_JOB_GRACE", 0)) < container["stopTimeout"] <= 120:
                yield address, "is killed before its grace has passed"
            if container["healthCheck"].get("startPeriod", 0) < SLOWEST_START:
                yield address, f"is given up before the {SLOWEST_START} s that a start may take"
    for address, service in env.all("aws_ecs_service"):
        if not first(service["deployment_circuit_breaker"]).get("rollback"):
            yield address, "does not roll a failing deployment back"
        watched = first(service.get("alarms"))
        if not (watched.get("enable") and watched.get("rollback") and watched.get("alarm_names")):
            yield address, "does not take a release back whose answers are faults"
        if service.get("load_balancer") and service["health_check_grace_period_seconds"] < SLOWEST_START:
            yield address, f"is given up before the {SLOWEST_START} s that a start may take"
        if not service["wait_for_steady_state"]:
            yield address, "lets an apply end before its new tasks serve"


@rule
def workers_hold_their_jobs(env):
    """All jobs at their limits, and the worker itself, fit into the task."""
    for address, task in env.all("aws_ecs_task_definition"):
        for container in env.document(address, task, "container_definitions") or []:
            plain = {entry["name"]: entry.get("value", "") for entry in container["environment"]}
            if "OUTPOST_WORKER_SLOTS" not in plain:
                continue
            slots = int(plain["OUTPOST_WORKER_SLOTS"])
            memory = slots * int(plain.get("OUTPOST_WORKER_MEMORY_LIMIT", "4096MB").removesuffix("MB")) + 2048
            disk = slots * int(plain.get("OUTPOST_WORKER_DISK_LIMIT", "5GB").removesuffix("GB")) + 5
            if memory > int(task["memory"]):
                yield address, f"has {task['memory']} MiB for jobs and a worker that may take {memory}"
            if disk > first(task["ephemeral_storage"]).get("size_in_gib", 20):
                yield address, f"has less disk than the {disk} GiB that jobs and the worker may take"


@rule
def what_the_gateway_sends_is_let_through(env):
    """An HTTP API sends "content-length: 0" with a GET over a VPC link, and has no VPC links in some zones."""
    for address, balancer in env.all("aws_lb"):
        if balancer["desync_mitigation_mode"] != "defensive":
            yield address, "answers 400 to what the gateway sends, or lets everything through"
    for address, subnet in env.all("aws_subnet"):
        if not re.fullmatch(r"[a-z]{2,4}\d-az\d", subnet.get("availability_zone_id") or ""):
            yield address, "names no zone by its id: a name is another zone in each account"


@rule
def a_release_can_be_taken_back(env):
    for address, task in env.all("aws_ecs_task_definition"):
        if not task["skip_destroy"]:
            yield address, "is gone once there is a newer one, so nobody can go back to it"
        if not task["track_latest"]:
            yield address, "does not see what was registered by hand"


@rule
def indexes_come_before_code_and_go_after_it(env):
    """Old and new tasks run side by side: neither may ask for an index that is not there."""
    releases = any(
        change["type"] == "aws_ecs_task_definition" and change["change"]["actions"] not in (["no-op"], ["create"])
        for change in env.changes
    )
    for change in env.changes:
        if change["type"] != "aws_dynamodb_table" or not change["change"]["before"]:
            continue
        before, after = (
            {index["name"]: (index["hash_key"], index.get("range_key")) for index in (change["change"][side] or {}).get("global_secondary_index", [])}
            for side in ("before", "after")
        )
        for name, keys in before.items():
            if name in after and after[name] != keys:
                yield change["address"], f"changes the keys of index {name}: make one with a new name"
            if name not in after and releases:
                yield change["address"], f"removes index {name} together with a release: release without its use first"


@rule
def services_start_last(env):
    """What a task needs is made before the service; seen in the configuration, which only a plan has."""
    if env.configuration is None:
        return
    for address, module in modules(env.configuration["root_module"]):
        for call in module.get("module_calls", {}).values():
            kinds = {entry["type"] for entry in call["module"].get("resources", [])}
            if "aws_ecs_service" in kinds:
                for needed in sorted({"network", "secrets", "dynamodb", "sqs", "s3", "alb"} - {name.removeprefix("module.") for name in call.get("depends_on", [])}):
                    yield address, f"starts services that do not wait for module.{needed}"
        for entry in module.get("resources", []):
            needs = " ".join(entry.get("depends_on", []))
            if entry["type"] == "aws_ecs_service":
                for needed in ["aws_ecs_cluster_capacity_providers", "aws_iam_role_policy.task", "aws_iam_role_policy.execution", "aws_ssm_parameter"]:
                    if needed not in needs:
                        yield f"{address}.{entry['address']}", f"does not wait for {needed}"
            if entry["type"] == "aws_ecs_cluster" and "aws_iam_service_linked_role" not in needs:
                yield f"{address}.{entry['address']}", "does not wait for the role that ECS needs in a fresh account"


@rule
def production_cannot_be_deleted(env):
    if not env.production:
        return
    for address, table in env.all("aws_dynamodb_table"):
        if not table["deletion_protection_enabled"]:
            yield address, "can be deleted"
    for address, balancer in env.all("aws_lb"):
        if not balancer["enable_deletion_protection"]:
            yield address, "can be deleted"
    for address, lock in env.all("aws_s3_bucket_object_lock_configuration"):
        if first(first(lock["rule"])["default_retention"])["mode"] != "COMPLIANCE":
            yield address, "can be unlocked"
    for address, bucket in env.all("aws_s3_bucket"):
        if bucket["force_destroy"]:
            yield address, "can be deleted with everything in it"
    if len(env.all("aws_nat_gateway")) < 2:
        yield "aws_nat_gateway", "is only one: a zone that fails takes all ways out with it"


@rule
def production_survives_its_region(env):
    """Copies of every table and of the audit stand elsewhere."""
    if not env.production or env.standby:
        return
    rules = [entry for _, plan in env.all("aws_backup_plan") for entry in plan["rule"]]
    if not any(entry.get("copy_action") for entry in rules):
        yield "aws_backup_plan", "copies no backup of a table into another region"
    events = [json.loads(entry.get("event_pattern") or "{}") for _, entry in env.all("aws_cloudwatch_event_rule")]
    if not any("Copy Job State Change" in event.get("detail-type", []) for event in events):
        yield "aws_cloudwatch_event_rule", "tells nobody of a copy that failed"
    for address, selection in env.all("aws_backup_selection"):
        chosen = selection.get("resources")
        if chosen is not None and len(chosen) < len(env.all("aws_dynamodb_table")):
            yield address, "leaves tables out"
    for name in ["audit", "audit-head"]:
        copies = [values for address, values in env.all("aws_s3_bucket_replication_configuration") if address.endswith(f'["{name}"]')]
        if not copies or first(copies[0]["rule"]).get("status") != "Enabled":
            yield f"aws_s3_bucket {name}", "is copied nowhere"
        elif first(first(copies[0]["rule"]).get("delete_marker_replication")).get("status") != "Disabled":
            yield f"aws_s3_bucket {name}", "has its deletions copied too"


@rule
def nothing_is_kept_for_ever(env):
    """What customers and logs leave has an end: items, old versions, uploads and exports by AWS, jobs by the application."""
    for address, table in env.all("aws_dynamodb_table"):
        if not first(table.get("ttl")).get("enabled"):
            yield address, "lets no item expire"
    for address, _ in env.all("aws_s3_bucket"):
        rules = env.beside("aws_s3_bucket_lifecycle_configuration", address).get("rule", [])
        on = [entry for entry in rules if entry["status"] == "Enabled"]
        if not any(entry.get("noncurrent_version_expiration") for entry in on):
            yield address, "keeps old versions"
        if not any(entry.get("abort_incomplete_multipart_upload") for entry in on):
            yield address, "keeps uploads that were broken off"
        ends = {first(entry.get("filter")).get("prefix") for entry in on if entry.get("expiration")}
        for prefix in EXPIRING.get(address[address.rindex("[") + 2:-2], []):
            if prefix not in ends:
                yield address, f"keeps {prefix or 'everything'}"
    for address, task in env.all("aws_ecs_task_definition"):
        for container in env.document(address, task, "container_definitions") or []:
            named = {entry["name"] for entry in container.get("secrets", [])}
            for setting in sorted(KEPT - named):
                yield address, f"does not let operators set {setting}"


def faults(shown, production, standby=False):
    """All (rule, address, fault) of an environment, and what is not known yet."""
    env = Environment(shown, production, standby)
    found = [(check.__name__, address, fault) for check in RULES for address, fault in check(env)]
    return found, sorted(set(env.unknown)), env


def main(arguments):
    with open(arguments[0], encoding="utf-8") as file:
        found, unknown, env = faults(json.load(file), "--production" in arguments, "--standby" in arguments)
    if "--complete" in arguments:
        found += [("everything_is_known", address, "is not known") for address in unknown]
    for name, address, fault in found:
        print(f"FAULT {name}: {address} {fault}")
    print(f"{len(RULES)} rules on {len(env.resources)} resources: {len(found)} faults;"
          f" known only once applied: {', '.join(unknown) or 'nothing'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
