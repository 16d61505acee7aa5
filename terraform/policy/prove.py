"""Proves that the rules of check.py find what they are for: breaks a production plan in one place after the other.

Usage: prove.py PLAN.json, where PLAN.json passes check.py --production. Exit 1 names each break that no rule found.
"""

import copy
import json
import sys

import check


def change(kind, part, **values):
    """Sets attributes of the first resource of a kind whose address contains part."""

    def apply(resources):
        next(entry for entry in resources if entry["type"] == kind and part in entry["address"])["values"].update(values)

    return apply


def remove(kind, part=""):
    def apply(resources):
        resources[:] = [entry for entry in resources if not (entry["type"] == kind and part in entry["address"])]

    return apply


def edit(kind, part, field, edit_document):
    """Changes a JSON attribute."""

    def apply(resources):
        values = next(entry for entry in resources if entry["type"] == kind and part in entry["address"])["values"]
        document = json.loads(values[field])
        edit_document(document)
        values[field] = json.dumps(document)

    return apply


def statement(**values):
    return lambda document: document["Statement"][0].update(values)


def grant(sid, **values):
    return lambda document: next(entry for entry in document["Statement"] if entry["Sid"] == sid).update(values)


def container(**values):
    return lambda document: document[0].update(values)


class Whole:
    """A break outside the resources: in the configuration or in what changes."""

    def __init__(self, apply):
        self.apply = apply


def forget(kind, part):
    """Takes what contains part out of the depends_on of a kind of resource, or of the call of a module."""

    def strip(entry):
        entry["depends_on"] = [name for name in entry.get("depends_on", []) if part not in name]

    def apply(shown):
        for _, module in check.modules(shown["configuration"]["root_module"]):
            for name, call in module.get("module_calls", {}).items():
                if f"module.{name}" == kind:
                    strip(call)
            for entry in module.get("resources", []):
                if entry["type"] == kind:
                    strip(entry)

    return Whole(apply)


def table_change(before, after, release):
    """A table whose indexes change from one dict to another, with or without new task definitions."""

    def indexes(keys):
        return {"global_secondary_index": [{"name": name, "hash_key": key, "range_key": None} for name, key in keys.items()]}

    def apply(shown):
        shown["resource_changes"] = [
            {"type": "aws_dynamodb_table", "address": "jobs", "change": {"actions": ["update"], "before": indexes(before), "after": indexes(after)}},
            {"type": "aws_ecs_task_definition", "address": "worker", "change": {"actions": ["create", "delete"] if release else ["no-op"]}},
        ]

    return Whole(apply)


def plain(name, value):
    """Sets a container's plain setting."""

    def apply(document):
        next(entry for entry in document[0]["environment"] if entry["name"] == name)["value"] = value

    return apply


FORWARDED = {"stateless_default_actions": ["aws:forward_to_sfe"], "stateless_fragment_default_actions": ["aws:forward_to_sfe"]}


def hosts(**values):
    """A list of hosts that differs in one point from ours."""
    listed = {"generated_rules_type": "ALLOWLIST", "target_types": ["TLS_SNI"], "targets": ["api.anthropic.com"], **values}
    return change("aws_networkfirewall_rule_group", "", rule_group=[{"rules_source": [{"rules_source_list": [listed]}]}])


