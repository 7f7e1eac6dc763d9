"""The very commands of a respin build, to be run without respin: outputs go to a folder of their
own, under the names that the actions have."""

import os
import shlex
import subprocess

from workspace import SITE


class Action:
    """A command line with all its places: the folder to run in, outputs, inputs."""

    def __init__(self, output, words, cwd, depfile=None, inputs=()):
        self.output = output
        self.words = words
        self.cwd = cwd
        self.depfile = depfile
        self.inputs = list(inputs)

    def shell(self):
        return f"cd {shlex.quote(self.cwd)} && {shlex.join(self.words)}"


def after(words, option):
    return words.index(option) + 1


class BareBuild:
    def __init__(self, bench, workspace):
        self.dir = bench.path("bare")
        self.script = os.path.join(bench.top, "src/unikernel/platform/platform.ld")
        self.files = workspace.path("www", SITE)
        self.actions = [self.action(done) for done in workspace.first_build]

    def action(self, done):
        output, words = done["output"], shlex.split(done["command"])
        os.makedirs(os.path.dirname(os.path.join(self.dir, output)), exist_ok=True)
        if words[0] == "cd":
            return self.compile(output, words)
        if words[0] == "as":
            return self.pack(output, words)
        return self.link(output, words)

    def compile(self, output, words):
        """cd TREE && cc ... -MD -MF DEPFILE -o OBJECT SOURCE"""
        tree, words = words[1], words[3:]
        target = os.path.join(self.dir, output)
        words[after(words, "-o")] = target
        words[after(words, "-MF")] = target + ".d"
        return Action(output, words, tree, target + ".d", [os.path.join(tree, words[-1])])

    def pack(self, output, words):
        """respin gives the assembler its text on standard input; here it is a file."""
        source = os.path.join(self.dir, output + ".S")
        archive = os.path.join(self.dir, output + ".cpio")
        with open(archive, "wb") as file:
            subprocess.run(
                "find . -type f | cpio --quiet -o -H newc", shell=True, cwd=self.files, stdout=file, check=True
            )
        with open(source, "w", encoding="utf-8") as file:
            file.write(
                '.section .rodata.files, "a"\n.globl files_start, files_end\n'
                f'files_start: .incbin "{archive}"\nfiles_end:\n'
            )
        return Action(output, [*words, source], self.dir, None, [source, archive])

    def link(self, output, words):
        """The image's line is shown without its script and map, which real linking needs."""
        inputs = words[after(words, "-o") + 1 :]
        if output == SITE:
            words[1:1] = ["-T", self.script, f"-Map={output}.map"]
            inputs.append(self.script)
        return Action(output, words, self.dir, None, inputs)
