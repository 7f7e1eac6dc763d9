# packages.py - the packages that images are made of: each includes public headers only, of packages
# that its recipe names, and makes no banned call. Prints what breaks that.
# SPDX-License-Identifier: ISC
import json
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
# A folder's public header is FOLDER.h, but for these.
PUBLIC = {
    "lwip": {"lwip_port.h"},
    "git": {"git.h", "git_client.h"},
    "tcp": {"tcp_journal.h", "tcp_value.h"},
    "disklog": {"disklog.h", "disklog_disk.h"},
}
# What a compiler without a system brings along.
FREESTANDING = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h"}
# Headers of packages whose source is fetched.
FOREIGN = [("lwip/", "lwip"), ("netif/", "lwip"), ("nettle/", "nettle"), ("zlib.h", "zlib")]
INCLUDE = re.compile(r'^#\s*include\s*[<"]([^">]+)[">]', re.M)
BANNED = re.compile(
    r"\b(malloc|calloc|realloc|free|exit|system|sprintf|strcpy|strcat|strtok|atoi)\s*\("
)
COMMENT = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)


def recipes():
    """(name, folder of the source, names of what it needs) of each package that respin compiles and
    whose source is here."""
    for path in sorted([*top.glob("recipes/*/*.json"), *top.glob("examples/*/recipes/*/*.json")]):
        recipe = json.loads(path.read_text())
        if "dune" in recipe.get("build", {}):
            continue
        for source in recipe.get("source", []):
            if "path" in source:
                folder = (path.parent / source["path"]).resolve()
                yield recipe["name"], folder, recipe.get("needs", [])


def owners(packages):
    """The package of each public header."""
    found = {h.name: "platform" for h in top.glob("src/unikernel/platform/libc/*.h")}
    found |= {h.name: h.parent.parent.name for h in top.glob("recipes/*/config/*.h")}
    for name, folder, _ in packages:
        for header in PUBLIC.get(folder.name, {folder.name + ".h"}):
            if (folder / header).exists():
                found[header] = name
    return found


def owner(header, found):
    for prefix, name in FOREIGN:
        if header.startswith(prefix):
            return name
    return found.get(header)


def check_includes(package, file, found):
    name, folder, needs = package
    for header in INCLUDE.findall(file.read_text()):
        if header in FREESTANDING or (file.parent / header).exists() or (folder / header).exists():
            continue
        of = owner(header, found)
        if not of:
            yield f"includes {header}, which is no package's public header"
        elif of != name and of not in needs:
            yield f"includes {header} of {of}, which the recipe of {name} does not need"


def check_calls(file):
    # Comments and strings go, lines stay.
    text = COMMENT.sub(lambda m: "\n" * m.group().count("\n"), file.read_text())
    for number, line in enumerate(text.splitlines(), 1):
        for call in BANNED.findall(line):
            yield f"line {number} calls {call}"


packages = list(recipes())
found = owners(packages)
described = {folder for _, folder, _ in packages}
for folder in sorted((top / "src/unikernel").iterdir()):
    if folder.is_dir() and folder.resolve() not in described:
        print(f"{folder.relative_to(top)} has no recipe")
for package in packages:
    folder = package[1]
    for file in sorted([*folder.rglob("*.c"), *folder.rglob("*.h")]):
        libc = file.is_relative_to(top / "src/unikernel/platform/libc")
        for wrong in [*check_includes(package, file, found), *([] if libc else check_calls(file))]:
            print(f"{file.relative_to(top)}: {wrong}")
