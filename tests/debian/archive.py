#!/usr/bin/env python3
"""A Debian archive of small source packages, for tests: archive.py DIR makes it below DIR/www, with
the settings of an apt that knows nothing else (DIR/apt.conf), a dpkg that has its packages installed
besides those of this machine (DIR/dpkg), and serves it on loopback until its standard input ends.
What is printed first is the port."""
import gzip
import hashlib
import http.server
import io
import os
import shutil
import sys
import tarfile
import threading

CONTROL = """Source: demo
Section: libs
Priority: optional
Maintainer: A. Packager <packager@example.org>
Build-Depends: debhelper-that-is-not <!nocheck>,
# a comment within the field
 dpkg-dev
Rules-Requires-Root: no

Package: libdemo-dev
Architecture: any
Depends: libdemo1 (= ${binary:Version})
Provides: libdemo-api
Description: the demonstration, for development
 Text.

Package: libdemo1
Architecture: any
Description: the demonstration
 Text.
"""

# One binary package from debian/tmp-NAME, without debhelper.
RULES = """#!/usr/bin/make -f
V := $(shell dpkg-parsechangelog -S Version)
build clean:
pack = mkdir -p debian/$(1)/DEBIAN && dpkg-gencontrol -p$(1) -Pdebian/$(1) && \\
	dpkg-deb --root-owner-group --build debian/$(1) ..
"""

DEMO_RULES = RULES + """binary:
	$(CC) -c -o demo.o demo.c && ar rcD libdemo.a demo.o
	mkdir -p debian/libdemo-dev/usr/include/demo debian/libdemo-dev/usr/include/linux \
		debian/libdemo-dev/usr/lib
	cp demo.h libdemo.a debian/libdemo-dev/usr/include/demo/
	echo '#define ZLIB_IS "laid over"' >debian/libdemo-dev/usr/include/zlib.h
	echo '#define LINUX_IS "laid over"' >debian/libdemo-dev/usr/include/linux/version.h
	echo laid over >debian/libdemo-dev/usr/lib/os-release
	mkdir -p debian/libdemo1/usr/share/libdemo1 && cp demo.c debian/libdemo1/usr/share/libdemo1/
	$(call pack,libdemo-dev)
	$(call pack,libdemo1)
"""

TOOL_RULES = RULES + """binary:
	$(CC) -o tool tool.c -L/usr/include/demo -ldemo
	mkdir -p debian/demo-tool/usr/bin && cp tool debian/demo-tool/usr/bin/demo-tool
	cat /etc/os-release /usr/lib/os-release >debian/demo-tool/usr/bin/system 2>/dev/null || true
	$(call pack,demo-tool)
"""


def changelog(name, version):
    return (f"{name} ({version}) unstable; urgency=medium\n\n  * One.\n\n"
            f" -- A. Packager <packager@example.org>  Mon, 02 Nov 2026 09:30:00 +0100\n")


FIRST = """Description: the first change
 It has a text.
 .
 In two paragraphs.
Author: F. First <first@example.org>
Origin: upstream, https://example.org/1
Forwarded: not-needed
Last-Update: 2026-10-20
---
--- a/demo.c
+++ b/demo.c
@@ -1,5 +1,5 @@
 #include "demo.h"
 int demo_value(void)
 {
-	return 0; /* upstream */
+	return 1; /* Debian */
 }
"""
SECOND = """From: =?utf-8?q?S=C3=A9cond?= <second@example.org>
Date: Tue, 3 Nov 2026 10:00:00 +0000
Subject: [PATCH] the second change

Why it is.

--- demo.c
+++ demo.c
@@ -4,2 +4,3 @@
 \treturn 1; /* Debian */
 }
+/* second */
"""
# In reverse, and below a folder.
THIRD = """--- old/work/demo.h
+++ new/work/demo.h
@@ -1 +1,2 @@
 int demo_value(void);
-int gone;
"""
REVERSED = """There were three,
and now two.

Author: T. Third <third@example.org>

--- a/gone.txt
+++ b/gone.txt
@@ -1,2 +1,3 @@
 one
 two
+three
"""
SERIES = "# Debian's own\nfirst.patch\n\nsub/second.diff -p0   # without a prefix\nback -R\n"

DEMO_C = '#include "demo.h"\nint demo_value(void)\n{\n\treturn 0; /* upstream */\n}\n'

