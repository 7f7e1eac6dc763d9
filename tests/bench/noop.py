"""Nothing changed: respin, and ninja on the same actions with the same files and headers."""

import os
import subprocess

import harness

ROUNDS = 101


def path_text(path):
    return path.replace("$", "$$").replace(" ", "$ ").replace(":", "$:")


def ninja_rules(bare):
    for number, action in enumerate(bare.actions):
        yield f"rule r{number}"
        yield "  command = " + action.shell().replace("$", "$$")
        if action.depfile:
            yield "  depfile = " + path_text(action.depfile)
            yield "  deps = gcc"
        yield f"build {path_text(action.output)}: r{number} {' '.join(map(path_text, action.inputs))}"


def measure(bench, workspace, bare):
    with open(os.path.join(bare.dir, "build.ninja"), "w", encoding="utf-8") as file:
        file.write("\n".join(ninja_rules(bare)) + "\n")
    subprocess.run(["ninja", "--quiet"], cwd=bare.dir, check=True)
    said = subprocess.run(["ninja"], cwd=bare.dir, stdout=subprocess.PIPE, text=True, check=True)
    if "no work to do" not in said.stdout:
        raise RuntimeError("ninja finds work where nothing changed: " + said.stdout)
    workspace.respin("build")

    def by_respin():
        seconds, ran = workspace.time_build()
        if ran:
            raise RuntimeError(f"nothing changed, and yet this was rebuilt: {ran}")
        return seconds

    def by_ninja():
        return bench.seconds(["ninja"], bare.dir)

    ours, theirs = harness.in_turns(ROUNDS, by_respin, by_ninja)
    return [harness.Figure("nothing changed", "ninja", ours, theirs, at_most=1.0)]
