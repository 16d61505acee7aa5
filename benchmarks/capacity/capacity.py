"""What an environment needs and costs a month for 100, 1,000 and 10,000 concurrent tenants.

Usage: capacity.py            prints the tables
       capacity.py --check F  exit 1 unless the document F holds exactly these tables

Everything assumed is a named number below, so that somebody who knows better changes it and reads the answer. Prices are
AWS's list prices in dollars for us-east-1, without free tiers, discounts, taxes and the models' own bills.
"""

import math
import pathlib
import sys

TENANTS = [100, 1_000, 10_000]

# A concurrent tenant: works through the working hours and has jobs under way all the time.
HOURS = 8 * 22  # working hours a month
MONTH = 730  # hours a month
JOBS = 4  # jobs an hour
MINUTES = 4  # that a job runs
PEAK = 2  # the busiest hour against the average working hour
READS = 10  # times a client asks for a job's state
LISTS = 2  # times a client lists jobs, per job
OUTPUT_MB = 0.2  # output of a job
WORKSPACE_MB = 5  # workspace of a tenant, saved after each job
TRAFFIC_MB = 5  # between an agent and its model, a job
KEYS = 1.5  # provider keys of a tenant
SLOTS = 5  # jobs that a worker runs at once
USED = 0.65  # part of the slots in use on average: scaling in waits, sizes are rounded up

# DynamoDB units of one job, by step: (what, write units, read units). A transaction costs twice; an index costs again.
STEPS = [
    ("submit: job of 2 KB (2 x 2), two indexes (4), idempotency, audit and counter (3 x 2), in a transaction", 14, 0),
    ("claim: job (2), by-status moved (4), open changed (4), slot lease (1); job and tenant read", 11, 2),
    ("heartbeat, one on average: job (2), by-status (2), open moved (4)", 8, 0),
    ("finish: job (2 x 2), by-status moved (4), open left (2), ledger (2) with its index (1), audit (2)", 15, 0),
    ("report to Stripe: ledger (1), index left (1)", 2, 1),
    ("audit of the claim and of each read", 1 + READS + LISTS, 0),
    ("reads: job (1 each), lists of 50 jobs (12.5 each), tenant (1)", 0, READS + 12.5 * LISTS + 1),
]
# What each container reads whether there is work or not: revocations every 2.5 s, 16 shards of open jobs every 30 s.
IDLE_READS_A_SECOND = 0.5 / 2.5 + 16 * 0.5 / 30
SQS_A_JOB = 4 + 3 * (1 + READS + LISTS) / 10  # send, receive, heartbeat, delete; audit entries ten at a time, three calls
POLLS_A_SECOND = 0.5  # receives of a worker with a free slot

PRICE = {
    "write": 0.625e-6, "read": 0.125e-6, "table_gb": 0.25 + 0.20,  # with point-in-time recovery
    "sqs": 0.40e-6, "fair": 0.10e-6,
    "put": 5e-6, "get": 0.4e-6, "s3_gb": 0.023,
    "vcpu": 0.04048, "gib": 0.004445, "spot": 0.3, "api_task": 0.04048 + 2 * 0.004445,
    "secret": 0.40, "secret_call": 5e-6,
    "nat": 0.045, "nat_gb": 0.045, "endpoint": 0.01, "alb": 0.0225 + 0.008, "gateway": 1e-6, "waf": 0.60e-6,
    "log_gb": 0.50 + 0.03 * 3, "fixed": 5 + 3 + 3 + 3.5 + 12 + 1,  # firewall and rules, dashboard, alarms, insights, key
}


def numbers(tenants):
    """Loads by name for a number of concurrent tenants."""
    jobs = tenants * HOURS * JOBS
    peak = tenants * JOBS * PEAK / 3600
    writes, reads = (sum(step[column] for step in STEPS) for column in (1, 2))
    workers_peak = math.ceil(peak * MINUTES * 60 / SLOTS)
    workers = max(1, jobs * MINUTES / 60 / SLOTS / USED / MONTH)
    requests = jobs * (1 + READS + LISTS)
    api = max(2, math.ceil(requests / jobs * peak / 500))  # 500 requests a second and task leave it half idle
    return {
        "jobs": jobs, "peak": peak, "requests": requests, "api": api, "workers": workers, "workers_peak": workers_peak,
        "writes": jobs * writes, "reads": jobs * reads + (api + workers) * IDLE_READS_A_SECOND * MONTH * 3600,
        "writes_peak": peak * writes, "reads_peak": peak * reads,
        "sqs": jobs * SQS_A_JOB + workers * POLLS_A_SECOND * MONTH * 3600,
        "puts": jobs * 3 + tenants * HOURS * 2, "gets": jobs * 2,
        "table_gb": jobs * 3 * (4 + 1 + READS + LISTS) / 1e6,  # job twice indexed and audit entries of 1 KB, 90 days
        "s3_gb": jobs * OUTPUT_MB * 3 / 1e3 + tenants * WORKSPACE_MB / 1e3,
        "traffic_gb": jobs * (TRAFFIC_MB + OUTPUT_MB) / 1e3,
        "logs_gb": requests * 1e-6 + jobs * 20e-6,
        "secrets": tenants * KEYS,
    }