PACKAGES = {
    "demo_1.0-1": {
        "orig": {"demo.c": DEMO_C, "demo.h": "int demo_value(void);\n",
                 "gone.txt": "one\ntwo\nthree\n", "debian/theirs": "upstream's own\n"},
        "debian": {"control": CONTROL, "rules": DEMO_RULES, "patches/series": SERIES,
                   "patches/first.patch": FIRST, "patches/sub/second.diff": SECOND,
                   "patches/back": REVERSED}},
    "demo_2.0-1": {
        "orig": {"demo.c": DEMO_C.replace("{\n", "{ /* 2.0 */\n"), "demo.h": "int demo_value(void);\n"},
        "debian": {"control": CONTROL, "rules": DEMO_RULES, "patches/series": "",
                   "patches/first.patch": FIRST}},
    "demo-tool_1-1": {
        "orig": {"tool.c": "#include <demo/demo.h>\n#include <linux/limits.h>\n#include <linux/version.h>\n"
                           "#include <stdio.h>\n#include <zlib.h>\nint main(void)\n{\n"
                           "\treturn printf(\"value %d, zlib is %s, linux is %s\\n\", demo_value(),"
                           " ZLIB_IS, LINUX_IS) < 0;\n}\n"},
        "debian": {"rules": TOOL_RULES, "control":
                   "Source: demo-tool\nMaintainer: A <a@example.org>\nBuild-Depends: libdemo-dev (>= 1)\n"
                   "Rules-Requires-Root: no\n\nPackage: demo-tool\nArchitecture: any\n"
                   "Depends: libdemo1\nDescription: a tool\n Text.\n"}},
    "unfit_1-1": {
        "orig": {"a": "one\n"},
        "debian": {"control": "Source: unfit\n", "patches/series": "bad.patch\n", "patches/bad.patch":
                   "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-two\n+three\n"}},
    "odd_1-1": {
        "orig": {"a": "one\n"},
        "debian": {"control": "Source: odd\n", "patches/series": "fine.patch\nbad.patch --merge\n",
                   "patches/fine.patch": "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-one\n+two\n"}},
    "needy_1-1": {
        "orig": {"a": "one\n"},
        "debian": {"rules": RULES, "control":
                   "Source: needy\nBuild-Depends: libdemo-dev, not-there (>= 2), nor-this [linux-any]\n\n"
                   "Package: needy\nArchitecture: any\n"}},
    "broken_1-1": {
        "orig": {"a": "one\n"},
        "debian": {"rules": RULES + "binary:\n\techo first; printf 'a.c:1:2: %s: odd\\n' error;"
                   " seq 1000; echo a word on the cause >&2; false\n",
                   "control": "Source: broken\nMaintainer: A <a@example.org>\n\nPackage: broken\n"
                   "Architecture: any\nDescription: x\n"}},
    # In a folder that no pool has.
    "elsewhere_1-1": {
        "folder": "./odd/place/elsewhere",
        "orig": {"a": "one\n"},
        "debian": {"control": "Source: elsewhere\n", "rules": RULES, "patches/series": "cut\n", "patches/cut":
                   "Subject: Two is the number for\n\nall of them.\n\nAnd more.\n\n"
                   "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-one\n+two\n"}},
    "slow_1-1": {
        "orig": {"a": "one\n"},
        "debian": {"rules": RULES + "binary:\n\tsleep 60\n",
                   "control": "Source: slow\nMaintainer: A <a@example.org>\n\nPackage: slow\n"
                   "Architecture: any\nDescription: x\n"}},
}

# The one package of an archive without components and pool.
FLAT = {"flat_1-1": {"folder": ".", "orig": {"a": "one\n"},
                     "debian": {"control": "Source: flat\n", "rules": RULES}}}

# What apt knows of binary packages, beside those that the sources above make.
BINARIES = """Package: libdemo1
Source: demo
Version: 1.0-1
Architecture: amd64

Package: libdemo-dev
Source: demo
Version: 1.0-1
Architecture: amd64
Depends: libdemo1 (= 1.0-1)
Provides: libdemo-api

Package: demo-tool
Version: 1-1
Architecture: amd64
Depends: libdemo1 (>= 1.0), libc6 | nothing

Package: uses-tool
Version: 1
Architecture: all
Pre-Depends: demo-tool

Package: uses-api
Version: 1
Architecture: all
Depends: other | libdemo-api

Package: stranger
Version: 1
Architecture: all
Suggests: libdemo1
"""
FIELDS = "Filename: pool/main/x/x.deb\nSize: 1\nSHA256: " + "0" * 64 + "\n\n"
INSTALLED = ("libdemo1", "libdemo-dev")


