"""A dune workspace with Debian's lwt and re vendored: respin, and dune itself in the same shadow.

RESPIN_MIRAGE names a folder with a real MirageOS project, site, which is measured as well, with
the tools that its env.sh names."""

import json
import os
import shutil
import subprocess
import time

import harness

ROUNDS = 9
NOOP_ROUNDS = 31
PAUSE = 0.05  # as edit.py's
DEBIAN = {
    "lwt": ("lwt", "5.6.1-1",
            "739f01f39c99df0441522e0b06c3e5cbd60be2a5c7ef451f3c8c9b6b435fad96"),
    "re": ("ocaml-re", "1.10.4-1",
           "f14e5efa67ecc9c5ca19f9a9b5fe6f2f78b058ed6ff9bb5b169e91ecf347784f"),
}
MAIN = """let () =
  let digits = Re.compile (Re.rep1 Re.digit) in
  Lwt_main.run (Lwt_io.printl (String.concat "," (Re.matches digits "a12b345")))
"""


class Project:
    """A workspace of dune's with an overlay, and dune as respin starts it."""

    def __init__(self, bench, root, environment):
        self.bench, self.root = bench, root
        self.environment = environment

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def recipe(self, name, fields):
        fields = {"name": name, "version": "1", "license": "ISC", **fields}
        self.write(f"recipes/{name}/recipe.json", json.dumps(fields))

    def respin(self, *argv):
        done = subprocess.run([self.bench.respin, "--json", *argv], cwd=self.root, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(done.stdout or "null")

    def time_respin(self):
        answer = self.bench.path("answer.json")
        seconds = self.bench.seconds([self.bench.respin, "--json", "build"], self.root, answer)
        with open(answer, encoding="utf-8") as file:
            return seconds, len(json.load(file)["ran"])

    def time_dune(self, *options):
        argv = ["env", "-i", *(f"{k}={v}" for k, v in self.environment.items()), *self.cache(),
                "dune", "build", "--root", ".", "--no-config", "--display", "quiet", *options]
        return self.bench.seconds(argv, self.path(".respin/dune/with"))

    def cache(self):
        """As respin has it: dune makes all anew where this changes."""
        cache = self.path(".respin/dune/cache")
        if not os.path.isdir(cache):
            return ["DUNE_CACHE=disabled"]
        return ["DUNE_CACHE=enabled", f"DUNE_CACHE_ROOT={cache}"]


def environment():
    names = ("PATH", "OCAMLFIND_CONF", "OCAMLPATH", "OPAM_SWITCH_PREFIX")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def debian_project(bench):
    project = Project(bench, bench.path("dune"), environment())
    shutil.rmtree(project.root, ignore_errors=True)
    project.write("respin.json", "{}")
    project.write("dune-project", "(lang dune 2.9)\n")
    project.write("dune", "(vendored_dirs vendor)\n")
    project.write("bin/dune", "(executable (name main) (libraries re lwt.unix))\n")
    project.write("bin/main.ml", MAIN)
    for name, (debian, version, digest) in DEBIAN.items():
        project.recipe(name, {
            "source": [{"debian": debian, "version": version, "sha256": digest}],
            "build": {"dune": {"place": "vendor/" + name}}})
    project.recipe("app", {
        "source": [{"path": "../../bin"}], "needs": list(DEBIAN), "image": {"machine": "process"},
        "build": {"dune": {"place": "bin", "target": "bin/main.exe", "profile": "release"}}})
    project.respin("fetch", *DEBIAN)
    for name, (_, _, digest) in DEBIAN.items():
        sources = project.path(".respin/sources")
        folder = next(f for f in os.listdir(sources) if f.endswith(digest[:12]))
        shutil.copytree(os.path.join(sources, folder), project.path("vendor", name), symlinks=True)
    project.respin("overlay", "add", "re")
    return project, project.path("overlays/re/src/lib/automata.ml"), ["--profile", "release",
                                                                      "bin/main.exe"]


def mirage_project(bench, folder):
    project = Project(bench, bench.path("mirage"), environment())
    shutil.rmtree(project.root, ignore_errors=True)
    shutil.copytree(os.path.join(folder, "site"), project.root, symlinks=True,
                    ignore=shutil.ignore_patterns("_build"))
    project.write("respin.json", "{}")
    project.recipe("tcp-stack", {
        "source": [{"path": "../../duniverse/mirage-tcpip"}],
        "build": {"dune": {"place": "duniverse/mirage-tcpip", "packages": ["tcpip"]}}})
    project.recipe("site", {
        "source": [{"path": "../.."}], "needs": ["tcp-stack"], "image": {"machine": "unix"},
        "build": {"dune": {"place": ".", "target": "dist/site", "profile": "release"}}})
    project.respin("overlay", "add", "tcp-stack")
    return project, project.path("overlays/tcp-stack/src/src/tcp/window.ml"), [
        "--profile", "release", "dist/site"]


def measure_project(bench, project, file, target, name):
    with open(file, encoding="utf-8") as source:
        text = source.read()
    count = 0

    def change():
        nonlocal count
        count += 1
        with open(file, "w", encoding="utf-8") as source:
            source.write(f"{text}\nlet _bench_{count} = {count}\n")
        time.sleep(PAUSE)

    def edit_respin():
        change()
        seconds, ran = project.time_respin()
        if ran < 3:
            raise harness.Wrong(f"the edit made dune run {ran} programs only")
        return seconds

    def edit_dune():
        change()
        return project.time_dune(*target)

    def noop_respin():
        seconds, ran = project.time_respin()
        if ran:
            raise harness.Wrong("nothing changed, and yet something was rebuilt")
        return seconds

    project.respin("build")
    edited = harness.in_turns(ROUNDS, edit_respin, edit_dune)
    project.respin("build")
    idle = harness.in_turns(NOOP_ROUNDS, noop_respin, lambda: project.time_dune(*target))
    return [harness.Figure(f"{name}: one line edited", "dune build", *edited, at_most=1.1),
            harness.Figure(f"{name}: nothing changed", "dune build", *idle, at_most=1.1)]


def measure_mirage(bench, folder):
    script = f". {folder}/env.sh && env -0"
    told = subprocess.run(["sh", "-c", script], check=True, stdout=subprocess.PIPE, text=True)
    before = dict(os.environ)
    os.environ.update(line.split("=", 1) for line in told.stdout.split("\0") if "=" in line)
    try:
        return measure_project(bench, *mirage_project(bench, folder), "MirageOS site")
    finally:
        os.environ.clear()
        os.environ.update(before)


def measure(bench, _workspace, _bare):
    if not shutil.which("dune"):
        raise harness.Unavailable("dune is not installed")
    figures = measure_project(bench, *debian_project(bench), "dune workspace")
    folder = os.environ.get("RESPIN_MIRAGE")
    return figures + (measure_mirage(bench, folder) if folder else [])
