"""Runs the worker scaling policy, as Terraform plans it, on the recorded load in load.csv.

Usage: simulate.py PLAN.json… [--plot FILE.svg]
Each PLAN is `terraform show -json` of a plan of modules/autoscaling: alarms, expressions, steps and cooldowns are read
from it, so what is simulated is what would be deployed. Exit 1 when the policy breaks a promise (see promises()).

The clock ticks in seconds. What is assumed of AWS, on the slow side of what it states: a queue's numbers can be read
60 s after their minute, ECS's 120 s; CloudWatch evaluates an alarm each minute and repeats its action while it lasts;
a Fargate task runs 30 to 75 s after it is asked for (also shown: 90 to 180 s, a cold image); inside its cooldown a policy
grants larger sizes and refuses smaller ones; ECS stops no protected task, and of the others chance (seeded) decides.
A worker protects its task while it runs a job. Spot takes a worker back with two minutes' notice, on average once in
twenty hours of a worker.
"""

import csv
import json
import math
import pathlib
import random
import sys

import plot

MINUTE = 60
LATE = {"tasks": 120}  # seconds until a metric can be read, 60 unless said here
SLOTS = 8  # jobs that a worker runs at once, as the worker module has it
GRACE = 90  # seconds that a job may go on when its worker is stopped
START = (30, 75)  # seconds from asking for a task to its first job
SLOW_START = (90, 180)  # the same with an image that is nowhere near
SPOT, INTERRUPTED = 0.9, 1 / (20 * 3600)  # part of the workers on Spot, and how often in a second one is taken back
LONG = 600  # seconds over which a job is long
REACH = 300  # how far back an alarm looks for a value to repeat
REPEAT = object()


