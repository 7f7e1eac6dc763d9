"""Who depends on zlib in the whole distribution: respin plan --all, and apt's own answer from the
same lists, with apt's caches warm."""

import json
import os
import shutil
import subprocess

import harness

ROUNDS = 7
COLD_ROUNDS = 3
RECIPE = {
    "name": "zlib", "version": "1.2.13", "license": "Zlib",
    "source": [{"debian": "zlib", "version": "1:1.2.13.dfsg-1", "sha256": "0" * 64}],
    "build": {"debian": {}},
}


class Lists:
    """A workspace with zlib's recipe, and an apt whose caches are kept."""

    def __init__(self, bench):
        if not shutil.which("apt-cache"):
            raise harness.Unavailable("there is no apt")
        self.bench = bench
        self.place = bench.path("dependents")
        shutil.rmtree(self.place, ignore_errors=True)
        recipe = os.path.join(self.place, "recipes", "zlib")
        os.makedirs(recipe)
        os.makedirs(bench.path("apt-cache"), exist_ok=True)
        with open(os.path.join(self.place, "respin.json"), "w", encoding="utf-8") as f:
            f.write("{}")
        with open(os.path.join(recipe, "recipe.json"), "w", encoding="utf-8") as f:
            json.dump(RECIPE, f)
        cache = bench.path("apt-cache")
        self.apt = ["apt-cache", "-o", f"Dir::Cache::pkgcache={cache}/pkgcache.bin",
                    "-o", f"Dir::Cache::srcpkgcache={cache}/srcpkgcache.bin"]
        known = subprocess.run([*self.apt, "gencaches"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
        found = subprocess.run([*self.apt, "show", "zlib1g"], stdout=subprocess.PIPE, text=True)
        if known.returncode or not found.stdout:
            raise harness.Unavailable("apt has no lists: apt-get update")

    def ours(self, *options):
        return self.bench.seconds([os.path.join(self.bench.build, "respin"), "plan", "zlib", "--all",
                                   *options], self.place)

    def cold(self):
        shutil.rmtree(os.path.join(self.place, ".respin"), ignore_errors=True)
        return self.ours()

    def theirs(self, *options):
        return self.bench.seconds([*self.apt, "rdepends", *options, "zlib1g", "zlib1g-dev"],
                                  self.place)

    def read_all(self):
        """The lists as text, by apt's own program: what any reader of them starts from."""
        script = ("apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' | "
                  "while read -r f; do /usr/lib/apt/apt-helper cat-file \"$f\"; done >/dev/null")
        return self.bench.seconds(["sh", "-c", script], self.place)


def measure(bench, _workspace, _bare):
    lists = Lists(bench)
    cold = harness.in_turns(COLD_ROUNDS, lists.cold, lists.read_all)
    lists.ours()
    direct = harness.in_turns(ROUNDS, lists.ours, lists.theirs)
    deep = harness.in_turns(ROUNDS, lambda: lists.ours("--recursive"),
                            lambda: lists.theirs("--recurse"))
    return [
        harness.Figure("distribution: index, cold", "reading apt's lists", *cold, at_most=10),
        harness.Figure("distribution: dependents", "apt-cache rdepends", *direct, at_least=20),
        harness.Figure("distribution: all dependents", "apt-cache rdepends --recurse", *deep,
                       at_least=10),
    ]
