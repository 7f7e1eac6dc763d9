"""The overlay taken out and put back, and the same builds once more with nothing to switch."""

import harness

ROUNDS = 31
OFF = "--no-overlays"


def measure(bench, workspace, bare):
    def build(*options):
        seconds, ran = workspace.time_build(*options)
        if ran:
            raise harness.Wrong(f"the switch of the overlay made {ran}")
        return seconds

    # With both images in the store.
    workspace.time_build(OFF)
    workspace.time_build()
    switches, repeats = [], []
    for _ in range(ROUNDS):
        off, off_again = build(OFF), build(OFF)
        on, on_again = build(), build()
        switches.append(off + on)
        repeats.append(off_again + on_again)
    return [
        harness.Figure("overlay off, on", "nothing changed, twice", switches, repeats, at_most=1.5)
    ]
