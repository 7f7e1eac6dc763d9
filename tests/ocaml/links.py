"""The vendored sources that respin says a MirageOS image needs are those that dune says it links.

links.py PROJECT
"""

import json
import os
import subprocess
import sys


def described(root):
    """Libraries (folder, requirements) and programs (requirements), as dune describes them."""
    text = subprocess.run(["ocamldump", "describe", root], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    libraries, programs, current = {}, {}, None
    for line in text.splitlines():
        words = line.split()
        if line.startswith("library "):
            current = libraries.setdefault(words[1], (words[2], []))[1]
        elif line.startswith("executables "):
            current = programs.setdefault(f"{words[-1]}/{words[1]}", [])
        elif line.startswith("  requires "):
            current.append(words[1])
    return libraries, programs


def linked(libraries, names):
    seen = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in libraries and name not in seen:
            seen.add(name)
            todo += libraries[name][1]
    return {libraries[name][0].split("/")[1] for name in seen
            if libraries[name][0].startswith("duniverse/")}


def main():
    root = os.path.abspath(sys.argv[1])
    libraries, programs = described(root)
    with open(os.path.join(root, ".respin", "project.json"), encoding="utf-8") as file:
        recipes = json.load(file)["recipes"]
    image = next(r for r in recipes if "image" in r)
    units = {r["name"] for r in recipes if r["place"].startswith("duniverse/")}
    ours = set(image["needs"]) & units
    theirs = linked(libraries, programs["./main"])
    print("respin alone:", sorted(ours - theirs), "dune alone:", sorted(theirs - ours))
    sys.exit(ours != theirs or len(ours) < 10)


main()
