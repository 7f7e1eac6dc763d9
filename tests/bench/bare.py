"""The very commands of a respin build, to be run without respin, by ninja or by a shell: outputs go
to a folder of their own, under the names that the actions have."""

import os
import shlex
import subprocess

from workspace import SITE


class Action:
    """A command line, the folder to run it in, its output and its inputs; NAME is respin's."""

    def __init__(self, name, output, words, cwd, inputs, depfile=None):
        self.name = name
        self.output = output
        self.words = words
        self.cwd = cwd
        self.inputs = inputs
        self.depfile = depfile

    def shell(self):
        return f"cd {shlex.quote(self.cwd)} && {shlex.join(self.words)}"

    def for_ninja(self):
        """With absolute names in the depfile, which ninja reads from its own folder."""
        if not self.depfile:
            return self.shell()
        words = [
            "-I" + os.path.join(self.cwd, word[2:]) if word.startswith("-I") else word
            for word in self.words[:-1]
        ]
        return shlex.join([*words, os.path.join(self.cwd, self.words[-1])])


def after(words, option):
    return words.index(option) + 1


def ninja_path(path):
    return path.replace("$", "$$").replace(" ", "$ ").replace(":", "$:")


def ninja_rules(actions):
    for number, action in enumerate(actions):
        yield f"rule r{number}"
        yield "  command = " + action.for_ninja().replace("$", "$$")
        yield "  description = " + action.output
        if action.depfile:
            yield "  depfile = " + ninja_path(action.depfile)
            yield "  deps = gcc"
        inputs = " ".join(map(ninja_path, action.inputs))
        yield f"build {ninja_path(action.output)}: r{number} {inputs}"


class BareBuild:
    def __init__(self, bench, workspace):
        self.dir = bench.path("bare")
        self.script = os.path.join(bench.top, "src/unikernel/platform/platform.ld")
        self.files = workspace.path("www", SITE)
        self.actions = [self.action(done) for done in workspace.first_build]
        with open(os.path.join(self.dir, "build.ninja"), "w", encoding="utf-8") as file:
            file.write("\n".join(ninja_rules(self.actions)) + "\n")
        self.ninja()

    def shell(self, names):
        """A script of the actions with these names, in the order in which respin ran them."""
        lines = [action.shell() for action in self.actions if action.name in names]
        return "set -e\n" + "\n".join(lines) + "\n"

    def ninja(self):
        return subprocess.run(
            ["ninja"], cwd=self.dir, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    def action(self, ran):
        name, words = ran["output"], shlex.split(ran["command"])
        os.makedirs(os.path.dirname(os.path.join(self.dir, name)), exist_ok=True)
        if words[0] == "cd":
            return self.compile(name, words)
        if words[0] == "as":
            return self.pack(name, words)
        return self.link(name, words)

    def compile(self, name, words):
        """cd TREE && cc ... -MD -MF DEPFILE -o OBJECT SOURCE"""
        tree, words = words[1], words[3:]
        target = os.path.join(self.dir, name)
        words[after(words, "-o")] = target
        words[after(words, "-MF")] = target + ".d"
        return Action(name, name, words, tree, [os.path.join(tree, words[-1])], target + ".d")

    def pack(self, name, words):
        """respin gives the assembler its text on standard input; here it is a file."""
        source = os.path.join(self.dir, name + ".S")
        archive = os.path.join(self.dir, name + ".cpio")
        with open(archive, "wb") as file:
            subprocess.run(
                "find . -type f | cpio --quiet -o -H newc",
                shell=True, cwd=self.files, stdout=file, check=True,
            )
        with open(source, "w", encoding="utf-8") as file:
            file.write(
                '.section .rodata.files, "a"\n.globl files_start, files_end\n'
                f'files_start: .incbin "{archive}"\nfiles_end:\n'
                '.section .note.GNU-stack, "", @progbits\n'
            )
        return Action(name, name, [*words, source], self.dir, [source, archive])

    def link(self, name, words):
        """The image's line is shown without its script and map, which real linking needs. Its name
        is also that of the folder in which files.o is."""
        output, inputs = name, words[after(words, "-o") + 1 :]
        if name == SITE:
            output = words[after(words, "-o")] = SITE + ".image"
            words[1:1] = ["-T", self.script, f"-Map={output}.map"]
            inputs.append(self.script)
        return Action(name, output, words, self.dir, inputs)
