# same.py READ DESCRIBED - compares two of ocamldump's workspaces: what was read from dune files
# and what dune says. Prints each difference in what dune describes. SPDX-License-Identifier: ISC
import sys


def read(path):
    """Facts of each library (by name and folder) and executable (by first name and folder)."""
    facts, redirects, here = {}, {}, None
    with open(path) as text:
        for line in text:
            words = line.split()
            if words[0] == "redirect":
                redirects[words[1]] = words[2]
            elif words[0] == "package":
                continue
            elif not line.startswith(" "):
                here = facts.setdefault(tuple(words), {"requires": set(), "modules": set(),
                                                       "name": set(), "guess": set()})
            elif words[0] == "module":
                here["modules"].add(tuple(w for w in words[1:] if w not in ("guess", "virtual")))
            elif words[0] in here:
                here[words[0]].add(words[1])
    return facts, redirects


def main():
    (ours, redirects), (theirs, _) = read(sys.argv[1]), read(sys.argv[2])
    differences = 0
    for key, facts in theirs.items():
        mine = ours.get(key)
        if not mine:
            print(" ".join(key), "is missing")
            differences += 1
            continue
        mine["requires"] = {redirects.get(name, name) for name in mine["requires"]}
        if facts["guess"]:  # dune left some out
            mine["requires"] &= facts["requires"]
        for kind in ("name", "requires", "modules"):
            words = facts[kind]
            if mine[kind] != words:
                differences += 1
                print(" ".join(key), kind, "only ours:", sorted(mine[kind] - words),
                      "only dune's:", sorted(words - mine[kind]))
    more = [" ".join(key) for key in ours if key not in theirs]
    print(f"{len(theirs)} described, {differences} differences; "
          f"{len(more)} more were read: {', '.join(more)}")
    return differences != 0


sys.exit(main())
