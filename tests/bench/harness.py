"""Timing in turns, medians, and the table and JSON that all benchmarks report to."""

import json
import os
import statistics
import subprocess


class Unavailable(Exception):
    """A benchmark can't run here; the text says why."""


class Wrong(Exception):
    """What was measured is not what should be measured: a figure would tell nothing."""


class Figure:
    """How long respin took against how long its peer took in the same run.

    at_most bounds respin / peer ("no slower than"), at_least peer / respin ("times as fast"); one
    with neither is told, and has no bar.
    The samples are seconds, or of another unit that is named.
    """

    def __init__(self, name, peer, ours, theirs, at_most=None, at_least=None, unit="seconds"):
        self.name = name
        self.peer = peer
        self.ours = ours
        self.theirs = theirs
        self.at_most = at_most
        self.at_least = at_least
        self.unit = unit

    def ratio(self):
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        return theirs / ours if self.at_least else ours / theirs

    def is_met(self):
        if self.at_least:
            return self.ratio() >= self.at_least
        return not self.at_most or self.ratio() <= self.at_most

    def bar(self):
        if self.at_least:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}" if self.at_most else "none"

    def as_json(self):
        return {
            "name": self.name,
            "peer": self.peer,
            "ratio": round(self.ratio(), 4),
            "bar": self.bar(),
            "met": self.is_met(),
            f"respin_{self.unit}": {"median": statistics.median(self.ours), "samples": self.ours},
            f"peer_{self.unit}": {"median": statistics.median(self.theirs), "samples": self.theirs},
        }


def in_turns(rounds, ours, theirs):
    """Calls both ROUNDS times, A B A B, each giving seconds; one call of each before that is for
    the caches and does not count."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def compile_c(source, program, *flags):
    subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", program, source, *flags], check=True)
    return program


class Bench:
    """What every benchmark gets: the program, a scratch folder, a stopwatch."""

    def __init__(self, build):
        self.top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.build = os.path.abspath(build)
        self.respin = os.path.join(self.build, "respin")
        self.scratch = os.path.join(self.build, "bench")
        os.makedirs(self.scratch, exist_ok=True)
        self.stopwatch = compile_c(self.source("stopwatch.c"), self.path("stopwatch"))

    def source(self, name):
        return os.path.join(self.top, "tests", "bench", name)

    def path(self, *parts):
        return os.path.join(self.scratch, *parts)

    def seconds(self, argv, cwd, output="/dev/null"):
        """Runs a command that must succeed; its standard output goes to the file OUTPUT."""
        done = subprocess.run(
            [self.stopwatch, output, *argv], cwd=cwd, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            raise Wrong(f"status {done.returncode} of: {' '.join(argv)}")
        return int(done.stdout) / 1e9


def shown(samples, unit):
    median = statistics.median(samples)
    if unit != "seconds":
        return f"{median:,.0f} {unit}"
    if median < 1e-4:
        return f"{median * 1e6:,.2f} us"
    return f"{median * 1000:,.1f} ms"


def print_table(figures):
    rows = [("figure", "respin", "peer", "", "ratio", "bar", "")]
    for f in figures:
        verdict = "met" if f.is_met() else "MISSED"
        rows.append((f.name, shown(f.ours, f.unit), shown(f.theirs, f.unit), f.peer,
                     f"{f.ratio():.2f}", f.bar(), verdict))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def write_json(path, figures, not_run):
    answer = {
        "figures": [f.as_json() for f in figures],
        "not_run": [{"name": name, "why": why} for name, why in not_run],
    }
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(answer, file, indent=2)
        file.write("\n")
    os.replace(path + ".new", path)
