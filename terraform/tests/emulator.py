"""AWS in one process on loopback, for a real `terraform apply`: moto's server with the gaps filled that the
provider stumbles over. Usage: python3 emulator.py PORT"""

import json
import sys

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.cloudwatch.models import Alarm
from moto.cloudwatch.responses import CloudWatchResponse
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
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


def know_composite_alarms():
    """moto keeps alarms on other alarms like any alarm, but has no call for them and does not show their rule."""
    CloudWatchResponse.put_composite_alarm = CloudWatchResponse.put_metric_alarm
    Alarm.alarm_rule = property(lambda alarm: alarm.rule)


def leave_conditional_refusals_out():
    """Buckets refuse whoever comes without TLS; moto knows no conditions and would refuse everybody."""

    def permission(bucket, action, resource):
        policy = json.loads(bucket.policy or '{"Statement": []}')
        policy["Statement"] = [statement for statement in policy["Statement"] if "Condition" not in statement]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    FakeBucket.get_permission = permission


def keep_grace_periods():
    """ECS keeps a service's grace period from its creation on; moto only from an update on."""
    create = EC2ContainerServiceResponse.create_service

    def created(response):
        answer = create(response)
        answer.result["service"].health_check_grace_period_seconds = response._get_param("healthCheckGracePeriodSeconds")
        return answer

    EC2ContainerServiceResponse.create_service = created


def run_what_is_asked_for():
    """ECS starts tasks and ends a deployment when they run; moto keeps them pending, and the definition of a deployment
    as it was at first. With this a service is steady at once."""
    make, update = Service.__init__, EC2ContainerServiceBackend.update_service

    def settle(service):
        service.running_count, service.pending_count = service.desired_count, 0
        for deployment in service.deployments:
            deployment.update(
                desiredCount=service.desired_count, runningCount=service.desired_count, pendingCount=0,
                rolloutState="COMPLETED", taskDefinition=service.task_definition,
            )

    def made(service, *arguments, **named):
        make(service, *arguments, **named)
        settle(service)

    def updated(backend, properties):
        service = update(backend, properties)
        settle(service)
        return service

    Service.__init__ = made
    EC2ContainerServiceBackend.update_service = updated


if __name__ == "__main__":
    run_what_is_asked_for()
    keep_grace_periods()
    know_redrive_allow_policy()
    answer_policies_as_given()
    know_scaling_tags()
    know_composite_alarms()
    leave_conditional_refusals_out()
    main(["--port", sys.argv[1]])
