"""AWS in one process on loopback, for a real `terraform apply`: moto's server with the gaps filled that the
provider stumbles over. Usage: python3 emulator.py PORT"""

import json
import sys

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.iam.access_control import IAMPolicy
from moto.s3.models import FakeBucket
from moto.server import main
from moto.sqs.models import Queue


def know_redrive_allow_policy():
    """SQS has the attribute, moto has not; and moto drops a queue's policy when any other attribute is set."""
    set_attributes = Queue._set_attributes

    def keep_policy(queue, attributes, now=None):
        policy = getattr(queue, "policy", None)
        set_attributes(queue, attributes, now)
        queue.policy = attributes.get("Policy", policy)

    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue.redrive_allow_policy = None
    Queue._set_attributes = keep_policy


def answer_policies_as_given():
    """SQS answers a redrive policy as it was sent; moto adds blanks, which looks like a change."""
    attributes = Queue.attributes.fget

    def compact(queue):
        answer = attributes(queue)
        if "RedrivePolicy" in answer and answer["RedrivePolicy"]:
            answer["RedrivePolicy"] = json.dumps(json.loads(answer["RedrivePolicy"]), separators=(",", ":"))
        return answer

    Queue.attributes = property(compact)


def know_scaling_tags():
    """The provider reads a scaling target's tags after each call; moto keeps none."""
    ApplicationAutoScalingResponse.list_tags_for_resource = lambda _: json.dumps({"Tags": {}})


def leave_conditional_refusals_out():
    """Buckets refuse whoever comes without TLS; moto knows no conditions and would refuse everybody."""

    def permission(bucket, action, resource):
        policy = json.loads(bucket.policy or '{"Statement": []}')
        policy["Statement"] = [statement for statement in policy["Statement"] if "Condition" not in statement]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    FakeBucket.get_permission = permission


if __name__ == "__main__":
    know_redrive_allow_policy()
    answer_policies_as_given()
    know_scaling_tags()
    leave_conditional_refusals_out()
    main(["--port", sys.argv[1]])
