"""A real opam repository of 18,793 packages: found, indexed and asked, by src/opam, respin and opam."""

import os
import shutil
import subprocess

import harness

ROUNDS = 11
COLD_ROUNDS = 5
LIST_ROUNDS = 2


class Opam:
    """The repository as a folder, an opam that knows it, and our reader with an index of its own."""

    def __init__(self, bench):
        shared = os.environ.get("RESPIN_SHARED", os.path.join(bench.top, "..", "shared"))
        data = os.path.join(shared, "data", "opam-repository.tar.xz")
        if not os.path.exists(data):
            raise harness.Unavailable(f"there is no repository {data}")
        if not shutil.which("opam"):
            raise harness.Unavailable("opam is not installed")
        self.bench = bench
        self.reader = os.path.join(bench.build, "opamread")
        self.repository = bench.path("opam-repository")
        self.kept = bench.path("opam-index")
        shutil.rmtree(self.repository, ignore_errors=True)
        os.makedirs(self.repository)
        subprocess.run(["tar", "-C", self.repository, "-xf", data], check=True)
        os.environ.update(XDG_CACHE_HOME=bench.path("opam-cache"))
        os.environ.update(OPAMROOT=bench.path("opam-root"), OPAMROOTISOK="1", OPAMYES="1",
                          OPAMCOLOR="never")
        shutil.rmtree(os.environ["OPAMROOT"], ignore_errors=True)
        subprocess.run(["opam", "init", "--bare", "--no-setup", "--disable-sandboxing", "default",
                        self.repository], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def ours(self, *argv):
        command, *rest = argv
        return self.bench.seconds([self.reader, command, self.repository, self.kept, *rest],
                                  self.bench.scratch)

    def respin(self, *argv):
        return self.bench.seconds([self.bench.respin, "resolve", *argv], self.bench.scratch)

    def cold(self):
        if os.path.exists(self.kept):
            os.remove(self.kept)
        return self.ours("index")

    def theirs(self, *argv):
        return self.bench.seconds(["opam", *argv], self.bench.scratch)

    def read_all(self):
        script = "find packages -name opam -print0 | xargs -0 cat"
        return self.bench.seconds(["sh", "-c", script], self.repository)


def measure(bench, _workspace, _bare):
    opam = Opam(bench)
    cold = harness.in_turns(COLD_ROUNDS, opam.cold, opam.read_all)
    update = opam.theirs("update")
    show = harness.in_turns(ROUNDS, lambda: opam.ours("show", "tcpip"),
                            lambda: opam.theirs("show", "tcpip"))
    dependents = harness.in_turns(
        LIST_ROUNDS, lambda: opam.ours("dependents", "tcpip"),
        lambda: opam.theirs("list", "--depends-on", "tcpip", "--recursive", "-A", "-s"))
    listed = dependents[1]
    by_name = harness.in_turns(ROUNDS, lambda: opam.respin("tcpip"), lambda: opam.respin("Fmt"))
    ours = harness.in_turns(ROUNDS, lambda: opam.respin("--dependents", "tcpip"),
                            lambda: opam.respin("tcpip"))[0]
    return [
        harness.Figure("opam: index, cold", "cat of all files", *cold, at_most=3),
        harness.Figure("opam: index, cold", "opam update", cold[0], [update], at_least=20),
        harness.Figure("opam: one package", "opam show", *show, at_least=50),
        harness.Figure("opam: dependents", "opam list", *dependents, at_least=50),
        harness.Figure("resolve tcpip", "opam show", by_name[0], show[1], at_least=50),
        harness.Figure("resolve Fmt", "opam show", by_name[1], show[1], at_least=50),
        harness.Figure("resolve --dependents tcpip", "opam list", ours, listed, at_least=50),
    ]
