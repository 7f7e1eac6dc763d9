#!/bin/sh
# respin resolve in opam's repositories: several together, what is chosen of a package's versions, and
# damaged files of the root.
# shellcheck disable=SC2154 # $out, $err and $status are lib.sh's
. "$(dirname "$0")/../lib.sh"
export PATH="$RESPIN_BUILD:/usr/bin:/bin" OCAMLFIND_CONF=/etc/ocamlfind.conf
export OPAMROOT="$scratch/root" DPKG_ROOT="$scratch/system" XDG_CACHE_HOME="$scratch/cache"
unset OCAMLPATH OPAM_SWITCH_PREFIX OPAMSWITCH DPKG_ADMINDIR
mkdir -p "$OPAMROOT/repo" empty
cd empty || exit 1

# package REPOSITORY NAME.VERSION [FIELDS]
package() {
	mkdir -p "$OPAMROOT/repo/$1/packages/${2%%.*}/$2"
	printf 'opam-version: "2.0"\n%s\n' "$3" >"$OPAMROOT/repo/$1/packages/${2%%.*}/$2/opam"
	touch "$OPAMROOT/repo"
}
# root FIELD...: its config.
root() {
	{
		echo 'opam-version: "2.0"'
		printf '%s\n' "$@"
	} >"$OPAMROOT/config"
}
# finds WHAT NAME EXPECTED: version and source of the best candidate.
finds() {
	run respin --json resolve "$2"
	best=$(printf '%s' "$out" | python3 -c '
import json, sys
for k in json.load(sys.stdin)["candidates"][:1]:
    print(k["version"], k["source"])' 2>&1)
	is "$1" "$best" "$3"
}

# ---- several repositories --------------------------------------------------------------------------
# opam takes them as one: the newest version of all, and of a version what the first one says.

cat >"$OPAMROOT/repo/repos-config" <<'E'
opam-version: "2.0"
repositories: [ "aaa" {"https://a"} "bbb" {"https://b"} "zzz" {"https://z"} ]
E
root 'repositories: ["zzz" "bbb" "aaa"]'
package aaa net.8.0.0+own 'dev-repo: "aaa"'
package aaa net.9.0 'dev-repo: "aaa"'
package bbb net.9.0 'dev-repo: "bbb"'
package bbb net.10.0 'dev-repo: "bbb"'
package bbb of-bbb.1 'depends: "net"'
package aaa of-aaa.1 'depends: "net"'
package aaa of-bbb.1 'depends: "net"'
package aaa of-aaa.2 "depends: \"net\""
package aaa of-all.2 "depends: \"net\""
package zzz net.9.00 'dev-repo: "zzz"'
package zzz other.1
finds "the newest version of all repositories" net "10.0 bbb"
is "... is one package" "$(json '["candidates"].__len__()')" 1
evidence=$(json '["candidates"][0]["evidence"]')
contains "... of one of them" "$evidence" \
	"net is a package of the opam repository bbb; others have it too: zzz, aaa"
contains "... whose versions count once" "$evidence" "of its 3 versions, 10.0 is the newest that fits"
finds "one of its versions, as opam writes it" net.9.0 "9.00 zzz"
is "... has its name" "$(json '["candidates"][0]["package"]')" net
contains "... and evidence" "$(json '["candidates"][0]["evidence"]')" \
	"of its 3 versions, 9.00 is the one asked for"
run respin --json resolve net.7
exits "a version that there is not" 1
contains "... has a near miss" "$(json '["near_misses"]')" "'net'"
run respin --json resolve net
is "... with the dependents of all" "$(json '["candidates"][0]["dependents"]')" "['of-aaa', 'of-all', 'of-bbb']"
rm -r "$OPAMROOT/repo/bbb/packages/net/net.10.0"
touch "$OPAMROOT/repo"
finds "of one version the first repository's counts" net "9.00 zzz"
root 'repositories: ["aaa" "bbb"]'
finds "... by their rank in the root" net "9.0 aaa"
lacks "... and those that it doesn't list are not asked" "$out" zzz
mkdir -p "$OPAMROOT/mine/.opam-switch" 
echo 'repositories: ["bbb" "aaa"]' >"$OPAMROOT/mine/.opam-switch/switch-config"
root 'repositories: ["aaa" "bbb"]' 'switch: "mine"'
finds "... or in the switch that is set" net "9.0 bbb"
root 'repositories: ["aaa" "bbb"]'
export OPAMSWITCH=mine
finds "... by the environment, too" net "9.0 bbb"
unset OPAMSWITCH
printf 'opam-version: "2.0"\nx' >"$OPAMROOT/repo/aaa/packages/net/net.9.0/opam"
touch "$OPAMROOT/repo"
finds "one that can't be read is not taken for another's" net "9.0 bbb"

# ---- which version ---------------------------------------------------------------------------------

root 'repositories: "aaa"'
package aaa sys.1 'flags: deprecated'
package aaa sys.2 'flags: avoid-version available: my-version = "2"'
package aaa sys.3 'available: my-version = "3"'
package aaa sys.4 'available: os = "win32"'
finds "an undefined variable makes nothing unavailable" sys "3 None"
root 'repositories: "aaa"' 'eval-variables: [ [my-version ["echo" "2"] "x"] [bad-version ["false"] "x"] ]'
finds "a variable of the root's is evaluated" sys "2 None"
contains "... what is to be avoided comes before what doesn't fit" \
	"$(json '["candidates"][0]["evidence"]')" \
	"of its 4 versions, 2 is the newest that fits this machine, though deprecated or to be avoided ("
root 'repositories: "aaa"' 'eval-variables: [ [my-version ["echo" "7"] "x"] ]'
finds "... each time" sys "1 None"
package aaa far.1 'available: false'
finds "where nothing fits: the newest" far "1 None"
contains "... which is told" "$(json '["candidates"][0]["evidence"]')" "though none fits this machine ("

# ---- damaged files ---------------------------------------------------------------------------------

package aaa net.8.0.0+own
: >"$OPAMROOT/repo/aaa/packages/net/net.9.0/opam"
touch "$OPAMROOT/repo"
finds "an empty opam file is none" net "8.0.0+own None"
run respin resolve net
contains "... and told" "$err" "net.9.0/opam:1:1: no format version: expected opam-version: \"2.0\""

root 'repositories: ["aaa" "bbb"]'
rm -r "$OPAMROOT/repo/bbb"
mkdir -p "$scratch/bbb/packages/net/net.11.0"
echo 'opam-version: "2.0"' >"$scratch/bbb/packages/net/net.11.0/opam"
tar -C "$scratch" -czf "$OPAMROOT/repo/bbb.tar.gz" bbb
finds "a packed repository" net "11.0 None"
head -c 100 "$OPAMROOT/repo/bbb.tar.gz" >part
cp part "$OPAMROOT/repo/bbb.tar.gz"
finds "a damaged one leaves the others" net "8.0.0+own None"
run respin resolve net
exits "... with a warning" 0
contains "... that names it" "$err" "respin: warning: not read: "
contains "... and what to do" "$err" \
	"the opam repository bbb is left out: delete $OPAMROOT/repo/bbb.tar.gz and run: opam update bbb"

mkdir -p "$DPKG_ROOT/var/lib/dpkg/info" "$DPKG_ROOT/usr/include"
printf 'Package: zlib\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n' \
	>"$DPKG_ROOT/var/lib/dpkg/status"
echo /usr/include/zlib.h >"$DPKG_ROOT/var/lib/dpkg/info/zlib.list"
touch "$DPKG_ROOT/usr/include/zlib.h"
for file in config repo/repos-config; do
	cp "$OPAMROOT/$file" whole
	echo 'opam-version: "2.0' >"$OPAMROOT/$file"
	run respin resolve zlib.h
	exits "a damaged $file: the other worlds answer" 0
	contains "... with what they have" "$out" "package     zlib 1"
	contains "... with a warning that tells the place" "$err" "warning: not read: $OPAMROOT/$file:1:15: "
	contains "... and what to do" "$err" \
		"what opam has is left out: restore the file, or move it away and run: opam init --reinit"
	run respin resolve net
	exits "... opam's own names are not found" 1
	cp whole "$OPAMROOT/$file"
done
touch file
XDG_CACHE_HOME=$PWD/file run respin resolve net
exits "an index that can't be kept is an answer" 0
contains "... with a warning" "$err" "what was read can't be kept, so it is read each time: create folder $PWD/file/"
rm file
rm "$OPAMROOT/config"
run respin resolve net
exits "a folder that is no root has nothing" 1
contains "... which is told" "$out" "it has no file 'config' (opam init)"
finish
