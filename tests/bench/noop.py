"""Nothing changed: respin, and ninja on the same actions with the same files and headers.

respin looks at more than ninja does: at all files of the overlay, since its tree stands in the
image's manifest, and at those that would hide a header."""

import harness
from workspace import SITE

ROUNDS = 101


def measure(bench, workspace, bare):
    bare.ninja()
    said = bare.ninja()
    if "no work to do" not in said:
        raise harness.Wrong("ninja finds work where nothing changed: " + said)
    workspace.respin("build", SITE)

    def by_respin():
        seconds, ran = workspace.time_build()
        if ran:
            raise harness.Wrong(f"nothing changed, and yet this was rebuilt: {ran}")
        return seconds

    def by_ninja():
        return bench.seconds(["ninja"], bare.dir)

    ours, theirs = harness.in_turns(ROUNDS, by_respin, by_ninja)
    return [harness.Figure("nothing changed", "ninja", ours, theirs, at_most=1.0)]