class Reading:
    """A metric's value over the period that ends now, as far as it can be read by now (else None), and the one before."""

    def __init__(self, samples, metric, now):
        self.value, self.before = None, None
        late = LATE.get(metric["id"], MINUTE)
        pick = {"Maximum": max, "Minimum": min}[metric["stat"]]
        for end in range(now, now - REACH, -MINUTE):
            seconds = range((end - metric["period"]) // MINUTE * MINUTE, end, MINUTE)
            known = [samples[at] for at in seconds if at in samples and at + late <= now]
            if end == now:
                self.value = pick(known, default=None)
            elif known and self.before is None:
                self.before = pick(known)


def fill(reading, filler):
    """CloudWatch's FILL."""
    if not isinstance(reading, Reading):
        return filler if reading is None else reading
    if reading.value is not None:
        return reading.value
    return reading.before if filler is REPEAT else filler


FUNCTIONS = {"FILL": fill, "REPEAT": REPEAT, "CEIL": math.ceil, "IF": lambda test, yes, no: yes if test else no}


class Names(dict):
    """What an expression may name: functions, metrics, and other expressions, worked out when they are asked for."""

    def __missing__(self, name):
        self[name] = eval(self.expressions[name], {"__builtins__": {}}, self)  # metric math, from our own plan
        return self[name]


class Alarm:
    """An alarm and the step policy that it sets off."""

    def __init__(self, alarm, policy):
        queries = {query["id"]: query for query in alarm["metric_query"]}
        self.expressions = {name: query["expression"] for name, query in queries.items() if query["expression"]}
        self.metrics = [{"id": name, **query["metric"][0]} for name, query in queries.items() if query["metric"]]
        self.answer = next(name for name, query in queries.items() if query["return_data"])
        if alarm["evaluation_periods"] != 1:
            raise ValueError("only alarms over one period are simulated")
        self.threshold = alarm["threshold"]
        settings = policy["step_scaling_policy_configuration"][0]
        if settings["adjustment_type"] != "ExactCapacity":
            raise ValueError("only exact capacities are simulated")
        self.cooldown = settings["cooldown"]
        self.steps = [
            (float(step["metric_interval_lower_bound"] or "-inf"), float(step["metric_interval_upper_bound"] or "inf"),
             step["scaling_adjustment"])
            for step in settings["step_adjustment"]
        ]

    def wish(self, samples, now):
        """The capacity that the alarm asks for now, or None while it is quiet."""
        names = Names(FUNCTIONS)
        names.update({metric["id"]: Reading(samples[metric["id"]], metric, now) for metric in self.metrics})
        names.expressions = self.expressions
        above = names[self.answer] - self.threshold
        return next((size for lower, upper, size in self.steps if lower <= above < upper), None) if above >= 0 else None


class Job:
    def __init__(self, at, lane, duration):
        self.at, self.lane, self.duration, self.started = at, lane, duration, None
        self.began = None  # its last start


class Worker:
    """A task: starting until ready, then running jobs; while stopping it takes none and ends by its deadline."""

    def __init__(self, ready, spot=False):
        self.ready, self.jobs, self.deadline, self.spot, self.cause = ready, {}, None, spot, None

    def free(self, now):
        return 0 if self.deadline or now < self.ready else SLOTS - len(self.jobs)


class Fleet:
    """Queues, workers and the policy, second by second."""

    def __init__(self, plan, jobs, protected=True, start=START, spot=SPOT):
        self.protected, self.start, self.on_spot = protected, start, spot
        self.lost = {"scale-in": [], "Spot": []}  # seconds of repeated work, by cause
        resources = {entry["address"]: entry["values"] for entry in plan["planned_values"]["root_module"]["resources"]}
        self.alarms = {
            way: Alarm(resources[f'aws_cloudwatch_metric_alarm.worker["{way}"]'], resources[f'aws_appautoscaling_policy.worker["{way}"]'])
            for way in ["out", "in"]
        }
        if self.alarms["out"].expressions["asked"].rsplit("/", 1)[1].strip(" )") != str(SLOTS):
            raise ValueError("the plan has workers of another size")
        target = resources["aws_appautoscaling_target.worker"]
        self.min, self.max = target["min_capacity"], target["max_capacity"]
        self.chance = random.Random(7)
        self.coming, self.waiting = sorted(jobs, key=lambda job: job.at), []
        self.workers = [Worker(0) for _ in range(self.min)]
        self.desired = self.min
        self.last = {"out": -math.inf, "in": -math.inf}  # when each policy last acted
        self.metrics = {f"{kind}_{lane}": {} for kind in ["waiting", "running"] for lane in ["high", "normal", "low"]}
        self.metrics["tasks"] = {}
        self.changes, self.ended, self.trace = [], 0, []
        self.spot = random.Random(11)

    def run(self, seconds):
        for now in range(seconds):
            self._submit_and_finish(now)
            self._interrupt(now)
            self._stop_workers(now)
            self._start_jobs(now)
            if now % MINUTE == 0:
                self._measure(now)
            if now % MINUTE == 15 and now > 6 * MINUTE:
                self._scale(now)
            if now % 15 == 0:
                running = sum(len(worker.jobs) for worker in self.workers)
                self.trace.append((now, len(self.waiting), running, self.desired, self._running(now)))
        return self

    def _running(self, now):
        return sum(1 for worker in self.workers if now >= worker.ready and not worker.deadline)

    def _submit_and_finish(self, now):
        while self.coming and self.coming[0].at <= now:
            self.waiting.append(self.coming.pop(0))
        for worker in self.workers:
            for job in [job for job, end in worker.jobs.items() if end <= now]:
                del worker.jobs[job]
                self.ended += 1

    def _interrupt(self, now):
        for worker in self.workers:
            if worker.spot and not worker.deadline and now >= worker.ready and self.spot.random() < INTERRUPTED:
                worker.deadline, worker.cause = now + GRACE, "Spot"
                self.workers.append(self._worker(now))  # ECS keeps the number

    def _worker(self, now):
        return Worker(now + self.chance.randint(*self.start), self.spot.random() < self.on_spot)

    def _stop_workers(self, now):
        if self.protected:
            # ECS goes on until there are as few as wished: whoever has become idle ends.
            serving = [worker for worker in self.workers if not worker.deadline]
            for worker in [worker for worker in serving if not worker.jobs][:max(0, len(serving) - self.desired)]:
                self.workers.remove(worker)
        for worker in [worker for worker in self.workers if worker.deadline and (now >= worker.deadline or not worker.jobs)]:
            self.workers.remove(worker)
            self.lost[worker.cause].extend((job, now - job.began) for job in worker.jobs)
            self.waiting.extend(worker.jobs)  # handed back unharmed, to begin again elsewhere

    def _start_jobs(self, now):
        for worker in self.workers:
            for _ in range(min(worker.free(now), len(self.waiting))):
                job = self.waiting.pop(0)
                job.started = job.started or now
                job.began = now
                worker.jobs[job] = now + job.duration

    def _measure(self, now):
        for kind, jobs in [("waiting", self.waiting), ("running", [job for worker in self.workers for job in worker.jobs])]:
            for lane in ["high", "normal", "low"]:
                self.metrics[f"{kind}_{lane}"][now] = sum(1 for job in jobs if job.lane == lane)
        if self._running(now):
            self.metrics["tasks"][now] = self.desired  # ECS sends nothing while nothing runs

    def _scale(self, now):
        for way, alarm in self.alarms.items():
            wish = alarm.wish(self.metrics, now)
            if wish is None:
                continue
            size = max(self.min, min(self.max, wish))
            resting = now - self.last[way] < alarm.cooldown
            if size > self.desired or size < self.desired and not resting:
                self._resize(now, way, size)

    def _resize(self, now, way, size):
        self.changes.append((now, way, self.desired, size))
        self.last[way] = now
        self.desired = size
        serving = [worker for worker in self.workers if not worker.deadline]
        if not self.protected:
            for worker in self.chance.sample(serving, max(0, len(serving) - size)):
                worker.deadline, worker.cause = max(now, worker.ready) + GRACE, "scale-in"
        for _ in range(size - len(serving)):
            self.workers.append(self._worker(now))

    def restarts(self, cause):
        """Restarts for a cause: jobs, those of them over ten minutes, and agent-minutes."""
        lost = self.lost[cause]
        return len(lost), sum(1 for job, _ in lost if job.duration > LONG), sum(seconds for _, seconds in lost) / 60

    def full_after(self, moment):
        """Seconds from a moment until as many workers run as may."""
        return next((at for at, *_, running in self.trace if running >= self.max), math.inf) - moment

    def used(self):
        """Part of the slots of running workers that had a job."""
        return sum(jobs for _, _, jobs, _, _ in self.trace) / (SLOTS * sum(running for *_, running in self.trace))


def wanted_at(jobs, workers):
    """When as many jobs have come as so many workers run at once: before, nobody can know that all of them are wanted."""
    return sorted(job.at for job in jobs)[SLOTS * (workers - 1)]


def promises(fleet, slow, jobs):
    """(what is promised, measured, kept) for each promise about scaling."""
    burst = min(job.at for job in jobs)
    first = next(at for at, _, before, after in fleet.changes if after > before)
    ups = [at for at, _, before, after in fleet.changes if after > before]
    downs = [at for at, _, before, after in fleet.changes if after < before]
    soonest = min((down - up for up in ups for down in downs if down > up), default=math.inf)
    gaps = [later - sooner for sooner, later in zip(downs, downs[1:])]
    waits = sorted(job.started - job.at for job in jobs)
    over = max(at for at, waiting, running, *_ in fleet.trace if waiting + running)
    rest = next((at for at, _, _, after in fleet.changes if at > over and after == fleet.min), over)
    return [
        (f"{fleet.min} to {fleet.max} running workers in under 300 s of the first job", fleet.full_after(burst), fleet.full_after(burst) < 300),
        (f"with starts of {SLOW_START[0]} to {SLOW_START[1]} s, in under 300 s of the job that wants the last of them",
         slow.full_after(wanted_at(jobs, fleet.max)), slow.full_after(wanted_at(jobs, fleet.max)) < 300),
        ("first scaling within 180 s of the first job", first - burst, first - burst <= 180),
        ("never fewer workers within 300 s of more", soonest, soonest >= 300),
        ("never fewer twice within 300 s", min(gaps), min(gaps) >= 300),
        ("every job ends", fleet.ended, fleet.ended == len(jobs)),
        ("half of the jobs start within 5 s, all within 600 s", f"{waits[len(waits) // 2]} and {waits[-1]}",
         waits[len(waits) // 2] <= 5 and waits[-1] <= 600),
        ("no job is restarted because of a scale-in", fleet.restarts("scale-in")[0], fleet.restarts("scale-in")[0] == 0),
        ("fewer than 1 % of the jobs are restarted because of Spot", fleet.restarts("Spot")[0], fleet.restarts("Spot")[0] < 0.01 * len(jobs)),
        (f"back at {fleet.min} workers within 600 s of the last job", rest - over, rest - over <= 600 and fleet.desired == fleet.min),
    ]


def recorded():
    with open(pathlib.Path(__file__).with_name("load.csv"), encoding="utf-8") as load:
        return [Job(int(row["second"]), row["lane"], int(row["duration"])) for row in csv.DictReader(load)]


def main(arguments):
    file = arguments[arguments.index("--plot") + 1] if "--plot" in arguments else None
    plans = [argument for argument in arguments if argument.endswith(".json")]
    broken, fleets = 0, []
    for path in plans:
        plan = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        jobs = recorded()
        fleet = Fleet(plan, jobs).run(4 * 3600)
        fleets.append(fleet)
        print(f"{fleet.min} to {fleet.max} workers, {len(jobs)} jobs: {len(fleet.changes)} changes of size")
        slow = Fleet(plan, recorded(), start=SLOW_START).run(4 * 3600)
        for text, other in [
            ("as it is", fleet),
            ("without protection", Fleet(plan, recorded(), protected=False).run(4 * 3600)),
            ("with starts of 90 to 180 s", slow),
            ("with starts of 90 to 180 s and all on Spot", Fleet(plan, recorded(), start=SLOW_START, spot=1).run(4 * 3600)),
        ]:
            begun = "; ".join("%s: %d jobs, %d of them over ten minutes, %.0f agent-minutes" % (cause, *other.restarts(cause)) for cause in other.lost)
            full, wanted = other.full_after(min(job.at for job in jobs)), other.full_after(wanted_at(jobs, other.max))
            print(f"  {text}: all workers after {full} s, {wanted} s after they were wanted; {other.used():.0%} of the slots in use; restarted for {begun}")
        for promise, measured, kept in promises(fleet, slow, jobs):
            broken += not kept
            print(f"  {'kept  ' if kept else 'BROKEN'} {promise}: {measured}")
    if file:
        pathlib.Path(file).write_text(plot.draw(fleets[0].trace), encoding="utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
