"""Creates the missing tables, queues, buckets and the topic of Outpost on an emulator of AWS.

Reads the application's own definitions, schema/tables.json and schema/queues.json. In AWS Terraform does this.
Environment: ENDPOINT, the emulator's URL; OUTPOST_ENV, the last part of every name; SCHEMA, the folder of the files.
"""

import json
import os
import pathlib

import boto3

ENV = os.environ["OUTPOST_ENV"]
SCHEMA = pathlib.Path(os.environ.get("SCHEMA", "/schema"))


def client(service):
    return boto3.client(
        service,
        endpoint_url=os.environ["ENDPOINT"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def named(name):
    return f"outpost-{name}-{ENV}"


def keys(definition):
    pairs = [("hash_key", "HASH"), ("range_key", "RANGE")]
    return [{"AttributeName": definition[key], "KeyType": kind} for key, kind in pairs if key in definition]


def make_table(dynamodb, name, table):
    request = {
        "TableName": named(name),
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys(table),
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in table["attributes"].items()],
    }
    if table["indexes"]:
        request["GlobalSecondaryIndexes"] = [
            {"IndexName": n, "KeySchema": keys(index), "Projection": {"ProjectionType": index.get("projection", "ALL")}}
            for n, index in table["indexes"].items()
        ]
    dynamodb.create_table(**request)
    dynamodb.get_waiter("table_exists").wait(TableName=named(name))
    dynamodb.update_time_to_live(
        TableName=named(name), TimeToLiveSpecification={"Enabled": True, "AttributeName": table["ttl"]}
    )


def make_queues(sqs, queues):
    # A queue can only name a dead-letter queue that exists.
    for name, queue in sorted(queues.items(), key=lambda item: "dead_letter" in item[1]):
        attributes = {"VisibilityTimeout": str(queue["visibility_seconds"]), "MessageRetentionPeriod": "1209600"}
        if "dead_letter" in queue:
            url = sqs.get_queue_url(QueueName=named(queue["dead_letter"]))["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": queue["receives"]}
            attributes["RedrivePolicy"] = json.dumps(policy)
        sqs.create_queue(QueueName=named(name), Attributes=attributes)


def main():
    dynamodb, s3 = client("dynamodb"), client("s3")
    there = set(dynamodb.list_tables()["TableNames"])
    for name, table in json.loads((SCHEMA / "tables.json").read_text()).items():
        if named(name) not in there:
            make_table(dynamodb, name, table)
    make_queues(client("sqs"), json.loads((SCHEMA / "queues.json").read_text()))
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for name in ["output", "audit", "audit-head"]:
        if named(name) not in buckets:
            lock = {"ObjectLockEnabledForBucket": True} if name == "audit-head" else {}
            s3.create_bucket(Bucket=named(name), **lock)
    client("sns").create_topic(Name=named("notices"))
    print(f"resources: everything named outpost-*-{ENV} is there")


if __name__ == "__main__":
    main()
