"""What an environment needs and costs a month: idle, for a million jobs, for 100, 1,000 and 10,000 concurrent tenants.

Usage: capacity.py            prints the tables
       capacity.py --check F  exit 1 unless the document F holds exactly these tables

What a job and an idle container ask of AWS is counted, not assumed: counted.json is the record of a job of five minutes
whose agent prints a line every two seconds (`benchmarks/run JobCost`). Everything else that is assumed is a named number
below, so that somebody who knows better changes it and reads the answer. Prices are AWS's list prices in dollars for
us-east-1, without free tiers, discounts, taxes and the models' own bills.
"""

import json
import math
import pathlib
import sys

TENANTS = [100, 1_000, 10_000]
MILLION = 1_000_000



def record(name):
    return json.loads((pathlib.Path(__file__).parent / name).read_text(encoding="utf-8"))


COUNTED = record("counted.json")
WATCHED = record("counted-watched.json")  # the same job while a client follows its events

# A concurrent tenant: works through the working hours and has jobs under way all the time.
HOURS = 8 * 22  # working hours a month
MONTH = 730  # hours a month
JOBS = 4  # jobs an hour
MINUTES = COUNTED["minutes"]  # that a job runs
PEAK = 2  # the busiest hour against the average working hour
READS = COUNTED["asked"]  # times a client asks for a job's state
LISTS = COUNTED["listed"]  # times a client lists jobs, per job
LISTED = 24.5 / 2  # read units that a list of 50 jobs of 2 KB takes more than one of one job, eventually consistent
OUTPUT_MB = 0.2  # output of a job
WORKSPACE_MB = 5  # workspace of a tenant, saved after each job
TRAFFIC_MB = 5  # between an agent and its model, a job
SENT = 0.8  # part of it that goes out: the conversation is sent again with each step, the answers are short
AWS_KB = 3  # of a call of AWS that goes through NAT, both ways: SQS, Secrets Manager; S3 and DynamoDB have endpoints for nothing
KEYS = 1.5  # provider keys of a tenant
SLOTS = 8  # jobs that a worker runs at once, as terraform/modules/ecs/size.tf has it
SPOT = 0.9  # part of the workers beyond the first that are on Spot
USED = 0.55  # part of the slots in use on average: scaling in waits, sizes are rounded up; as simulated, docs/scaling.md
KEPT_MONTHS = 12  # that jobs are kept on average (OUTPOST_JOBS_KEPT_…)


def asked(costs, what, of=None):
    """Calls, or units, of the operations whose names begin with `of`, of both roles."""
    return sum(cost[what] for operations in costs.values() for name, cost in operations.items() if of is None or name.startswith(of))


def a_job(counted):
    """What a job asks, by what is paid for."""
    return {
        "writes": asked(counted, "writes"), "reads": asked(counted, "reads") + LISTS * LISTED,
        "sqs": asked(counted, "calls", "Sqs."), "puts": asked(counted, "calls", "S3.Put") + asked(counted, "calls", "S3.List"),
        "gets": asked(counted, "calls", "S3.Get") + asked(counted, "calls", "S3.Head"),
        "secrets": asked(counted, "calls", "SecretsManager."),
    }


A_JOB = a_job(COUNTED["job"])
# Removing it when its time is over, in the application: job with four indexes, note, files listed and deleted.
EXPIRY_WRITES = 9
EXPIRY_LISTS = 1


def idle(role, what, of=None):
    """What a container of a role asks in an hour without work."""
    return asked({role: COUNTED["idle_an_hour"].get(role, {})}, what, of)


PRICE = {
    "write": 0.625e-6, "read": 0.125e-6, "table_gb": 0.25 + 0.20,  # with point-in-time recovery
    "sqs": 0.40e-6, "fair": 0.10e-6,
    "put": 5e-6, "get": 0.4e-6, "s3_gb": 0.023,
    "vcpu": 0.04048, "gib": 0.004445, "disk_gib": 0.000111, "spot": 0.3, "api_task": 0.04048 + 2 * 0.004445,
    "secret": 0.40, "secret_call": 5e-6,
    "nat": 0.045, "nat_gb": 0.045, "address": 0.005, "out_gb": 0.09,
     "endpoint": 0.01, "endpoint_gb": 0.01, "wall": 0.395, "wall_gb": 0.065, "alb": 0.0225 + 0.008, "gateway": 1e-6, "waf": 0.60e-6,
    "log_gb": 0.50 + 0.03 * 3, "fixed": 5 + 3 + 3 + 7 + 1.5 + 12 + 1,  # firewall and rules, dashboard, 37 alarms and 6 of alarms, metrics, insights, key
}


