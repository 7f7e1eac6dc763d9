#!/usr/bin/python3 -B
"""Makes the bad archives: make.py FOLDER writes FOLDER/NAME/archive, the same bytes each time."""

import bz2
import gzip
import io
import lzma
import os
import sys
import tarfile
import zipfile


def entry(name, kind=tarfile.REGTYPE, data=b"evil\n", link="", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    info.size = len(data) if kind == tarfile.REGTYPE else 0
    return info, data


def tar(*entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data) if info.size else None)
    return out.getvalue()


def zipped(name, data=b"evil\n"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def with_size(field):
    """A tar whose only entry claims the size FIELD."""
    block = bytearray(tar(entry("a/file"))[:512])
    block[124:136] = field
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + b"evil\n".ljust(512, b"\0") + b"\0" * 1024


SYM, HARD, CHAR, FIFO, DIR = (
    tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
FIRST = entry("a/first", data=b"good\n")
GOOD = tar(FIRST)

ARCHIVES = {
    "absolute-path": tar(FIRST, entry("/tmp/evil")),
    "dotdot": tar(FIRST, entry("a/../../evil")),
    "symlink-absolute": tar(FIRST, entry("a/link", SYM, link="/etc/passwd")),
    "symlink-out": tar(FIRST, entry("a/link", SYM, link="../../evil")),
    "through-a-link": tar(FIRST, entry("a/d", SYM, link="."), entry("a/d/../../evil")),
    "hard-link-out": tar(FIRST, entry("a/link", HARD, link="../evil")),
    "hard-link-absolute": tar(FIRST, entry("a/link", HARD, link="/etc/passwd")),
    "device": tar(FIRST, entry("a/null", CHAR)),
    "fifo": tar(FIRST, entry("a/fifo", FIFO)),
    "git-folder": tar(FIRST, entry("a/.git/hooks/post-checkout", mode=0o755)),
    "git-folder-in-capitals": tar(FIRST, entry("a/.GiT/config")),
    "git-folder-short-name": tar(FIRST, entry("a/git~1/config")),
    "newline-in-name": tar(FIRST, entry("a/x\ny")),
    "escape-in-name": tar(FIRST, entry("a/x\x1b[2Jy")),
    "twice": tar(FIRST, entry("a/b"), entry("a/b")),
    "file-then-folder": tar(FIRST, entry("a/b"), entry("a/b/c")),
    "too-deep": tar(FIRST, entry("a/" + "d/" * 70 + "f")),
    "long-name": tar(FIRST, entry("a/" + "n" * 300)),
    "empty": b"",
    "no-entries": tar(),
    "no-archive": b"This is a text.\n" * 100,
    "cut-gzip": gzip.compress(GOOD, mtime=0)[:-20],
    "cut-xz": lzma.compress(GOOD)[:-20],
    "cut-tar": GOOD[:700],
    "cpio": b"070707" + b"0" * 70,
    "ar": b"!<arch>\nfile/           0           0     0     644     5         `\nevil\n\n",
    "7z": b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 24,
    "lzip": b"LZIP\1\x0c" + b"\0" * 40,
    "bomb": bz2.compress(tar(entry("a/zeros", data=bytes(64 << 20)))),
    "huge-size": with_size(b"77777777777\0"),
    "negative-size": with_size(b"\xff" * 12),
    "bad-checksum": GOOD[:148] + b"0000000\0" + GOOD[156:],
    "zip-dotdot": zipped("a/../../evil"),
    "zip-absolute": zipped("/tmp/evil"),
}

for name, data in ARCHIVES.items():
    folder = os.path.join(sys.argv[1], name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "archive"), "wb") as file:
        file.write(data)
