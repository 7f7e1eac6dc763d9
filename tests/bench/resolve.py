"""A symbol looked up in the index, and a process that only loads the libraries respin loads."""

import subprocess

import harness

ROUNDS = 101


def needed_libraries(program):
    """The names under NEEDED in the program's dynamic section."""
    argv = ["readelf", "--dynamic", "--wide", program]
    shown = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout
    lines = [line for line in shown.splitlines() if "(NEEDED)" in line]
    return [line.split("[")[1].rstrip("]") for line in lines]


def measure(bench, workspace, bare):
    source = bench.path("empty.c")
    with open(source, "w", encoding="utf-8") as file:
        file.write("int main(void)\n{\n\treturn 0;\n}\n")
    libraries = ["-l:" + name for name in needed_libraries(bench.respin)]
    empty = harness.compile_c(source, bench.path("empty"), "-Wl,--no-as-needed", *libraries)

    def by_respin():
        return bench.seconds([bench.respin, "resolve", "tcp_write"], workspace.dir)

    def by_nobody():
        return bench.seconds([empty], workspace.dir)

    ours, theirs = harness.in_turns(ROUNDS, by_respin, by_nobody)
    return [harness.Figure("resolve tcp_write", "its libraries loaded", ours, theirs, at_most=2.0)]
