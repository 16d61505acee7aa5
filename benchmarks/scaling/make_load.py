"""Makes load.csv, the load that the scaling policy is simulated on: when each job is submitted, to which lane, and for
how long its agent works (seconds). Three hours with everything that a scaling policy can get wrong: a start from
nothing to more than it may ever have, a steady stream, a stream that swings, a second burst, single jobs in silence.

Usage: make_load.py > load.csv. The seed is fixed, so the file is always the same.
"""

import random

SEED = 20261121
LANES = ["high"] * 2 + ["normal"] * 6 + ["low"] * 2
LONGEST = 2400


def stream(chance, start, end, rate):
    """Submissions at a rate (jobs a second, a function of the time) from start to end (seconds)."""
    at = start
    while True:
        at += chance.expovariate(max(rate(at), 0.001))
        if at >= end:
            return
        yield at


def duration(chance):
    """Most agents work a few minutes, some for half an hour."""
    return min(LONGEST, max(10, chance.lognormvariate(5.0, 0.8)))


def submissions(chance):
    yield from stream(chance, 600, 660, lambda _: 7)  # 420 jobs in a minute, after ten quiet ones
    yield from stream(chance, 660, 4200, lambda _: 0.35)  # steady
    yield from stream(chance, 4200, 6600, lambda at: 0.5 if int(at / 240) % 2 else 0.15)  # swinging every four minutes
    yield from stream(chance, 6600, 6660, lambda _: 5)  # a second burst
    yield from stream(chance, 6660, 7800, lambda at: 0.3 * (7800 - at) / 1140)  # dying down
    yield from range(8400, 10800, 480)  # one job every eight minutes


if __name__ == "__main__":
    chance = random.Random(SEED)
    print("second,lane,duration")
    for at in submissions(chance):
        print(f"{at:.0f},{chance.choice(LANES)},{duration(chance):.0f}")
