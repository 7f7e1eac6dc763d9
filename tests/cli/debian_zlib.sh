#!/bin/sh
# The distribution's own zlib: Debian's patches as commits, built by its debian/rules with an edit, and
# a package that is built with it while the machine's zlib stays as it is.
. "$(dirname "$0")/../lib.sh"

for program in dpkg-buildpackage dh bwrap; do
	command -v $program >/dev/null || skip_all "needs $program"
done
dpkg -s zlib1g-dev build-essential >/dev/null 2>&1 || skip_all "needs zlib1g-dev and build-essential"
run respin -q -C "$top" fetch zlib
[ "$status" = 0 ] || skip_all "zlib's source can't be had: $err"

mkdir -p .respin recipes/zlib recipes/tells tells/debian && echo '{}' >respin.json
cp -a "$top/.respin/sources" .respin/
[ ! -d "$top/.respin/downloads" ] || cp -a "$top/.respin/downloads" .respin/
source=$(python3 -c "import json; print(json.dumps(json.load(open('$top/recipes/zlib/recipe.json'))['source']))")
cat >recipes/zlib/recipe.json <<EOF2
{ "name": "zlib", "version": "1.2.13", "license": "Zlib", "source": $source,
  "build": { "debian": { "profiles": ["nocheck", "nobiarch"] } } }
EOF2
echo '{ "name": "tells", "version": "1", "license": "ISC", "source": [{ "path": "../../tells" }],
	"build": { "debian": {} } }' >recipes/tells/recipe.json

run respin overlay add zlib
[ "$status" = 0 ] || skip_all "zlib's archives can't be had: $err"
src=overlays/zlib/src
is "upstream, Debian's packaging, its patches" "$(git -C $src log --reverse --format=%s)" \
	"zlib 1.2.13
Debian's packaging, zlib 1:1.2.13.dfsg-1
cflags-for-minizip
use-dso-really"
is "the ids are the same on each machine" "$(git -C $src rev-parse --short=12 upstream)" 9db7bbdc5b7c

# Without that profile it needs more than most machines have, as README says.
if ! dpkg -s gcc-multilib >/dev/null 2>&1; then
	sed -i 's/, "nobiarch"//' recipes/zlib/recipe.json
	run respin build zlib
	exits "a build dependency that is missing" 1
	contains "... is named" "$err" "gcc-multilib"
	contains "... with what gets it" "$err" "as root: apt-get build-dep -P nocheck zlib"
	ok "... as README has it" grep -qF 'apt-get build-dep -P nocheck zlib' "$top/README.md"
	sed -i 's/"nocheck"/"nocheck", "nobiarch"/' recipes/zlib/recipe.json
fi

cat >tells/tells.c <<'EOF2'
#include <stdio.h>
#include <zlib.h>
int main(void)
{
	return printf("header %s, library %s\n", ZLIB_VERSION, zlibVersion()) < 0;
}
EOF2
cat >tells/debian/control <<'EOF2'
Source: tells
Maintainer: A <a@example.org>
Build-Depends: zlib1g-dev

Package: tells
Architecture: any
Depends: ${shlibs:Depends}
Description: tells zlib's version
 Text.
EOF2
cat >tells/debian/changelog <<'EOF2'
tells (1) unstable; urgency=medium

  * One.

 -- A <a@example.org>  Mon, 02 Nov 2026 09:30:00 +0100
EOF2
# The static library, and the shared one in the sandbox where it is built.
cat >tells/debian/rules <<'EOF2'
#!/usr/bin/make -f
build clean:
binary:
	mkdir -p debian/tells/usr/bin debian/tells/DEBIAN
	$(CC) -o debian/tells/usr/bin/tells tells.c -Wl,-Bstatic -lz -Wl,-Bdynamic
	$(CC) -o shared tells.c -lz && ./shared >debian/tells/usr/bin/shared
	dpkg-shlibdeps -Tdebian/substvars shared
	dpkg-gencontrol -ptells -Pdebian/tells
	dpkg-deb --root-owner-group --build debian/tells ..
EOF2
chmod +x tells/debian/rules

sed -i 's/#define ZLIB_VERSION "1.2.13"/#define ZLIB_VERSION "1.2.13-edited"/' $src/zlib.h
run respin plan zlib
contains "plan names who is built with it" "$out" "tells                    build-depends on zlib1g-dev"
run respin build --dependents zlib
exits "both are built" 0
debs=$(echo "$out" | grep debian/zlib-)
is "zlib's packages" "$(cd "$debs" && echo *_1.2.13.dfsg-1_*.deb | sed 's/_[^ ]*//g')" "zlib1g-dev zlib1g"
dpkg-deb -x "$(echo "$out" | grep debian/tells-)"/tells_1_*.deb out
is "what is built with it has the edit: the static library" "$(out/usr/bin/tells)" \
	"header 1.2.13-edited, library 1.2.13-edited"
is "... and the shared one" "$(cat out/usr/bin/shared)" "header 1.2.13-edited, library 1.2.13-edited"
ok "the machine's zlib is as it was" sh -c '! grep -q edited /usr/include/zlib.h'
run respin --json build --dependents zlib
is "again: nothing runs" "$(json '["ran"]')$(json '["dependents"][0]["ran"]')" "[][]"
finish