def tar(prefix, files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as t:
        for name, text in sorted(files.items()):
            info = tarfile.TarInfo(prefix + name)
            info.size = len(text.encode())
            info.mode = 0o755 if name == "rules" else 0o644
            t.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def sums(files, kind):
    return "".join(f" {hashlib.new(kind, data).hexdigest()} {len(data)} {name}\n"
                   for name, data in sorted(files.items()))


def source(www, stem, parts):
    """Writes a source package; gives its paragraph of the index."""
    name, version = stem.split("_")
    upstream = version.rsplit("-", 1)[0]
    debian = {"changelog": changelog(name, version), **parts["debian"]}
    files = {f"{name}_{upstream}.orig.tar.xz": tar(f"{name}-{upstream}/", parts["orig"]),
             f"{stem}.debian.tar.xz": tar("debian/", debian)}
    fields = [line for line in debian["control"].split("\n\n")[0].splitlines() if not line.startswith("#")]
    depends, on = [], False
    for line in fields:
        on = line.startswith("Build-Depends") or (on and line.startswith(" "))
        depends += [line] if on else []
    binaries = ", ".join(line.split()[1] for line in debian["control"].splitlines()
                         if line.startswith("Package:")) or name
    head = f"Binary: {binaries}\nVersion: {version}\nMaintainer: A <a@example.org>\n"
    head += "".join(line + "\n" for line in depends) + "Architecture: any\n"
    dsc = f"Format: 3.0 (quilt)\nSource: {name}\n{head}"
    dsc += f"Checksums-Sha256:\n{sums(files, 'sha256')}Files:\n{sums(files, 'md5')}"
    files[f"{stem}.dsc"] = dsc.encode()
    letter = name[:4] if name.startswith("lib") else name[0]
    folder = parts.get("folder", f"pool/main/{letter}/{name}")
    for file, data in files.items():
        write(f"{www}/{folder}/{file}", data)
    return (f"Package: {name}\nFormat: 3.0 (quilt)\n{head}Directory: {folder}\n"
            f"Checksums-Sha256:\n{sums(files, 'sha256')}Files:\n{sums(files, 'md5')}\n")


def make(root, arch):
    www = f"{root}/www"
    lists = {"main/source/Sources": "".join(source(www, s, p) for s, p in PACKAGES.items()),
             f"main/binary-{arch}/Packages":
                 "".join(p.strip() + "\n" + FIELDS for p in
                         BINARIES.replace("amd64", arch).split("\n\n"))}
    for name, text in list(lists.items()):
        lists[name + ".gz"] = gzip.compress(text.encode(), mtime=0)
    release = f"Suite: test\nCodename: test\nComponents: main\nArchitectures: {arch}\n"
    release += "Date: Mon, 02 Nov 2026 09:30:00 UTC\nSHA256:\n"
    for name, text in lists.items():
        data = text if isinstance(text, bytes) else text.encode()
        release += f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}\n"
        write(f"{www}/dists/test/{name}", data)
    write(f"{www}/dists/test/Release", release)
    write(f"{www}/flat/Sources", "".join(source(f"{www}/flat", s, p) for s, p in FLAT.items()))


def settings(root, port, sources):
    for folder in ("lists/partial", "cache/archives/partial", "etc"):
        os.makedirs(f"{root}/apt/{folder}", exist_ok=True)
    line = f"[trusted=yes] http://127.0.0.1:{port} test main\n"
    write(f"{root}/apt/etc/test.list", f"deb {line}" + (f"deb-src {line}" if sources else ""))
    if sources:
        write(f"{root}/apt/etc/flat.list", f"deb-src [trusted=yes] http://127.0.0.1:{port}/flat ./\n")
    write(f"{root}/apt.conf", f"""Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{root}/apt/etc";
Dir::State::lists "{root}/apt/lists";
Dir::State::status "{root}/dpkg/status";
Dir::Cache "{root}/apt/cache";
APT::Sandbox::User "";
Acquire::http::Proxy "DIRECT";
Acquire::Languages "none";
""")


def installed(root, arch):
    """A copy of what dpkg knows, with packages of ours. The files of the others are found by way of
    links."""
    os.makedirs(f"{root}/dpkg", exist_ok=True)
    for name in os.listdir("/var/lib/dpkg"):
        if name != "status" and not os.path.lexists(f"{root}/dpkg/{name}"):
            os.symlink(f"/var/lib/dpkg/{name}", f"{root}/dpkg/{name}")
    shutil.copyfile("/var/lib/dpkg/status", f"{root}/dpkg/status")
    with open(f"{root}/dpkg/status", "a", encoding="utf-8") as f:
        for paragraph in BINARIES.replace("amd64", arch).split("\n\n"):
            if paragraph.split()[1] in INSTALLED:
                f.write("\nStatus: install ok installed\nMaintainer: A <a@example.org>\n"
                        "Description: x\n" + paragraph.strip() + "\n")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def main():
    root = os.path.abspath(sys.argv[1])
    arch = sys.argv[2]
    make(root, arch)
    installed(root, arch)
    handler = lambda *args: Quiet(*args, directory=f"{root}/www")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    settings(root, server.server_port, "--no-sources" not in sys.argv)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


main()
