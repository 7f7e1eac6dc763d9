"""The version-controlled table: commits against git fast-import fed the same history, memory over
ten million puts, and each put and look-up against a plain hash table's.

Trees are laid out as the images do it: one folder for small tables, a folder for each byte of the
address for large ones. git fast-import gets the same layout, and must come to the same head; only
where the row says so does it get one flat folder, which is what it takes more than linear time for.
"""

import os
import subprocess

import harness

ROUNDS = 5
COMMITS = "5000"
PUTS = "10000000"
TIMED_PUTS = "100000"


class Program:
    def __init__(self, bench):
        top, self.bench = bench.top, bench
        parts = [os.path.join(top, "src", "unikernel", part) for part in ("hash", "table")]
        sources = [os.path.join(part, name) for part in parts
                   for name in sorted(os.listdir(part)) if name.endswith(".c")]
        include = ["-I" + folder for folder in (*parts, os.path.join(top, "tests", "unit"))]
        self.path = harness.compile_c(bench.source("table.c"), bench.path("table"),
                                      bench.source("latency.c"), *sources, *include, "-lnettle")

    def output(self, *words):
        done = subprocess.run([self.path, *words], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    def seconds(self, *words):
        return self.bench.seconds([self.path, "make", *words], self.bench.scratch)


class FastImport:
    """A history as git fast-import takes it."""

    def __init__(self, bench, program, *words):
        self.bench = bench
        self.repository = bench.path("imported")
        self.stream = bench.path("stream")
        with open(self.stream, "w", encoding="utf-8") as file:
            subprocess.run([program.path, "stream", *words], stdout=file, check=True)

    def seconds(self):
        subprocess.run(["rm", "-rf", self.repository], check=True)
        subprocess.run(["git", "init", "-q", "--bare", self.repository], check=True)
        command = f"git -C '{self.repository}' fast-import --quiet <'{self.stream}'"
        return self.bench.seconds(["sh", "-c", command], self.bench.scratch)

    def head(self):
        argv = ["git", "-C", self.repository, "rev-parse", "primary"]
        return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout


def commits(bench, program, layout, entries):
    words = (layout, entries, COMMITS)
    git = FastImport(bench, program, *words)
    ours, theirs = harness.in_turns(ROUNDS, lambda: program.seconds(*words), git.seconds)
    if program.output("make", *words) != git.head():
        raise harness.Wrong(f"git fast-import comes to another head with {entries} entries")
    where = "a folder each byte" if layout == "fanned" else "one folder"
    return harness.Figure(f"{int(COMMITS):,} commits, {int(entries):,} entries, {where}",
                          "git fast-import", ours, theirs, at_least=2.0)


def growth(bench, program):
    """Each entry is a commit: nothing gets slower but where one folder holds them all."""
    git = FastImport(bench, program, "flat", "4096", "each")
    ours, theirs = harness.in_turns(
        3, lambda: program.seconds("fanned", "4096", "each"), git.seconds)
    flat = harness.Figure("a table grows to 4,096 entries", "fast-import, one flat folder",
                          ours, theirs, at_least=2.0)
    ours, half = harness.in_turns(ROUNDS, lambda: program.seconds("fanned", "32768", "each"),
                                  lambda: program.seconds("fanned", "16384", "each"))
    return [flat, harness.Figure("a table grows to 32,768 entries", "twice that to 16,384",
                                 ours, [2 * seconds for seconds in half], at_most=1.2)]


def memory(program):
    lines = program.output("memory", PUTS).splitlines()
    early, late = (list(map(int, line.split())) for line in lines[:2])
    budget, unit = int(lines[2]), "bytes"
    return [
        harness.Figure("resident after ten million puts", "after one million", late[:1], early[:1],
                       at_most=1.0, unit="KiB"),
        harness.Figure("history after one million puts", "its budget", early[1:2], [budget],
                       at_most=1.0, unit=unit),
        harness.Figure("history after ten million puts", "its budget", late[1:2], [budget],
                       at_most=1.0, unit=unit),
        # The number of objects moves with the mix of small and large ones within the budget.
        harness.Figure("objects after ten million puts", "after one million", late[2:], early[2:],
                       at_most=1.2, unit="objects")]


def latency(program):
    runs = [[[float(ns) * 1e-9 for ns in line.split()]
             for line in program.output("latency", TIMED_PUTS).splitlines()]
            for _ in range(ROUNDS)]
    figures = []
    for what, theirs, ours, bar in (("put", 0, 1, 1.2), ("look-up", 2, 3, 1.05)):
        for column, name in enumerate(("p50", "p99", "max")):
            figures.append(harness.Figure(
                f"{what}, {name}, with history", "plain hash table",
                [run[ours][column] for run in runs], [run[theirs][column] for run in runs],
                at_most=bar))
    return figures


def measure(bench, workspace, bare):
    program = Program(bench)
    figures = [commits(bench, program, layout, entries)
               for layout, entries in (("flat", "256"), ("flat", "1024"), ("fanned", "65536"))]
    return figures + growth(bench, program) + memory(program) + latency(program)
