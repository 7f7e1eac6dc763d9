"""The talk's table again: latency of a NAT machine's look-ups and insertions, over the versioned
table and over a plain one, on one image in one run, with history on, for a million new flows
(nat_guest.c).

Twice: by the clock, where the longest of all is the host's longest pause, so that what counts is how
long the longest of 10,000 is, the middle one of a hundred; and with the processor's instructions
counted for time, where the longest is the table's own, and each run gives the same. Then from outside
the machine: nat_wire.py."""

import os
import re
import subprocess

import nat_wire
from harness import Figure, Wrong

IMAGE = "bench-nat"
MEMORY_MB = 256
FLOWS = 1_000_000
ENDED_WELL = 33
PEER = "plain hash table"
LINE = re.compile(r"bench: (\S+) (\S+) p50 (\d+) p99 (\d+) p99\.99 (\d+) max (\d+) block-max (\d+)")
# Which of the guest's series, what it is called, and how much slower the versioned one may be.
ROWS = [("nat-insert", "insertion", 1.2), ("nat-lookup", "look-up", 1.05)]
COLUMNS = ["p50", "p99", "p99.99", "max", "longest of 10,000"]


def build(bench, workspace):
    source = os.path.relpath(os.path.dirname(bench.source("x")), workspace.path("recipes", IMAGE))
    workspace.put_json(f"recipes/{IMAGE}/recipe.json", {
        "name": IMAGE,
        "version": "1.0.0",
        "license": "ISC",
        "source": [{"path": source}],
        "needs": ["nat"],
        "build": {"objects": {"sources": ["nat_guest.c", "nat_wire.c"], "flags": ["-O2"]}},
        "image": {"boot": {"memory_mb": MEMORY_MB}},
    })
    return workspace.respin("build", IMAGE)["path"]


def run(image, flows, *options):
    """{(series, table): {column: seconds}}"""
    done = subprocess.run(
        ["qemu-system-x86_64", "-M", "microvm,acpi=off", "-accel", "tcg", "-cpu", "max",
         "-m", str(MEMORY_MB), "-nodefaults", "-no-user-config", "-display", "none",
         "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
         "-kernel", image, "-append", f"flows={flows}", *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=3600,  # a busy machine takes long
    )
    if done.returncode != ENDED_WELL:
        raise Wrong(f"the image ended with status {done.returncode}:\n{done.stdout[-2000:]}")
    found = LINE.findall(done.stdout)
    return {(f[0], f[1]): dict(zip(COLUMNS, (int(v) / 1e12 for v in f[2:]))) for f in found}


def figures(answer, columns, what="", unit="seconds", of_second=1):
    rows = []
    for series, name, bar in ROWS:
        ours, theirs = answer[series, "versioned"], answer[series, "plain"]
        for column in columns:
            pair = [round(side[column] * of_second, 12) for side in (ours, theirs)]
            rows.append(Figure(f"NAT {name}, {column}{what}", PEER, [pair[0]], [pair[1]], at_most=bar,
                               unit=unit))
    return rows


def measure(bench, workspace, bare):
    image = build(bench, workspace)
    clock = run(image, FLOWS)
    counted = run(image, FLOWS, "-icount", "shift=0,sleep=off")
    bars = [bar for _, _, bar in ROWS]
    return (figures(clock, ["p50", "p99", "longest of 10,000"])
            + figures(counted, ["p50", "p99", "max"], ", counted", "instructions", 1e9)
            + nat_wire.measure(bench, image, MEMORY_MB, bars))