def numbers(tenants, jobs=None, job=A_JOB):
    """Loads by name for a number of concurrent tenants, or for a number of jobs a month."""
    jobs = tenants * HOURS * JOBS if jobs is None else jobs
    peak = jobs / HOURS * PEAK / 3600
    workers_peak = max(1, math.ceil(peak * MINUTES * 60 / SLOTS))
    workers = max(1, jobs * MINUTES / 60 / SLOTS / USED / MONTH)
    requests = jobs * (2 + READS + LISTS)
    api = max(2, math.ceil((2 + READS + LISTS) * peak / 500))  # 500 requests a second and task leave it half idle

    def both(what, of=None):
        return (api * idle("api", what, of) + workers * idle("worker", what, of)) * MONTH

    return {
        "jobs": jobs, "peak": peak, "requests": requests, "api": api, "workers": workers, "workers_peak": workers_peak,
        "writes": jobs * (job["writes"] + EXPIRY_WRITES) + both("writes"), "reads": jobs * job["reads"] + both("reads"),
        "writes_peak": peak * job["writes"], "reads_peak": peak * job["reads"],
        "sqs": jobs * job["sqs"] + both("calls", "Sqs."),
        "puts": jobs * (job["puts"] + EXPIRY_LISTS) + both("calls", "S3.Put") + both("calls", "S3.List"), "gets": jobs * job["gets"] + both("calls", "S3."),
        "table_gb": jobs * KEPT_MONTHS * 6 / 1e6 + jobs * 3 * (2 + READS + LISTS + 4) / 1e6,  # job, three times indexed; audit of 1 KB, 90 days
        "s3_gb": jobs * OUTPUT_MB * KEPT_MONTHS / 1e3 + tenants * WORKSPACE_MB / 1e3,
        "traffic_gb": jobs * TRAFFIC_MB / 1e3,
        "logs_gb": requests * 1e-6 + jobs * 20e-6,
        "secrets": tenants * KEYS, "secret_calls": jobs * job["secrets"],
    }


def an_hour(vcpu=4, gib=20, disk_gib=60):
    """What a worker costs on demand; 20 GiB of disk are in the price. Spot takes nothing off the disk here."""
    return vcpu * PRICE["vcpu"] + gib * PRICE["gib"] + (disk_gib - 20) * PRICE["disk_gib"]


def worker_hours(load, spot=SPOT):
    """Hours of a worker at the price of one on demand."""
    return MONTH * (1 + max(0, load["workers"] - 1) * (1 - spot + spot * PRICE["spot"]))


def costs(load):
    """Dollars a month by service."""
    price = PRICE
    return {
        "Workers (Fargate, one on demand, 90 % of the others on Spot)": worker_hours(load) * an_hour(),
        "API (Fargate)": load["api"] * price["api_task"] * MONTH,
        "DynamoDB requests": load["writes"] * price["write"] + load["reads"] * price["read"],
        "DynamoDB storage and recovery": load["table_gb"] * price["table_gb"],
        "SQS": load["sqs"] * price["sqs"] + load["jobs"] * 4 * price["fair"],
        "S3": load["puts"] * price["put"] + load["gets"] * price["get"] + load["s3_gb"] * price["s3_gb"],
        "Secrets Manager": load["secrets"] * price["secret"] + load["secret_calls"] * price["secret_call"],
        "Gateway, load balancer, firewall":
            load["requests"] * (price["gateway"] + price["waf"]) + price["alb"] * MONTH,
        "NAT gateways (two zones)": 2 * (price["nat"] + price["address"]) * MONTH + (load["traffic_gb"] + aws_gb(load)) * price["nat_gb"],
        "Data out to the internet": load["traffic_gb"] * SENT * price["out_gb"],
        "Logs": load["logs_gb"] * price["log_gb"],
        "Alarms, dashboard, insights, key": price["fixed"],
    }


def aws_gb(load):
    """What AWS's services are asked and told through NAT, where they have no endpoints in the VPC."""
    return (load["sqs"] + load["secret_calls"]) * AWS_KB / 1e6 + load["logs_gb"]


def endpoints(load):
    """Eight interface endpoints in two zones instead of that."""
    return 8 * 2 * PRICE["endpoint"] * MONTH + aws_gb(load) * (PRICE["endpoint_gb"] - PRICE["nat_gb"])


def walled(load):
    """A list of hosts for agents: the firewall in two zones, with which AWS asks nothing for NAT, and endpoints for AWS."""
    return 2 * (PRICE["wall"] - PRICE["nat"]) * MONTH + load["traffic_gb"] * (PRICE["wall_gb"] - PRICE["nat_gb"]) + endpoints(load)


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    return [row(*head), row("---", *["---:"] * (len(head) - 1)), *[row(*cells) for cells in rows]]


