"""Tries terraform/preflight on an account that has enough and on ones that lack something, with a stand-in for `aws`.

Usage: preflight.py PLAN.json, a plan of prod that makes everything.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

COMMAND = pathlib.Path(__file__).parent.parent / "preflight"
# What the stand-in answers: quotas by code (else NoSuchResource, as for a quota that was never raised), things that are there.
STAND_IN = """#!/usr/bin/env python3
import json, sys
quotas, role = {quotas!r}, {role!r}
words = sys.argv[1:]
if words[:2] == ["service-quotas", "get-service-quota"]:
    code = words[words.index("--quota-code") + 1]
    if code not in quotas:
        sys.exit("An error occurred (NoSuchResourceException)")
    print(json.dumps({{"Quota": {{"Value": quotas[code]}}}}))
elif words[:2] == ["service-quotas", "get-aws-default-service-quota"]:
    print(json.dumps({{"Quota": {{"Value": 5.0}}}}))
elif words[:2] == ["iam", "get-role"]:
    print("{{}}") if role else sys.exit("An error occurred (NoSuchEntity)")
elif words[0] == "ec2":
    print(json.dumps({{"Vpcs": [{{}}], "Addresses": []}}))
else:
    sys.exit("not known: " + " ".join(words))
"""
ENOUGH = {"L-3032A538": 1000.0, "L-36FBB829": 1000.0, "L-2F66C23C": 500000.0, "L-F678F1CE": 5.0, "L-0263D0A3": 5.0}


def run(plan, quotas, role=False):
    with tempfile.TemporaryDirectory() as folder:
        stand_in = pathlib.Path(folder, "aws")
        stand_in.write_text(STAND_IN.format(quotas=quotas, role=role), encoding="utf-8")
        stand_in.chmod(0o755)
        path = f"{folder}:{os.environ['PATH']}"
        return subprocess.run([sys.executable, COMMAND, plan], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)


def main(plan):
    tries = [
        ("an account with enough", ENOUGH, False, 0, "at most"),
        ("Spot at its default", {name: value for name, value in ENOUGH.items() if name != "L-36FBB829"}, False, 1, "--quota-code L-36FBB829 --desired-value 400"),
        ("few processors on demand", {**ENOUGH, "L-3032A538": 6.0}, False, 1, "--quota-code L-3032A538 --desired-value 420"),
        ("no VPC left", {**ENOUGH, "L-F678F1CE": 1.0}, False, 1, "--quota-code L-F678F1CE --desired-value 2"),
        ("few secrets", {**ENOUGH, "L-2F66C23C": 1000.0}, False, 1, "--quota-code L-2F66C23C"),
        ("an account that has run ECS before", ENOUGH, True, 1, "service_linked_role = false"),
    ]
    wrong = 0
    for name, quotas, role, code, text in tries:
        done = run(plan, quotas, role)
        if done.returncode != code or text not in done.stdout:
            wrong += 1
            print(f"FAULT preflight on {name}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"preflight: {len(tries)} accounts tried, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
