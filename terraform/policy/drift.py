"""Checks a plan made right after an apply: nothing may be left to do, but for what the emulator does not remember.

Usage: drift.py PLAN.json. Exit 1 names each resource that a second apply would change.
"""

import json
import sys

# What moto keeps less of than it was given, so that Terraform finds it missing.
FORGOTTEN = {
    "aws_appautoscaling_target": "tags",
    "aws_ecs_service": "capacity providers and deployment settings",
    "aws_vpc_security_group_egress_rule": "descriptions",
    "aws_vpc_security_group_ingress_rule": "descriptions",
}


def main(path):
    with open(path, encoding="utf-8") as file:
        changes = [entry for entry in json.load(file)["resource_changes"] if entry["change"]["actions"] not in (["no-op"], ["read"])]
    left = [entry["address"] for entry in changes if entry["type"] not in FORGOTTEN]
    for kind in sorted({entry["type"] for entry in changes} & set(FORGOTTEN)):
        print(f"the emulator forgets of {kind}: {FORGOTTEN[kind]}")
    for address in left:
        print(f"FAULT {address} is not as it was applied")
    print(f"second plan: {len(left)} resources not as applied")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