BREAKS = {
    "data_is_encrypted": [
        change("aws_dynamodb_table", '"jobs"', server_side_encryption=[]),
        change("aws_sqs_queue", "jobs-high", sqs_managed_sse_enabled=False),
        change("aws_sns_topic", "notices", kms_master_key_id=None),
        change("aws_kms_key", "data", enable_key_rotation=False),
        remove("aws_s3_bucket_server_side_encryption_configuration", '"audit"'),
    ],
    "nothing_is_public": [
        remove("aws_s3_bucket_public_access_block", '"output"'),
        change("aws_s3_bucket_public_access_block", '"output"', block_public_policy=False),
        change("aws_vpc_security_group_ingress_rule", "alb-api", cidr_ipv4="0.0.0.0/0"),
        change("aws_lb", "", internal=False),
        change("aws_ecs_service", "worker", network_configuration=[{"assign_public_ip": True}]),
    ],
    "transport_is_encrypted": [
        edit("aws_s3_bucket_policy", '"output"', "policy", statement(Effect="Allow")),
        edit("aws_sqs_queue_policy", "jobs-low", "policy", statement(Condition={})),
        change("aws_lb_listener", "", protocol="HTTP"),
    ],
    "roles_name_what_they_may_do": [
        edit("aws_iam_role_policy", 'task["worker"]', "policy", statement(Action=["dynamodb:*"])),
        edit("aws_iam_role_policy", 'task["worker"]', "policy", statement(Resource="*")),
    ],
    "whoever_runs_agents_makes_no_keys": [
        edit("aws_iam_role_policy", 'task["worker"]', "policy", grant("Leases", Condition={})),
        edit("aws_iam_role_policy", 'task["worker"]', "policy", grant("Tenants", Action=["dynamodb:GetItem", "dynamodb:PutItem"])),
        edit(
            "aws_iam_role_policy", 'task["worker"]', "policy",
            grant("Leases", Condition={"ForAllValues:StringLike": {"dynamodb:Attributes": ["sk", "t*"]}}),
        ),
        edit(
            "aws_ecs_task_definition", "worker", "container_definitions",
            container(secrets=[{"name": "OUTPOST_STRIPE_SECRET_KEY", "valueFrom": "arn"}]),
        ),
    ],
    "only_ours_may_come": [
        edit("aws_vpc_endpoint", ".s3", "policy", statement(Condition={})),
        edit("aws_vpc_endpoint", ".s3", "policy", grant("GitHubLargeFiles", Resource="arn:aws:s3:::github-cloud*")),
        edit("aws_vpc_endpoint", ".s3", "policy", grant("GitHubLargeFiles", Action=["s3:GetObject", "s3:PutObject", "s3:ListBucket"])),
        edit("aws_sns_topic_policy", "notices", "policy", statement(Condition={})),
        edit("aws_iam_role", 'task["api"]', "assume_role_policy", statement(Condition={})),
        edit("aws_s3_bucket_policy", '"audit"', "policy", statement(Effect="Allow", Principal="*", Condition={})),
    ],
    "everything_is_logged": [
        remove("aws_s3_bucket_logging", '"audit"'),
        change("aws_lb", "", access_logs=[]),
        change("aws_apigatewayv2_stage", "", access_log_settings=[]),
        change("aws_cloudwatch_log_group", "worker", retention_in_days=0),
        remove("aws_flow_log"),
    ],
    "nothing_is_lost": [
        change("aws_dynamodb_table", '"usage"', point_in_time_recovery=[{"enabled": False}]),
        change("aws_sqs_queue", 'work["jobs-normal"]', visibility_timeout_seconds=30),
        change("aws_sqs_queue", "jobs-dlq", message_retention_seconds=345600),
        change("aws_s3_bucket", '"audit-head"', object_lock_enabled=False),
        change("aws_cloudwatch_metric_alarm", "dead_letters", threshold=100),
        change("aws_cloudwatch_metric_alarm", "dead_letters", metric_query=[]),
    ],
    "a_list_of_hosts_has_no_way_past_it": [
        change("aws_networkfirewall_firewall_policy", "", firewall_policy=[{
            "stateful_default_actions": ["aws:alert_established"], **FORWARDED
        }]),
        change("aws_networkfirewall_firewall_policy", "", firewall_policy=[{
            "stateful_default_actions": ["aws:drop_strict"], **FORWARDED, "stateless_fragment_default_actions": ["aws:pass"]
        }]),
        hosts(generated_rules_type="DENYLIST"),
        hosts(target_types=["HTTP_HOST", "TLS_SNI"]),
        hosts(targets=["api.anthropic.com", "s3.us-east-1.amazonaws.com"]),
        hosts(targets=["api.anthropic.com", ".github-cloud.s3.amazonaws.com"]),
        change("aws_vpc_security_group_egress_rule", '.https["worker"]', from_port=22, to_port=22),
        change("aws_route_table", ".private[", route=[{"cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1"}]),
        change("aws_route_table", ".private[", route=[{"cidr_block": "0.0.0.0/0", "vpc_endpoint_id": ""}]),
        change("aws_route_table", ".private[", route=[{"cidr_block": "0.0.0.0/0", "nat_gateway_id": "", "gateway_id": "igw-1"}]),
        remove("aws_route_table", ".nat["),
        change("aws_route_table", ".nat[", route=[{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}]),
        remove("aws_route_table_association", ".firewall["),
        remove("aws_networkfirewall_logging_configuration"),
        remove("aws_vpc_endpoint", 'interface["sqs"]'),
    ],
    "containers_are_confined": [
        edit("aws_ecs_task_definition", "worker", "container_definitions", container(readonlyRootFilesystem=False)),
        edit("aws_ecs_task_definition", "worker", "container_definitions", container(image="outpost-worker:latest")),
        edit("aws_ecs_task_definition", "worker", "container_definitions", container(stopTimeout=30)),
        edit(
            "aws_ecs_task_definition", "worker", "container_definitions",
            container(environment=[{"name": "OUTPOST_STRIPE_SECRET_KEY", "value": "sk_live_1"}]),
        ),
        change("aws_ecs_service", "api", deployment_circuit_breaker=[]),
        change("aws_ecs_service", "api", alarms=[]),
        change("aws_ecs_service", "worker", alarms=[{"enable": True, "rollback": False, "alarm_names": ["a"]}]),
        change("aws_ecs_service", "api", health_check_grace_period_seconds=30),
        change("aws_ecs_service", "worker", wait_for_steady_state=False),
        edit("aws_ecs_task_definition", "api", "container_definitions", lambda document: document[0]["healthCheck"].update(startPeriod=60)),
    ],
    "workers_hold_their_jobs": [
        edit("aws_ecs_task_definition", "worker", "container_definitions", plain("OUTPOST_WORKER_SLOTS", "12")),
        edit("aws_ecs_task_definition", "worker", "container_definitions", plain("OUTPOST_WORKER_MEMORY_LIMIT", "4096MB")),
        edit("aws_ecs_task_definition", "worker", "container_definitions", plain("OUTPOST_WORKER_DISK_LIMIT", "20GB")),
        change("aws_ecs_task_definition", "worker", memory="4096"),
    ],
    "what_the_gateway_sends_is_let_through": [
        change("aws_lb", "", desync_mitigation_mode="strictest"),
        change("aws_lb", "", desync_mitigation_mode="monitor"),
        change("aws_subnet", "private", availability_zone_id=None),
    ],
    "a_release_can_be_taken_back": [
        change("aws_ecs_task_definition", "worker", skip_destroy=False),
        change("aws_ecs_task_definition", "api", track_latest=False),
    ],
    "indexes_come_before_code_and_go_after_it": [
        table_change({"open": "shard"}, {}, release=True),
        table_change({"open": "shard"}, {"open": "other"}, release=False),
    ],
    "services_start_last": [
        *[forget("module.ecs", f"module.{name}") for name in ["network", "secrets", "dynamodb", "sqs", "s3", "alb"]],
        forget("aws_ecs_service", "aws_ssm_parameter"),
        forget("aws_ecs_service", "aws_iam_role_policy"),
        forget("aws_ecs_cluster", "aws_iam_service_linked_role"),
    ],
    "production_survives_its_region": [
        remove("aws_backup_plan"),
        change("aws_backup_plan", "", rule=[{"copy_action": []}]),
        remove("aws_cloudwatch_event_rule"),
        change("aws_backup_selection", "", resources=["arn:aws:dynamodb:us-east-1:123456789012:table/outpost-jobs-prod"]),
        remove("aws_s3_bucket_replication_configuration", '"audit-head"'),
        change("aws_s3_bucket_replication_configuration", '"audit"', rule=[{"status": "Disabled"}]),
        change("aws_s3_bucket_replication_configuration", '"audit"', rule=[{"status": "Enabled", "delete_marker_replication": [{"status": "Enabled"}]}]),
    ],
    "nothing_is_kept_for_ever": [
        change("aws_dynamodb_table", '"jobs"', ttl=[]),
        change("aws_dynamodb_table", '"usage"', ttl=[{"enabled": False}]),
        remove("aws_s3_bucket_lifecycle_configuration", '"output"'),
        change("aws_s3_bucket_lifecycle_configuration", '"output"', rule=[]),
        change("aws_s3_bucket_lifecycle_configuration", '"logs"', rule=[{
            "status": "Enabled", "noncurrent_version_expiration": [{}], "abort_incomplete_multipart_upload": [{}]
        }]),
        edit("aws_ecs_task_definition", "worker", "container_definitions", container(secrets=[])),
    ],
    "production_cannot_be_deleted": [
        change("aws_dynamodb_table", '"tenants"', deletion_protection_enabled=False),
        change("aws_lb", "", enable_deletion_protection=False),
        change("aws_s3_bucket", '"output"', force_destroy=True),
    ],
}


def flat(shown):
    """The plan with its resources in one list, so that a break can take one out."""
    resources = check.Environment(shown, True).resources
    return {
        "values": {"root_module": {"resources": copy.deepcopy(resources)}},
        "configuration": copy.deepcopy(shown["configuration"]),
        "resource_changes": [],
    }


def main(path):
    with open(path, encoding="utf-8") as file:
        shown = json.load(file)
    missed = [f"{name} has no break" for name in {entry.__name__ for entry in check.RULES} - set(BREAKS)]
    for name, breaks in BREAKS.items():
        for number, apply in enumerate(breaks):
            broken = flat(shown)
            if isinstance(apply, Whole):
                apply.apply(broken)
            else:
                apply(broken["values"]["root_module"]["resources"])
            if name not in {fault[0] for fault in check.faults(broken, True)[0]}:
                missed.append(f"{name} does not find its break number {number + 1}")
    for entry in missed:
        print(f"FAULT {entry}")
    print(f"{sum(map(len, BREAKS.values()))} breaks of {len(BREAKS)} rules: {len(missed)} not found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
