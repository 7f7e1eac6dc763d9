# options.py - the options that images read (OPTION_ calls of src/unikernel with the names that are
# handed down to them) are those that respin-images(7) has. Prints what is in one of them alone.
# SPDX-License-Identifier: ISC
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
# A function that reads the option which its parameter KEY names, or NAME.WHAT of a store.
FUNCTION = re.compile(r"^\w[\w \*]*?(\w+)\(([^()]*const char \*(?:key|what)\b[^{;]*)\)\n\{", re.M)
READS = re.compile(r"\boption_(get|number|secret|name)\(")
# QEMU's own, and written down with it: "ip1" is made of its letters.
OTHERS_WORDS = {"virtio_mmio.device"}
NUMBERED = {"ip1", "ip2", "ip3"}


def body_of(text, start):
    return text[start : text.index("\n}", start)]


def readers(text):
    """Function -> (position of the name among its arguments, what comes before the name)."""
    found = {"option_get": (0, ""), "option_number": (0, ""), "option_secret": (0, "")}
    for match in FUNCTION.finditer(text):
        parameters = [" ".join(p.split()) for p in match[2].split(",")]
        body = body_of(text, match.end())
        at = next(i for i, p in enumerate(parameters) if p in ("const char *key", "const char *what"))
        if parameters[at].endswith("what") and '"%s.%s"' in body:
            found[match[1]] = (at, "NAME.")
        elif parameters[at].endswith("key"):
            found[match[1]] = (at, "")
    return found


def options_of(text):
    for name, (at, before) in readers(text).items():
        for call in re.finditer(r"\b%s\(([^;{]*)" % name, text):
            arguments = call[1].split(",")
            literal = len(arguments) > at and re.match(r'\s*"([a-z0-9_.]+)"', arguments[at])
            if literal:
                yield before + literal[1]


sources = [file.read_text() for file in sorted(top.glob("src/unikernel/*/*.c"))]
read = NUMBERED.union(*map(options_of, sources)) - OTHERS_WORDS
# Each store has limits of its own; the one entry of "machine" is nobody's business.
kinds = set(re.findall(r"struct table_kind \w+ = \{\s*\.name = \"(\w+)\"", "".join(sources)))
read |= {f"{kind}.entries" for kind in kinds - {"machine"}}

page = (top / "src/man/respin-images.7.scd").read_text()
sections = "".join(re.findall(r"^# OPTIONS[^\n]*\n(.*?)(?=^# )", page, re.M | re.S))
told = {
    ("NAME." if name else "") + option.lstrip(".")
    for name, option in re.findall(r"(NAME)?\*(\.?[a-z0-9_.]+)=[a-z]*\*", sections)
}
for option in sorted(read - told):
    print(f"images read {option}=, which respin-images(7) does not tell of")
for option in sorted(told - read):
    print(f"respin-images(7) tells of {option}=, which no image reads")
