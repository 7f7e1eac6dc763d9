"""A dune project of 125 vendored libraries: opened with its recipes kept, and from cold, beside what
dune takes to describe it."""

import os
import shutil

import harness

LIBRARIES = 125
WARM_ROUNDS = 51
COLD_ROUNDS = 11


def put(*parts, text):
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make(root):
    shutil.rmtree(root, ignore_errors=True)
    # Without it the workspace that the folder is made in is the one.
    put(root, "respin.json", text="{}\n")
    put(root, "dune-project", text="(lang dune 2.9)\n")
    put(root, "dune", text="(vendored_dirs vendor)\n")
    put(root, "bin", "main.ml", text="let () = ()\n")
    put(root, "bin", "dune", text=f"(executable (name main) (libraries lib{LIBRARIES - 1}))\n")
    for n in range(LIBRARIES):
        place = os.path.join(root, "vendor", f"lib{n}")
        needs = " ".join(f"lib{k}" for k in range(max(0, n - 3), n))
        put(place, "dune-project", text="(lang dune 2.9)\n")
        put(place, f"lib{n}.opam", text='opam-version: "2.0"\nversion: "1"\nlicense: "ISC"\n')
        put(place, "src", "dune", text=f"(library (public_name lib{n}) (libraries {needs}))\n")
        for module in range(4):
            put(place, "src", f"m{n}_{module}.ml", text="let x = 1\n")


class Project:
    def __init__(self, bench):
        if not shutil.which("dune"):
            raise harness.Unavailable("dune is not installed")
        self.bench = bench
        self.root = bench.path("project")
        make(self.root)
        self.described = bench.path("described")

    def opened(self):
        return self.bench.seconds([self.bench.respin, "fetch", f"lib{LIBRARIES // 2}"], self.root)

    def cold(self):
        shutil.rmtree(os.path.join(self.root, ".respin"), ignore_errors=True)
        return self.opened()

    def by_dune(self):
        seconds = self.bench.seconds(["dune", "describe", "workspace", "--root", "."], self.root,
                                     self.described)
        with open(self.described, encoding="utf-8") as file:
            if file.read().count("(library") < LIBRARIES:
                raise harness.Wrong("dune does not describe all libraries")
        return seconds


def measure(bench, _workspace, _bare):
    project = Project(bench)
    cold = harness.in_turns(COLD_ROUNDS, project.cold, project.by_dune)
    warm = harness.in_turns(WARM_ROUNDS, project.opened, project.by_dune)
    return [
        harness.Figure("a project of 125 libraries opened from cold", "dune describe", *cold,
                       at_most=1.0),
        harness.Figure("... opened again", "dune describe", *warm, at_least=10),
    ]
