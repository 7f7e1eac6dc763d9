"""The workspace that is built and booted: a small site, a large file, and lwIP in an overlay."""

import hashlib
import json
import os
import shutil
import subprocess

from harness import Wrong

PAGE = b"<!doctype html><title>bench</title><p>A page of one segment.\n"
BULK_BYTES = 64 << 20
SITE, BULK = "bench-site", "bench-bulk"
MEMORY_MB = {SITE: 128, BULK: 512}


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def image_recipe(name):
    return {
        "name": name,
        "version": "1.0.0",
        "license": "ISC",
        "needs": ["site"],
        "image": {"boot": {"memory_mb": MEMORY_MB[name]}, "files": "../../www/" + name},
    }


class Workspace:
    """Made anew, so that its first build runs everything; only downloads are kept."""

    def __init__(self, bench):
        self.bench = bench
        self.dir = bench.path("workspace")
        self.clear()
        recipes = os.path.relpath(os.path.join(bench.top, "recipes"), self.dir)
        self.put_json("respin.json", {"recipes": ["recipes", recipes]})
        for name in (SITE, BULK):
            self.put_json(f"recipes/{name}/recipe.json", image_recipe(name))
        write(self.path("www", SITE, "index.html"), PAGE)
        # Incompressible, and the same in every run.
        write(self.path("www", BULK, "bulk.bin"), hashlib.shake_128(b"respin").digest(BULK_BYTES))
        os.mkdir(self.path("overlays"))
        self.respin("overlay", "add", "lwip")
        # All its actions as they ran: [{"output", "command", ...}]
        self.first_build = self.respin("build", SITE)["ran"]

    def clear(self):
        downloads, kept = self.path(".respin/downloads"), self.bench.path("downloads")
        if os.path.isdir(downloads):
            shutil.rmtree(kept, ignore_errors=True)
            os.rename(downloads, kept)
        shutil.rmtree(self.dir, ignore_errors=True)
        if os.path.isdir(kept):
            os.makedirs(self.path(".respin"))
            os.rename(kept, downloads)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def put_json(self, name, value):
        write(self.path(name), json.dumps(value, indent=2).encode())

    def respin(self, *arguments):
        argv = [self.bench.respin, "--json", *arguments]
        done = subprocess.run(argv, cwd=self.dir, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def time_build(self, *options):
        """Seconds of a build of the small image, and the outputs that it made."""
        answer = self.bench.path("answer.json")
        seconds = self.bench.seconds(
            [self.bench.respin, "--json", "build", SITE, *options], self.dir, answer
        )
        with open(answer, encoding="utf-8") as file:
            return seconds, [action["output"] for action in json.load(file)["ran"]]


class Edit:
    """Changes one line of lwIP's TCP, each time to something that it never was."""

    LINE = "pcb->rtime = {};"

    def __init__(self, workspace):
        self.file = workspace.path("overlays/lwip/src/src/core/tcp_out.c")
        with open(self.file, encoding="utf-8") as file:
            self.text = file.read()
        if self.LINE.format(0) not in self.text:
            raise Wrong(f"{self.file} has no line '{self.LINE.format(0)}' to change")
        self.count = 0

    def next(self):
        self.count += 1
        changed = self.text.replace(self.LINE.format(0), self.LINE.format(self.count), 1)
        write(self.file, changed.encode())
