"""One line changed in lwIP's tcp_out.c: a new image by respin, and by its bare commands in sh."""

import time

import harness
from workspace import SITE, Edit

ROUNDS = 9
REBUILT = ["lwip/src/core/tcp_out.o", "lwip.o", SITE]
# The time between an editor's save and a build: files as young as the clock's tick are special.
PAUSE = 0.05


def measure(bench, workspace, bare):
    edit = Edit(workspace)
    script = bench.path("rebuild.sh")
    with open(script, "w", encoding="utf-8") as file:
        file.write(bare.shell(REBUILT))

    def change():
        edit.next()
        time.sleep(PAUSE)

    def by_respin():
        change()
        seconds, ran = workspace.time_build()
        if sorted(ran) != sorted(REBUILT):
            raise harness.Wrong(f"the edit rebuilt {ran}, not {REBUILT}")
        return seconds

    def by_hand():
        change()
        return bench.seconds(["sh", script], bench.scratch)

    ours, theirs = harness.in_turns(ROUNDS, by_respin, by_hand)
    return [harness.Figure("one line edited", "cc, ld, ld by sh", ours, theirs, at_most=1.15)]