def several(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


CASES = {
    "idle": numbers(0), "a million jobs": numbers(MILLION / HOURS / JOBS), **{several(tenants): numbers(tenants) for tenants in TENANTS}
}


def loads_table():
    lines = [
        ("jobs a month", "jobs"), ("jobs a second in the busiest hour", "peak"), ("requests a month", "requests"),
        ("workers on average", "workers"), ("workers in the busiest hour", "workers_peak"), ("API tasks", "api"),
        ("write units a month", "writes"), ("read units a month", "reads"),
        ("write units a second in the busiest hour", "writes_peak"), ("read units a second in the busiest hour", "reads_peak"),
        ("table size (GB)", "table_gb"), ("SQS calls a month", "sqs"), ("S3 writes a month", "puts"),
        ("S3 reads a month", "gets"), ("S3 size (GB)", "s3_gb"), ("provider keys", "secrets"),
    ]
    return table(["concurrent tenants", *CASES], [[text, *[several(load[name]) for load in CASES.values()]] for text, name in lines])


def costs_table():
    bills = {name: costs(load) for name, load in CASES.items()}
    rows = [[name, *[f"{bill[name]:,.0f}" for bill in bills.values()]] for name in bills["idle"]]
    rows.append(["**dollars a month**", *[f"**{sum(bill.values()):,.0f}**" for bill in bills.values()]])
    rows.append(["cents a job", *[f"{100 * sum(bills[name].values()) / load['jobs']:.2f}" if load["jobs"] else "" for name, load in CASES.items()]])
    return table(["concurrent tenants", *bills], rows)


def tried_table():
    """What a million jobs, and an idle environment, would cost otherwise, each alone."""
    load = CASES["a million jobs"]
    million, nothing = (sum(costs(CASES[name]).values()) for name in ("a million jobs", "idle"))
    busy, lone = worker_hours(load) * an_hour(), MONTH * an_hour()
    fewer = {**load, "workers": load["workers"] * SLOTS / 5}
    before = worker_hours(fewer, 0.7) * an_hour(gib=16)
    denser = worker_hours({**load, "workers": load["workers"] * SLOTS / 12}) * an_hour(gib=30, disk_gib=90)
    api = costs(load)["API (Fargate)"]
    half = 2 * PRICE["vcpu"] / 2 * MONTH
    smaller = worker_hours({**load, "workers": 2 * load["workers"]}) * an_hour(2, 12, 34)
    keys, calm = load["secrets"] * PRICE["secret"], CASES["idle"]
    zone = (PRICE["nat"] + PRICE["address"]) * MONTH
    rows = [
        ("as it is", million, nothing),
        ("each job watched from its start to its end", sum(costs(numbers(MILLION / HOURS / JOBS, job=a_job(WATCHED["job"]))).values()), nothing),
        ("as it was: five jobs in 16 GiB, 70 % on Spot", million - busy + before, nothing - lone + MONTH * an_hour(gib=16)),
        ("no Spot", million - busy + worker_hours(load, 0) * an_hour(), nothing),
        ("workers on Graviton (`cpu_architecture`), a fifth cheaper", million - 0.2 * busy, nothing - 0.2 * lone),
        ("API on Graviton too", million - 0.2 * (busy + api), nothing - 0.2 * (lone + api)),
        ("API tasks of half a processor", million - half, nothing - half),
        ("workers of 2 vCPU and 12 GiB with four jobs", million - busy + smaller, nothing - lone + MONTH * an_hour(2, 12, 34)),
        ("twelve jobs in 4 vCPU and 30 GiB: a third of a processor each", million - busy + denser, nothing - lone + MONTH * an_hour(gib=30, disk_gib=90)),
        ("one secret for all keys of a tenant", million - keys * (1 - 1 / KEYS), nothing),
        ("providers' keys sealed into the table instead of a secret each", million - keys, nothing),
        ("no worker while nothing waits (`workers.min = 0`); the first job waits for a start", million, nothing - lone),
        ("the first worker on Spot too (`on_demand_base = 0`); a drought of Spot stops all jobs", million - lone * 0.7, nothing - lone * 0.7),
        ("one NAT gateway: a zone that fails stops agents", million - zone, nothing - zone),
        ("AWS through eight interface endpoints in two zones (`interface_endpoints`)", million + endpoints(load), nothing + endpoints(calm)),
        ("a list of hosts that agents may reach (`egress_hosts`): firewall and endpoints", million + walled(load), nothing + walled(calm)),
    ]
    return table(["", "a million jobs", "idle"], [[text, f"{dear:,.0f}", f"{calm:,.0f}"] for text, dear, calm in rows])


def steps_table():
    rows = []
    for role, operations in COUNTED["job"].items():
        for name, cost in operations.items():
            rows.append([f"{role}: {name.replace('.', ' ')}", *[f"{cost[what]:.1f}".removesuffix(".0") if cost[what] else "" for what in ("calls", "writes", "reads")]])
    rows.append(["**a job**", *[f"**{asked(COUNTED['job'], what):.0f}**" for what in ("calls", "writes", "reads")]])
    for role in COUNTED["idle_an_hour"]:
        rows.append([f"{role}, idle, an hour", *[f"{idle(role, what):.0f}" for what in ("calls", "writes", "reads")]])
    return table(["asked of AWS", "calls", "write units", "read units"], rows)


def main(arguments):
    text = "\n\n".join("\n".join(lines) for lines in [steps_table(), loads_table(), costs_table(), tried_table()])
    if not arguments:
        print(text)
        return 0
    document = pathlib.Path(arguments[1]).read_text(encoding="utf-8")
    missing = [lines for lines in text.split("\n\n") if lines not in document]
    for lines in missing:
        print(f"{arguments[1]} does not hold this table:\n{lines}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
