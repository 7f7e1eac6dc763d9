# agree.py - compares what ocamldump says of the installed libraries with what ocamlfind,
# ocamlobjinfo and the .cmi files say, and prints each difference. SPDX-License-Identifier: ISC
import collections
import os
import re
import subprocess
import sys


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode()


def unit_of(stem):
    return stem[0].upper() + stem[1:]


class Ours:
    def __init__(self, text):
        self.dir, self.version = {}, {}
        self.lists = {kind: collections.defaultdict(list) for kind in
                      ("requires", "closure", "module", "missing", "redirect")}
        for line in text.splitlines():
            kind, _, rest = line.partition(" ")
            name, _, rest = rest.partition(" ")
            if kind == "dir":
                self.dir[name] = rest
            elif kind == "version":
                self.version[name] = rest
            elif kind in self.lists:
                self.lists[kind][name].append(rest)

    def units(self, name):
        return {line.split()[0] for line in self.lists["module"][name]}


def all_units(archives):
    """Units by archive, as ocamlobjinfo prints them."""
    units, here = collections.defaultdict(set), None
    for start in range(0, len(archives), 50):
        for line in run("ocamlobjinfo", *archives[start:start + 50]).splitlines():
            if line.startswith("File "):
                here = line[5:]
            found = re.match(r"(?:Unit name|Name): (.*)", line)
            if found:
                units[here].add(found.group(1))
    return units


def query(names, predicates, form):
    text = run("ocamlfind", "query", "-predicates", predicates, "-format",
               "\x01%p\x02" + form, *names)
    return dict(part.rstrip("\n").split("\x02", 1) for part in text.split("\x01")
                if "\x02" in part)


def words(text):
    return [word for word in re.split(r"[\s,]+", text) if word]


def cmi_files(folder):
    found = set()
    for place in (folder, folder + "/.private"):
        if os.path.isdir(place):
            found |= {unit_of(f[:-4]) for f in os.listdir(place) if f.endswith(".cmi")}
    return found


class Comparison:
    def __init__(self, ours):
        self.ours, self.differences, self.checked = ours, 0, 0

    def same(self, what, mine, theirs):
        self.checked += 1
        if mine != theirs:
            self.differences += 1
            print(f"{what}: {mine} is not {theirs}")

    def names(self):
        listed = [line.split()[0] for line in run("ocamlfind", "list").splitlines()]
        if not listed:  # some packages of Debian's make it fail
            listed = list(query(self.ours.dir, "native", ""))
        self.same("libraries", sorted(self.ours.dir), sorted(listed))
        return listed

    def facts(self, names):
        native = "native,mt,mt_posix"
        for name, text in query(names, native, "%d\x03%v\x03%(requires)").items():
            folder, version, requires = text.split("\x03")
            self.same(name + " folder", os.path.normpath(self.ours.dir[name]),
                      os.path.normpath(folder))
            self.same(name + " version", self.ours.version[name] or "[unspecified]",
                      version or "[unspecified]")
            self.same(name + " requires", self.ours.lists["requires"][name], words(requires))

    def closures(self, names):
        """Requirements first, in whatever order. With -thread, ocamlfind adds the threads."""
        threads = set(self.ours.lists["closure"]["threads"])
        for name in names:
            if self.ours.lists["missing"][name]:
                continue
            text = run("ocamlfind", "query", "-recursive", "-predicates", "native,mt,mt_posix",
                       "-format", "%p", name)
            mine = self.ours.lists["closure"][name]
            theirs = set(text.split())
            with_threads = threads if "threads" in theirs else set()
            self.same(name + " closure", sorted(with_threads.union(mine)), sorted(theirs))
            before = set()
            for one in mine:
                self.same(f"{name}: {one} after what it requires",
                          [r for r in self.ours.lists["requires"][one] if r not in before], [])
                before.add(one)

    def modules(self, names):
        of_library, folders = {}, collections.defaultdict(list)
        for mode in ("native,mt,mt_posix", "byte,mt,mt_posix"):  # bytecode's win
            for name, text in query(names, mode, "%A").items():
                files = [os.path.join(self.ours.dir[name], w) for w in words(text)
                         if re.search(r"\.cm(a|xa|o|x)$", w)]
                if any(map(os.path.exists, files)):
                    of_library[name] = files
        of_library["stdlib"] = [os.path.join(self.ours.dir["stdlib"], "stdlib.cma")]
        units = all_units(sorted({f for files in of_library.values() for f in files}))
        theirs = {name: set().union(*(units[f] for f in of_library.get(name, [])), set())
                  for name in names}
        for name in names:
            folders[self.ours.dir[name]].append(name)
        for folder, libraries in folders.items():
            only_cmi = cmi_files(folder).difference(*(theirs[n] for n in libraries))
            rest = set()
            for name in libraries:
                mine = self.ours.units(name)
                rest |= mine - theirs[name]
                self.same(name + " modules", sorted(mine - only_cmi), sorted(theirs[name]))
            self.same(folder + " interfaces", sorted(rest), sorted(only_cmi))

    def paths(self, names, scratch):
        """The compiler must find each public module by its path."""
        for name in names:
            lines = [line.split() for line in self.ours.lists["module"][name]]
            public = [w[1] for w in lines if not {"private", "alias"} & set(w[2:-2])]
            if not public or self.ours.lists["missing"][name]:
                continue
            source = os.path.join(scratch, "paths.ml")
            with open(source, "w") as out:
                for i, path in enumerate(public):
                    out.write(f"module M{i} = {path}\ninclude (struct end : sig end)\n")
                    out.write(f"module type S{i} = module type of {path}\n")
            done = subprocess.run(["ocamlfind", "ocamlc", "-w", "-a", "-rectypes", "-thread", "-package", name,
                                   "-c", source], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
            said = [line for line in done.stderr.decode().splitlines()
                    if line.strip() and "findlib: [WARNING]" not in line]
            self.same(name + " paths", said, [])


def main():
    with open(sys.argv[1]) as text:
        comparison = Comparison(Ours(text.read()))
    names = comparison.names()
    comparison.facts(names)
    comparison.closures(names)
    comparison.modules(names)
    comparison.paths(names, sys.argv[2])
    modules = sum(map(len, comparison.ours.lists["module"].values()))
    print(f"{len(names)} libraries, {modules} modules, {comparison.checked} comparisons, "
          f"{comparison.differences} differences")
    return comparison.differences != 0


if __name__ == "__main__":
    sys.exit(main())
