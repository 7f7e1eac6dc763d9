# agree_resolve.py - each unit of each installed library, as ocamlfind and ocamlobjinfo name them, and
# each .cmi file beside them: respin resolve must give that library. SPDX-License-Identifier: ISC
import collections
import json
import os
import re
import subprocess
import sys

from agree import all_units, cmi_files, query, run, unit_of, words

AT_A_TIME = 64


def folders_and_archives():
    """Libraries by folder, and the archives of each library, as ocamlfind says. (That the list of
    names is its, too, is another test: "ocamlfind list" fails for some packages of Debian's.)"""
    folders, archives = collections.defaultdict(list), {}
    listed = [line.split()[1] for line in run("ocamldump", "installed").splitlines()
              if line.startswith("dir ")]
    for mode in ("native,mt,mt_posix", "byte,mt,mt_posix"):
        for name, text in query(listed, mode, "%d\x03%A").items():
            folder, found = text.split("\x03")
            folder = os.path.normpath(folder)
            files = [os.path.join(folder, w) for w in words(found)
                     if re.search(r"\.cm(a|xa|o|x)$", w)]
            if name not in folders[folder]:
                folders[folder].append(name)
            archives.setdefault(name, set()).update(filter(os.path.exists, files))
    return folders, archives


def resolved(names):
    """For each name, the libraries of the candidates that are modules called so."""
    out = {}
    for start in range(0, len(names), AT_A_TIME):
        some = names[start:start + AT_A_TIME]
        done = subprocess.run(["respin", "--json", "resolve", "--all", *some],
                              stdout=subprocess.PIPE)
        answers = json.loads(done.stdout)
        for answer in answers if isinstance(answers, list) else [answers]:
            out[answer["query"]] = {c["library"] for c in answer["candidates"]
                                    if c["kind"] == "module"}
    return out


def main():
    folders, archives = folders_and_archives()
    units = all_units(sorted(set().union(*archives.values())))
    of_library = {name: set().union(set(), *(units[f] for f in files))
                  for name, files in archives.items()}
    expected = [({name}, unit) for name, found in of_library.items() for unit in found]
    for folder, names in folders.items():
        known = set().union(set(), *(of_library[n] for n in names))
        expected += [(set(names), unit) for unit in cmi_files(folder) - known]
    answers = resolved(sorted({unit for _, unit in expected}))
    differences = 0
    for names, unit in expected:
        if not names & answers[unit_of(unit)]:
            differences += 1
            print(f"{unit}: {sorted(answers[unit])}, not of {sorted(names)}")
    print(f"{len(archives)} libraries, {len(expected)} modules, {differences} differences")
    return differences != 0 or len(expected) < 1000


if __name__ == "__main__":
    sys.exit(main())