def costs(tenants):
    """Dollars a month by service."""
    load, price = numbers(tenants), PRICE
    worker = (4 * price["vcpu"] + 16 * price["gib"]) * MONTH
    return {
        "Workers (Fargate, one on demand, 70 % of the others on Spot)":
            worker * (1 + max(0, load["workers"] - 1) * (0.3 + 0.7 * price["spot"])),
        "API (Fargate)": load["api"] * price["api_task"] * MONTH,
        "DynamoDB requests": load["writes"] * price["write"] + load["reads"] * price["read"],
        "DynamoDB storage and recovery": load["table_gb"] * price["table_gb"],
        "SQS": load["sqs"] * price["sqs"] + load["jobs"] * 4 * price["fair"],
        "S3": load["puts"] * price["put"] + load["gets"] * price["get"] + load["s3_gb"] * price["s3_gb"],
        "Secrets Manager": load["secrets"] * price["secret"] + load["jobs"] * price["secret_call"],
        "Gateway, load balancer, firewall":
            load["requests"] * (price["gateway"] + price["waf"]) + price["alb"] * MONTH,
        "NAT and endpoints (two zones)":
            2 * price["nat"] * MONTH + load["traffic_gb"] * price["nat_gb"] + 7 * 2 * price["endpoint"] * MONTH,
        "Logs": load["logs_gb"] * price["log_gb"],
        "Alarms, dashboard, insights, key": price["fixed"],
    }


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    return [row(*head), row("---", *["---:"] * (len(head) - 1)), *[row(*cells) for cells in rows]]


def several(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def loads_table():
    lines = [
        ("jobs a month", "jobs"), ("jobs a second in the busiest hour", "peak"), ("requests a month", "requests"),
        ("workers on average", "workers"), ("workers in the busiest hour", "workers_peak"), ("API tasks", "api"),
        ("write units a month", "writes"), ("read units a month", "reads"),
        ("write units a second in the busiest hour", "writes_peak"), ("read units a second in the busiest hour", "reads_peak"),
        ("table size (GB)", "table_gb"), ("SQS calls a month", "sqs"), ("S3 writes a month", "puts"),
        ("S3 reads a month", "gets"), ("S3 size (GB)", "s3_gb"), ("provider keys", "secrets"),
    ]
    loads = [numbers(tenants) for tenants in TENANTS]
    return table(["concurrent tenants", *map(several, TENANTS)], [[text, *[several(load[name]) for load in loads]] for text, name in lines])


def costs_table():
    bills = [costs(tenants) for tenants in TENANTS]
    rows = [[name, *[f"{bill[name]:,.0f}" for bill in bills]] for name in bills[0]]
    totals = [sum(bill.values()) for bill in bills]
    rows.append(["**dollars a month**", *[f"**{total:,.0f}**" for total in totals]])
    rows.append(["dollars a tenant", *[f"{total / tenants:.2f}" for total, tenants in zip(totals, TENANTS)]])
    rows.append(["cents a job", *[f"{100 * total / numbers(tenants)['jobs']:.2f}" for total, tenants in zip(totals, TENANTS)]])
    return table(["concurrent tenants", *map(several, TENANTS)], rows)


def steps_table():
    rows = [[what, f"{writes:g}", f"{reads:g}"] for what, writes, reads in STEPS]
    rows.append(["**a job**", *[f"**{sum(step[column] for step in STEPS):g}**" for column in (1, 2)]])
    return table(["step", "write units", "read units"], rows)


def main(arguments):
    text = "\n\n".join("\n".join(lines) for lines in [steps_table(), loads_table(), costs_table()])
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
