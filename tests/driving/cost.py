"""What work costs, told by the processor's time and not by the clock: other work on the machine does not count."""

import time
from collections.abc import Callable


def cost(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of this thread that the work takes, the best of some runs."""
    spent = []
    for _ in range(times):
        began = time.thread_time()
        work()
        spent.append(time.thread_time() - began)
    return min(spent)


def grows_no_faster(work: Callable[[int], object], size: int, least: float = 0.002) -> bool:
    """Whether four times the size costs about four times the work, not sixteen times; less than `least` is noise."""
    return cost(lambda: work(4 * size)) < 10 * max(cost(lambda: work(size)), least)
