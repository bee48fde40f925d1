"""Chance that repeats: a generator of random numbers named by the seed and a subject."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import accumulate


def chance(seed: int, *subject: object) -> random.Random:
    """The random numbers of one subject (a store-day, say), independent of all other subjects."""
    return random.Random(":".join(str(part) for part in (seed, *subject)))  # noqa: S311


def poisson(numbers: random.Random, mean: float) -> int:
    """A count with that mean: what a day of independent arrivals brings."""
    limit, product, count = math.exp(-mean), numbers.random(), 0
    while product > limit:
        product *= numbers.random()
        count += 1
    return count


def running_totals(weights: Sequence[float]) -> list[float]:
    """Weights as ascending bounds in 0–1, to be looked up by bisection."""
    whole = sum(weights)
    bounds = [total / whole for total in accumulate(weights)]
    bounds[-1] = 1.0
    return bounds
