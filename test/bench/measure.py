# SPDX-License-Identifier: Apache-2.0
"""Series of interleaved runs, and the table of results."""

import statistics
import subprocess
import time


def run(*argv, check=True, **kwargs):
    result = subprocess.run([str(a) for a in argv], check=False, text=True, capture_output=True,
                            stdin=subprocess.DEVNULL, **kwargs)
    if check and result.returncode != 0:
        raise RuntimeError(f'{" ".join(map(str, argv))}: {result.returncode}\n{result.stdout}{result.stderr}')
    return result


def clock():
    """The clock that the measured app stamps with."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def timed(*argv):
    begin = clock()
    run(*argv)
    return (clock() - begin) * 1000


def interleave(variants, rounds):
    """{name: function → milliseconds} run in turns; the first round warms up and does not count."""
    results = {name: [] for name in variants}
    for round_number in range(rounds + 1):
        for name, variant in variants.items():
            value = variant()
            if round_number:
                results[name].append(value)
    return results


def low(values):
    """Lower quartile: what the machine does when nothing else runs, without the luck of the minimum."""
    return statistics.quantiles(values, n=4)[0] if len(values) > 3 else min(values)


class Report:
    def __init__(self):
        self.missed = 0

    def series(self, title, results, unit='ms'):
        print(f'\n{title} ({unit}: minimum / lower quartile / median)')
        for name, values in results.items():
            print(f'  {name:<44} {min(values):8.1f} {low(values):8.1f} {statistics.median(values):8.1f}', flush=True)

    def ratio(self, what, ours, peer, limit):
        value = low(ours) / low(peer)
        self.verdict(f'{what}: {value:.2f} ×', value <= limit, f'at most {limit} ×')

    def absolute(self, what, value, limit, unit):
        self.verdict(f'{what}: {value:.1f} {unit}', value <= limit, f'at most {limit} {unit}')

    def verdict(self, text, good, target):
        self.missed += not good
        print(f'  {"reached" if good else "MISSED "}  {text} (target: {target})', flush=True)
