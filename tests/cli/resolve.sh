#!/bin/sh
# respin resolve over all worlds: a dune project, OCaml's installed libraries, opam's repositories, the
# distribution; inside of a workspace and outside.
# shellcheck disable=SC2154 # $out, $err and $status are lib.sh's
. "$(dirname "$0")/../lib.sh"
export PATH="$RESPIN_BUILD:/usr/bin:/bin" OCAMLFIND_CONF=/etc/ocamlfind.conf
export OPAMROOT="$scratch/opam" DPKG_ROOT="$scratch/system" XDG_CACHE_HOME="$scratch/cache"
unset OCAMLPATH OPAM_SWITCH_PREFIX DPKG_ADMINDIR

# ask NAME...: sets $out, and $best: "kind, library, package, version, file:line" of the best candidate,
# absent parts as "-".
ask() {
	run respin --json resolve "$@"
	best=$(printf '%s' "$out" | python3 -c '
import json, sys
found = json.load(sys.stdin)["candidates"]
for k in found[:1]:
    place = (k["file"] or "-") + (":%d" % k["line"] if k["line"] else "")
    print(", ".join(k[part] or "-" for part in ("kind", "library", "package", "version")), place, sep=", ")
print("" if found else "nothing")' 2>&1)
}
# finds WHAT NAME EXPECTED
finds() {
	ask "$2"
	is "$1" "$best" "$3"
}
# A list of the best candidate.
list() {
	json "[\"candidates\"][0][\"$1\"]" | tr -d "[]',"
}

# ---- a system of its own --------------------------------------------------------------------------

admin=$DPKG_ROOT/var/lib/dpkg
lib=$DPKG_ROOT/usr/lib/x86_64-linux-gnu
mkdir -p "$admin/info" "$lib/pkgconfig" "$DPKG_ROOT/usr/include/sub" "$DPKG_ROOT/var/lib/apt/lists"
cat >"$admin/status" <<'E'
Package: libdemo1
Status: install ok installed
Architecture: amd64
Source: demo (1:2.0-1)
Version: 1:2.0-1+b1
Depends: libc6 (>= 2.14)

Package: libdemo-dev
Status: install ok installed
Architecture: amd64
Source: demo (1:2.0-1)
Version: 1:2.0-1+b1
Depends: libdemo1 (= 1:2.0-1+b1)

Package: user
Status: install ok installed
Architecture: all
Version: 3
Pre-Depends: libdemo-dev | nothing

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
E
printf '/.\n/usr/lib/x86_64-linux-gnu/libdemo.so.1.2\n' >"$admin/info/libdemo1:amd64.list"
cat >"$admin/info/libdemo-dev:amd64.list" <<'E'
/usr/include/demo.h
/usr/include/sub/demo.h
/usr/lib/x86_64-linux-gnu/libdemo.a
/usr/lib/x86_64-linux-gnu/pkgconfig/demo.pc
E
printf '/usr/bin/user\n' >"$admin/info/user.list"
echo 'int demo_open(void) { return 1; } int demo_size = 3; static int hidden(void) { return 2; }
	int demo_call(void) { return hidden(); }' >demo.c
build_demo() {
	gcc -fPIC -c -o demo.o demo.c && ar rcs "$lib/libdemo.a" demo.o &&
		gcc -shared -Wl,-soname,libdemo.so.1 -o "$lib/libdemo.so.1.2" demo.o
}
build_demo || skip_all "there is no compiler"
# shellcheck disable=SC2016 # is for pkg-config
printf 'prefix=/usr\nlibdir=${prefix}/lib\nName: demo\nDescription: a demonstration\nVersion: 2.0\n%s\n' \
	'Libs: -L${libdir} -ldemo' >"$lib/pkgconfig/demo.pc"

mkdir empty
cd empty || exit 1

finds "a header" demo.h "header, -, libdemo-dev, 1:2.0-1+b1, /usr/include/demo.h"
is "... its source" "$(list source)" "debian demo 1:2.0-1"
is "... who depends on it" "$(list dependents)" "user"
finds "a header in a folder" sub/demo.h \
	"header, -, libdemo-dev, 1:2.0-1+b1, /usr/include/sub/demo.h"
finds "a file's path" /usr/include/sub/demo.h \
	"header, -, libdemo-dev, 1:2.0-1+b1, /usr/include/sub/demo.h"
finds "a symbol: the shared library" demo_open \
	"symbol, libdemo.so.1, libdemo1, 1:2.0-1+b1, /usr/lib/x86_64-linux-gnu/libdemo.so.1.2"
contains "... says what exports it" "$(list evidence)" "libdemo.so.1.2 exports the symbol demo_open"
is "... and the static one" "$(json '["candidates"][1]["library"]')" "libdemo.a"
is "... dependents are transitive" "$(list dependents)" "libdemo-dev user"
finds "a variable" demo_size \
	"symbol, libdemo.so.1, libdemo1, 1:2.0-1+b1, /usr/lib/x86_64-linux-gnu/libdemo.so.1.2"
finds "not what a library hides" hidden "nothing"
finds "a source package" demo "source package, -, demo, 1:2.0-1, -"
contains "... beside the name of pkg-config" "$out" '"pkg-config name"'
contains "... and what it is linked with" "$out" "-L/usr/lib -ldemo"
finds "a library's name" libdemo \
	"library, libdemo.a, libdemo-dev, 1:2.0-1+b1, /usr/lib/x86_64-linux-gnu/libdemo.a"
run respin resolve libdemo
is "... of one source one answer, the rest in a line a package" "$(printf '%s\n' "$out" | grep -v '^  [a-z ]')" \
	"libdemo.a  library  /usr/lib/x86_64-linux-gnu/libdemo.a
also  libdemo1 1:2.0-1+b1: libdemo.so.1.2 (library)"
contains "... and how to see all of them" "$out" "(respin resolve --all libdemo tells all of each)"
lacks "... without images, where there can't be any" "$out" images
run respin resolve --all libdemo
contains "... all of each" "$out" "
libdemo.so.1.2  library  /usr/lib/x86_64-linux-gnu/libdemo.so.1.2
  library     libdemo.so.1.2"
mkdir -p ws/recipes/thing
echo '{}' >ws/respin.json
cat >ws/recipes/thing/recipe.json <<'E'
{"name": "thing", "version": "2.0", "license": "ISC", "source": [{"path": "."}, {"debian": "demo", "version": "1:2.0-1", "sha256":
"0000000000000000000000000000000000000000000000000000000000000000"}],
"build": {"objects": {"sources": ["*.c"]}}}
E
mkdir ws/recipes/far
printf '{"name": "far", "version": "1", "license": "ISC", "source": [{"url": "%s", "sha256": "%064d"}], %s}\n' \
	http://127.0.0.1:9/far.tgz 1 '"build": {"objects": {"sources": ["*.c"]}}' >ws/recipes/far/recipe.json
run respin -C ws resolve libdemo-dev
exits "a source that can't be had hides no answer from elsewhere" 0
contains "... but is told" "$err" "not looked at: source of far: "
run respin -C ws resolve no-such-name
exits "... where there is none it is an error" 3
rm -r ws/recipes/far
run respin -q -C ws --json resolve libdemo-dev
contains "what the workspace builds itself is told" "$out" \
	"the workspace builds that source as its package thing"
rm -r ws
finds "a library's file" libdemo.so.1.2 \
	"library, libdemo.so.1.2, libdemo1, 1:2.0-1+b1, /usr/lib/x86_64-linux-gnu/libdemo.so.1.2"
finds "a package" libdemo1 "package, -, libdemo1, 1:2.0-1+b1, -"
finds "not one that is not installed" gone "nothing"
exits "... which is a no" 1
run respin resolve demo_opem
contains "near misses" "$out" "near misses  demo_open"
contains "... and where it looked" "$out" "installed by the distribution: 3 packages"
contains "... and how there would be more" "$out" "apt-file update"

printf 'usr/include/far.h\tlibdevel/libfar-dev,other/libnear-dev\nusr/bin/x x/x\n%s\n' \
	'usr/lib/x86_64-linux-gnu/libfar.so   libdevel/libfar-dev' \
	>"$DPKG_ROOT/var/lib/apt/lists/mirror_dists_stable_main_Contents-amd64"
finds "a header of a package that is not installed" far.h \
	"header, -, libfar-dev, -, /usr/include/far.h"
is "... and how to install it" "$(json '["candidates"][0]["install"]')" "apt-get install libfar-dev"
is "... several may have it" "$(json '["candidates"][1]["package"]')" libnear-dev
run respin resolve far.h
contains "... and in words" "$out" "install     apt-get install libfar-dev"
finds "its library" libfar.so \
	"library, libfar.so, libfar-dev, -, /usr/lib/x86_64-linux-gnu/libfar.so"

# ---- what changed is seen -------------------------------------------------------------------------

sleep 0.1
printf '/usr/include/new.h\n' >"$admin/info/user.list.new"
mv "$admin/info/user.list.new" "$admin/info/user.list"
finds "a package that was upgraded" new.h "header, -, user, 3, /usr/include/new.h"
echo 'int demo_more(void) { return 1; }' >>../demo.c
gcc -fPIC -c -o ../demo.o ../demo.c && ar rcs "$lib/libdemo.a" ../demo.o
finds "a library that was built again" demo_more \
	"symbol, libdemo.a, libdemo-dev, 1:2.0-1+b1, /usr/lib/x86_64-linux-gnu/libdemo.a"
for kept in "$XDG_CACHE_HOME"/respin/index/*; do
	head -c 200 "$kept" >short
	cp short "$kept"
done
finds "an index that was cut off is made again" demo_open \
	"symbol, libdemo.so.1, libdemo1, 1:2.0-1+b1, /usr/lib/x86_64-linux-gnu/libdemo.so.1.2"
rm -rf "$XDG_CACHE_HOME"
for i in 1 2 3 4; do
	respin resolve demo_open >"many$i" 2>&1 &
done
wait
ok "several at once answer alike" sh -c 'cmp many1 many2 && cmp many2 many3 && cmp many3 many4'
contains "... and right" "$(cat many1)" "libdemo.so.1"
echo 'no status' >"$admin/status"
run respin resolve demo.h
exits "a broken status is an error" 3
contains "... with its place" "$err" "$admin/status:1"
rm "$admin/status"
finds "a system without dpkg has only what apt-file knows" demo.h nothing
unset DPKG_ROOT

# ---- OCaml: what is installed ---------------------------------------------------------------------

if ! command -v ocamlfind >/dev/null || ! command -v dune >/dev/null; then
	echo "# no OCaml here: the rest is not tested"
	finish
fi
finds "an installed module" Fmt "module, fmt, fmt, $(ocamlfind query -format %v fmt), $(ocamlfind query fmt)/fmt.mli"
contains "... the source package that it is of" "$(list source)" "debian ocaml-fmt "
contains "... who depends on it" "$(list dependents)" "logs.fmt"
contains "... by which file" "$(list evidence)" "fmt/META"
ask Lwt.bind
contains "what a module defines, with its line" "$best" "value, lwt, lwt, "
contains "... in the source that is there" "$best" "/lwt.mli:"
ask Ipaddr.V4.Prefix
contains "modules in modules" "$best" "module, ipaddr, ipaddr, "
finds "not what no module defines" Lwt.no_such_value nothing
run respin resolve Lwt.no_such_value
contains "... but its module is near" "$out" "near misses  Lwt
"
run respin resolve Lwt.No_such_module
lacks "... where it is written as a value" "$out" "near misses  Lwt
"
ask unix
contains "a package" "$best" "package, -, unix, "
contains "... and its library" "$out" '"library": "unix"'

# ---- opam's repositories --------------------------------------------------------------------------

repository=$scratch/repository/packages
for p in tcp.1 tcp.2 tcp.3~beta stack.1 web.1 apart.1; do
	mkdir -p "$repository/${p%%.*}/$p"
done
package() {
	printf 'opam-version: "2.0"\n%s\n' "$2" >"$repository/${1%%.*}/$1/opam"
}
package tcp.1 ''
package tcp.2 'url { src: "https://example.org/tcp-2.tbz" checksum: "sha256=00" }'
package tcp.3~beta 'flags: avoid-version'
package stack.1 'depends: ["tcp" {>= "2"}]'
package web.1 'depends: ["stack" {build}]'
package apart.1 'depends: ["other"]'
mkdir -p "$OPAMROOT/repo"
echo 'opam-version: "2.0"' >"$OPAMROOT/config"
echo 'repositories: "mine" {"https://example.org"}' >"$OPAMROOT/repo/repos-config"
ln -s ../../repository "$OPAMROOT/repo/mine"
run respin resolve Stack_tcp.Flow
contains "a module of a package that is not installed" "$out" \
	"modules of what is not installed are not known: stack may have it (opam install stack)"
run respin resolve Nothing.Like
contains "... or of none" "$out" "modules of what is not installed are not known
"
finds "a package, in its newest version" tcp "package, -, tcp, 2, -"
is "... and its source" "$(list source)" "https://example.org/tcp-2.tbz sha256=00"
contains "... from which repository" "$(list evidence)" "opam repository mine"
is "... who depends on it" "$(list dependents)" "stack web"
run respin resolve --dependents tcp
is "... one a line" "$out" "stack
web"
sleep 0.1
touch "$OPAMROOT/repo" # as opam does when it updates one
package apart.1 'depends: ["tcp"]'
ask tcp
is "... seen once it changes" "$(list dependents)" "apart stack web"
package tcp.2 'depends: ["other"'
ask tcp
is "a damaged opam file: the version before it" "$best" "package, -, tcp, 1, -"
file=$OPAMROOT/repo/mine/packages/tcp/tcp.2/opam
wrong="$file:3:1: expected a value or ']', found the end of the file"
contains "... which says that it is left out" "$(json '["candidates"][0]["evidence"]')" \
	"its version 2 is left out: $wrong"
is "... and what is wrong with it, as JSON" "$(json '["damaged"]')" "[{'package': 'tcp', 'version': \
'2', 'file': '$file', 'line': 3, 'column': 1, 'error': \"${wrong#*3:1: }\"}]"
warning="respin: warning: $wrong; tcp 2 is left out"
run respin resolve tcp
exits "... a warning beside the answer" 0
is "... in one line" "$err" "$warning"
run respin resolve tcp
is "... told again from what is kept" "$err" "$warning"
package tcp.1 'license: 3'
package tcp.3~beta 'x:
{'
ask tcp
is "several, and nothing that can be read: no version" "$best" "package, -, tcp, -, -"
contains "... for which reason" "$(list evidence)" "of its 3 versions none can be read"
run respin resolve tcp
contains "... the newest is told, and how many more" "$err" "/tcp.3~beta/opam:3:1: expected a value, found '{'; "
contains "... in a line" "$err" "; tcp 3~beta is left out (and 2 more: --json tells each)"
package tcp.1 ''
package tcp.2 ''
package tcp.3~beta 'flags: avoid-version'
package apart.1 "depends: $(head -c 100000 /dev/zero | tr '\0' '[')"
printf '\377\376o\0p\0' >"$repository/web/web.1/opam"
touch "$OPAMROOT/repo"
run respin resolve tcp
is "damaged files of others: no warning" "$err" ""
contains "... but in the answer" "$out" "its dependents are told without 2 opam files that can't be read"
run respin resolve --dependents tcp
is "... nor in a list of dependents, which is told" "$out $err" "stack respin: warning: \
$OPAMROOT/repo/mine/packages/apart/apart.1/opam:2:111: nested too deep: expected 100 levels at most; apart 1 \
is left out (and 1 more: --json tells each)"
ask tcp
is "... the wrong encoding" "$(json '["damaged"][1]["error"]')" \
	"byte 0xff outside of a string: expected printable ASCII there"
echo 'opam-version: "2.0' >"$OPAMROOT/config"
run respin resolve tcp
exits "of a broken root nothing is found" 1
contains "... which is told, with its place" "$err" "warning: not read: $OPAMROOT/config:1"
rm -r "$OPAMROOT"
run respin resolve no-such-package
contains "without a root that is told" "$out" "opam init"
cd ..

# ---- a dune project -------------------------------------------------------------------------------

sh "$top/tests/ocaml/workspace" "$scratch/work"
cd work || exit 1
cat >>dune-project <<'E'
(package (name older) (deprecated_package_names ancient))
E
cat >>bare/dune <<'E'
(deprecated_library_name (old_public_name older.wrapped) (new_public_name sample.wrapped))
E
lock_vended() {
	cat >sample.opam.locked <<'E'
opam-version: "2.0"
depends: [ "vended" {= "7.1" & ?vendor} ]
pin-depends: [ ["vended.7.1" "https://example.org/vended.tbz"] ]
x-opam-monorepo-duniverse-dirs: [ ["https://example.org/vended.tbz" "lib" ["sha256=00"]] ]
x-opam-monorepo-root-packages: ["sample"]
x-opam-monorepo-version: "0.3"
E
}
lock_vended
# Where and what everything is, but for what respin keeps of its own.
users() {
	find . -path ./.respin -prune -o -printf '%p %y %T@ %s\n' | grep -v '^\. ' | sort
}
before=$(users)
finds "a wrapped module" W.A "module, sample.wrapped, sample, 1.2, wrapped/a.ml"
contains "... as the compiler calls it" "$(list evidence)" "compiled as W__A"
is "... which images link it" "$(list images)" "gen tool top"
contains "... confirmed by dune" "$out" "confirmed by dune"
finds "by the compiler's name" W__A "module, sample.wrapped, sample, 1.2, wrapped/a.ml"
finds "by its last part" D2 "module, deep, -, -, deep/one/two/d2.ml"
finds "a library" sample.wrapped "library, sample.wrapped, sample, 1.2, wrapped/dune:1"
is "... who depends on it" "$(list dependents)" "bare"
finds "by dune's own name for it" w "library, sample.wrapped, sample, 1.2, wrapped/dune:1"
finds "by an old name" older.wrapped "library, sample.wrapped, sample, 1.2, wrapped/dune:1"
contains "... which is told" "$(list evidence)" "older.wrapped is an old name"
finds "a package" sample "package, -, sample, 1.2, dune-project:5"
finds "a source file" deep/one/c1.ml "source file, deep, -, -, deep/one/c1.ml"
finds "a generated module" G1 "module, bare, -, -, bare/g1.ml"
contains "... is named as such" "$(list evidence)" "generated by a rule"
ask Hidden
contains "a private module" "$best" "module, sample.wrapped"
contains "... is named as such" "$(list evidence)" "it is private"
ask Vm
is "a virtual module: its implementations" "$(list implementations)" "sample.virt-a"
contains "... and which is the default" "$(list evidence)" "sample.virt-a (the default)"
run respin --json resolve Vm
contains "... is found itself" "$out" "it implements the virtual library sample.virt"
finds "a vendored library" vended.sub "library, vended.sub, vended, 7.1, vendor/lib/dune:1"
is "... in the unit that an overlay replaces" "$(list unit)" "lib"
is "... from where the lock file says" "$(list source)" \
	"https://example.org/vended.tbz vendored in vendor/lib"
finds "an image" top "image, -, top, -, dune:5"
finds "... by what dune makes" top.exe "image, -, top, -, dune:5"
finds "... with its folder" bare/tool.exe "image, -, tool, -, bare/dune:2"
finds "... or without" tool.exe "image, -, tool, -, bare/dune:2"
finds "what a module of an image defines" Tool.x "value, -, tool, -, bare/tool.ml:1"
ask Re
contains "an installed library that it links is its own" "$best" "module, re, re, "
is "... with its image" "$(list images)" "gen tool top"
is "... in the project" "$(list world)" "project"
finds "a module from another folder" copied/../wrapped/a.ml \
	"source file, sample.wrapped, sample, 1.2, wrapped/a.ml"
cd wrapped || exit 1
finds "in a folder of the project" W.B "module, sample.wrapped, sample, 1.2, wrapped/b.ml"
finds "a file beside" ./b.ml "source file, sample.wrapped, sample, 1.2, wrapped/b.ml"
cd ..
is "nothing of the user's was changed" "$(users)" "$before"

sleep 0.1
echo 'let x = 1' >wrapped/fresh.ml
finds "a new module is seen" W.Fresh "module, sample.wrapped, sample, 1.2, wrapped/fresh.ml"
rm wrapped/fresh.ml
finds "... and that it went" W.Fresh nothing
echo '(library (name w)' >wrapped/dune.broken
mv wrapped/dune wrapped/dune.whole
mv wrapped/dune.broken wrapped/dune
run respin resolve D2
is "a broken dune file, which stops dune, is an error" "$status $out$err" \
	"3 respin: $PWD/wrapped/dune:1:1: expected a ')' that closes this '('"
mv wrapped/dune.whole wrapped/dune
mkdir ../tools
for tool in cat sed python3 head tr; do ln -s "$(command -v $tool)" ../tools/; done
run env PATH="$RESPIN_BUILD:$scratch/tools" respin --json resolve W.A
is "without dune its files are read" "$(json '["candidates"][0]["file"]')" wrapped/a.ml
contains "... which is told" "$out" "read from dune files"

# ---- sources that only the lock file names --------------------------------------------------------

mkdir -p ../upstream/src
echo '(lang dune 2.9)' >../upstream/dune-project
touch ../upstream/remote.opam
echo '(library (name remote) (public_name remote.core))' >../upstream/src/dune
echo 'module Inner = struct let x = 1 end' >../upstream/src/part.ml
git -C ../upstream init -q -b main
git -C ../upstream add -A
git -C ../upstream commit -qm first
commit=$(git -C ../upstream rev-parse HEAD)
lock() {
	cat >sample.opam.locked <<-E
	opam-version: "2.0"
	depends: [ "remote" {= "4.2" & ?vendor} "weak" {= "1" & ?vendor} ]
	pin-depends: [ ["remote.4.2" "$1"] ["weak.1" "https://example.org/weak.tbz"] ]
	x-opam-monorepo-duniverse-dirs: [ ["$1" "remote"] ["https://example.org/weak.tbz" "weak" ["md5=00"]] ]
	x-opam-monorepo-version: "0.3"
	E
}
lock "git+file://$scratch/no-such-repository#$commit"
finds "a source that can't be had is no error" Remote.Part nothing
contains "... is told" "$out" "remote of the lock file: not there; it can't be fetched: "
contains "... as is one without a good checksum" "$out" "weak of the lock file: not there; it has no SHA-256, SHA-512 or MD5 checksum"
sleep 0.1
lock "git+file://$scratch/upstream#$commit"
run respin -q resolve other.h
ok "a header's name fetches nothing" test ! -e .respin/sources/remote*
finds "a module of a source that is not pulled" Remote.Part "module, remote.core, remote, 4.2, src/part.ml"
is "... in which world" "$(list world)" lock
is "... in which unit" "$(list unit)" remote
finds "what it defines" Remote.Part.Inner "module, remote.core, remote, 4.2, src/part.ml:1"
finds "its package" remote "package, -, remote, 4.2, remote.opam:1"
echo 'x-opam-monorepo-duniverse-dirs: [ "remote" ]' >sample.opam.locked
run respin resolve Remote.Part
exits "a broken lock file is an error" 3
contains "... with its place" "$err" "sample.opam.locked:1"
rm -r .respin
lock_vended

# In a workspace of recipes that holds the project, too.
echo '{}' >../respin.json
mkdir ../recipes
finds "a project within a workspace" W.A "module, sample.wrapped, sample, 1.2, wrapped/a.ml"
run respin -C .. resolve W.A
contains "... is none outside of its folder" "$out" "nothing found"
rm -r ../respin.json ../recipes ../.respin

# Without the recipes that need mirage to have run, what the files say is still told.
mkdir ../unconfigured
(
	cd ../unconfigured || exit 1
	echo 'open Mirage' >config.ml
	echo '(lang dune 2.9)' >dune-project
	echo '(library (name inside))' >dune
	echo 'let x = 1' >inside.ml
)
cd ../unconfigured || exit 1
finds "a module of a project that was not configured" Inside "module, inside, -, -, inside.ml"
contains "... which is warned of" "$err" "looked up without the project's recipes"
contains "... with what to do" "$err" "run: mirage configure -t TARGET (unix, spt, hvt or virtio)"
finds "... also where nothing is found" No.Such.Module nothing
contains "... that is told" "$err" "run: mirage configure -t TARGET"
mkdir -p ../around/recipes/broken
mv ../unconfigured ../around/inner
echo '{}' >../respin.json # the folder that is now around this one
finds "... and within a workspace" Inside "module, inside, -, -, inside.ml"
contains "... that is told" "$err" "run: mirage configure -t TARGET"
echo '{' >../recipes/broken/recipe.json
run respin -C .. resolve Inside
exits "a broken recipe of the workspace stays an error" 3
cd "$scratch/work" || exit 1

# ---- C in a dune project ------------------------------------------------------------------------

mkdir -p ../stubs/vendor/fast/src/native ../stubs/vendor/fast/shared ../stubs/vendor/fast/late
cd ../stubs || exit 1
echo '(lang dune 2.9)' | tee dune-project >vendor/fast/dune-project
echo '(vendored_dirs vendor)' >dune
cat >>dune <<'E'
(executable (name main) (libraries fast.core) (foreign_stubs (language c) (names own)))
E
echo 'let () = ignore Core.x' >main.ml
echo 'int own_stub(void) { return 1; }' >own.c
touch vendor/fast/fast.opam
cat >vendor/fast/src/dune <<'E'
(include_subdirs unqualified)
(copy_files# ../shared/*.{c,h})
(library (name core) (public_name fast.core)
 (foreign_stubs (language c) (names core_stubs shared_stubs) (flags (:standard -O2)))
 (foreign_archives ../late/late))
E
echo 'let x = 1' >vendor/fast/src/core.ml
cat >vendor/fast/src/native/core_stubs.c <<'E'
#define CORE_MACRO 1
static int hidden_part(void) { return 1; }
#ifdef FAST
int caml_fast_core(int v) { return v; }
#else
int caml_fast_core(int v) { return v + hidden_part(); }
#endif
int caml_fast_elsewhere(void);
E
echo 'int caml_fast_other(void) { return 1; }' >vendor/fast/src/native/not_named.c
echo '#define X 1' >vendor/fast/src/native/core_stubs.h
echo 'int caml_fast_shared(void) { return 1; }' >vendor/fast/shared/shared_stubs.c
echo '(foreign_library (archive_name late) (language c) (names late_stubs))' >vendor/fast/late/dune
printf '\nint caml_fast_late(void) { return 1; }\n' >vendor/fast/late/late_stubs.c
native=vendor/fast/src/native
finds "a function of a stub" caml_fast_core "symbol, fast.core, fast, -, $native/core_stubs.c:4"
is "... in which image" "$(list images)" stubs
is "... in the unit that an overlay replaces" "$(list unit)" fast
contains "... says what it is" "$(list evidence)" "a stub in C of fast.core"
is "... once" "$(json '["candidates"][1:]')" "[]"
finds "... also a static one" hidden_part "symbol, fast.core, fast, -, $native/core_stubs.c:2"
finds "in files that are copied" caml_fast_shared "symbol, fast.core, fast, -, vendor/fast/shared/shared_stubs.c:1"
finds "in a library in C" caml_fast_late "symbol, fast.core, fast, -, vendor/fast/late/late_stubs.c:2"
finds "an image's own" own_stub "symbol, -, stubs, -, own.c:1"
finds "not what no stanza names" caml_fast_other nothing
finds "... nor is only declared" caml_fast_elsewhere nothing
finds "a header beside" core_stubs.h "source file, fast.core, fast, -, $native/core_stubs.h"
sleep 0.1
sed -i 1d $native/core_stubs.c
finds "a line that moved" caml_fast_core "symbol, fast.core, fast, -, $native/core_stubs.c:3"
run respin overlay add fast
echo 'int caml_fast_new(void) { return 1; }' >>overlays/fast/src/src/native/core_stubs.c
sed -i '1i/* one more line */' overlays/fast/src/src/native/core_stubs.c
finds "a new function in an overlay" caml_fast_new \
	"symbol, fast.core, fast, -, overlays/fast/src/src/native/core_stubs.c:9"
is "... which is told" "$(list overlay)" overlays/fast/src
finds "... where others have moved" caml_fast_core \
	"symbol, fast.core, fast, -, overlays/fast/src/src/native/core_stubs.c:4"
run env PATH="$RESPIN_BUILD:$scratch/tools" respin --json resolve caml_fast_core
contains "without ctags it is told how there would be symbols" "$out" "install it (Debian: universal-ctags)"

# ---- a switch that only OCAMLPATH names -----------------------------------------------------------

mkdir -p ../switched/src ../user ../switch/.opam-switch/packages/swapped.1.4
(
	cd ../switched || exit 1
	echo '(lang dune 2.9)' >dune-project
	echo 'opam-version: "2.0"' >swapped.opam
	echo '(library (public_name swapped) (foreign_stubs (language c) (names swapped_c)))' >src/dune
	echo 'let x = 1' >src/swapped.ml
	echo 'int caml_swapped(void) { return 1; }' >src/swapped_c.c
	dune build --root . @install && dune install --root . --prefix "$scratch/switch"
) >../install.log 2>&1
echo 'installed: ["swapped.1.4"]' >../switch/.opam-switch/switch-state
cat >../switch/.opam-switch/packages/swapped.1.4/opam <<E
opam-version: "2.0"
dev-repo: "git+https://example.org/some/repository.git"
url { src: "https://example.org/swapped.tbz" checksum: "sha256=$(printf x | sha256sum | cut -d' ' -f1)" }
E
echo '(lang dune 2.9)' >../user/dune-project
echo '(executable (name main) (libraries swapped))' >../user/dune
echo 'let () = print_int Swapped.x' >../user/main.ml
cd ../user || exit 1
export OCAMLPATH="$scratch/switch/lib"
finds "a library of a switch that is in OCAMLPATH alone" Swapped \
	"module, swapped, swapped, 1.4, $scratch/switch/lib/swapped/swapped.ml"
is "... in the unit that an overlay replaces" "$(list unit)" repository
is "... its source" "$(list source)" \
	"opam swapped.1.4 installed in the switch $scratch/switch from https://example.org/swapped.tbz"
git -C ../switched init -q -b dev
git -C ../switched add -A
git -C ../switched commit -qm pinned
mkdir -p ../switch/.opam-switch/overlay/swapped ../switch/.opam-switch/sources
git clone -q ../switched ../switch/.opam-switch/sources/swapped
cp ../switch/.opam-switch/packages/swapped.1.4/opam ../switch/released
echo 'url { src: "git+https://example.org/some/repository.git#dev" }' |
	tee ../switch/.opam-switch/packages/swapped.1.4/opam >../switch/.opam-switch/overlay/swapped/opam
sleep 0.1
touch ../switch/.opam-switch/switch-state
is "... of a pinned one" "$(cd .. && ask Swapped && list source)" \
	"opam swapped.1.4 installed in the switch $scratch/switch pinned to \
git+https://example.org/some/repository.git#dev at commit $(git -C ../switched rev-parse HEAD)"
rm -r ../switch/.opam-switch/overlay ../switch/.opam-switch/sources
mv ../switch/released ../switch/.opam-switch/packages/swapped.1.4/opam
sleep 0.1
touch ../switch/.opam-switch/switch-state
finds "a symbol of its C" caml_swapped \
	"symbol, swapped, swapped, 1.4, $scratch/switch/lib/swapped/libswapped_stubs.a"
is "... in which image" "$(list images)" user
rm -r ../switch/.opam-switch
finds "... that is no switch" Swapped "module, swapped, swapped, -, $scratch/switch/lib/swapped/swapped.ml"
is "... its source" "$(list source)" "installed in $scratch/switch/lib/swapped"
finds "... also outside of the project" ../switch/lib/swapped/swapped.ml \
	"source file, swapped, swapped, -, $scratch/switch/lib/swapped/swapped.ml"
is "... its source then" "$(cd .. && ask Swapped && list source)" "installed in $scratch/switch/lib/swapped"
unset OCAMLPATH
cd "$scratch/work" || exit 1

# ---- addresses --------------------------------------------------------------------------------------

echo 'let[@inline never] _hidden z = Sys.opaque_identity z' >>bare/tool.ml
ok "the project builds" dune build --root . ./bare/tool.exe
exe=_build/default/bare/tool.exe
address=$(nm "$exe" | sed -n 's/^\([0-9a-f]*\) [Tt] caml_alloc_string$/0x\1/p' | head -1)
ask --image "$exe" "$address"
contains "code of OCaml's runtime, of what is linked" "$best" "address, libasmrun.a"
is "... its function" "$(json '["candidates"][0]["module"]')" caml_alloc_string
entry=$(nm "$exe" | sed -n 's/^\([0-9a-f]*\) [Tt] camlDune__exe__Tool__entry$/0x\1/p')
ask --image "$exe" "$entry"
contains "code of a module" "$best" "address, -, tool, -, "
code=$(nm "$exe" | sed -n 's/^\([0-9a-f]*\) [Tt] camlStdlib__List__rev_[0-9]*$/0x\1/p')
ask --image "$exe" "$code"
contains "code of an installed library's module" "$best" "address, stdlib, stdlib, "
data=$(nm "$exe" | sed -n 's/^\([0-9a-f]*\) [Dd] camlStdlib__List$/0x\1/p')
ask --image "$exe" "$data"
contains "data of one" "$best" "address, stdlib, stdlib, "
is "... by its symbol" "$(json '["candidates"][0]["module"]')" camlStdlib__List
code=$(nm "$exe" | sed -n 's/^\([0-9a-f]*\) [Tt] camlDune__exe__Tool___hidden_[0-9]*$/0x\1/p')
ask --image "$exe" "$code"
is "a function whose name begins with _" "$best" "address, -, tool, -, bare/tool.ml:2"
code=$(nm "$exe" | sed -n 's/^\([0-9a-f]*\) [Tt] caml_curry2$/0x\1/p')
run respin resolve --image "$exe" "$code"
contains "what the compiler makes" "$out" "caml_curry2 is of OCaml's runtime: the compiler makes it"
address=$(nm "$exe" | sed -n 's/^\([0-9a-f]*\) [Tt] main$/0x\1/p')
run respin resolve --json --image "$exe" "$address"
is "main is no library's" "$(json '["candidates"][0]["library"]') $(json '["candidates"][0]["module"]')" "None main"
run respin resolve --image "$exe" 0x1
exits "an address of nothing is a no" 1
contains "... says where it looked" "$out" "its sections don't hold 0x1"
run respin resolve --image "$exe" nonsense
exits "what is no address is wrong usage" 2
contains "... is told so" "$err" "'nonsense' is no address"
run respin resolve --image "$exe" 0xffffffffffffffffff
exits "one of more than 64 bits, too" 2
contains "... is told so" "$err" "'0xffffffffffffffffff' is too long: an address has at most 64 bits"
run respin resolve --image dune-project 0x1
exits "what is no image is an error" 3
rm -r _build

# A workspace of recipes at the same root has its overlays.
echo '{}' >respin.json
mkdir -p recipes overlays/lib/src
echo '(data_only_dirs *)' >overlays/dune # hides them from dune
ask vended.sub
is "an overlay is told" "$(list overlay)" "overlays/lib/src"
cp -R vendor/lib/. overlays/lib/src/
sleep 0.1
printf 'let y = 2\nlet more = 3\n' >overlays/lib/src/vended.ml
finds "what is edited is found where it is edited" Vended.more \
	"value, vended.sub, vended, 7.1, overlays/lib/src/vended.ml:2"
sleep 0.1
echo 'let x = 1' >overlays/lib/src/added.ml
ask Vended.Added
contains "... and modules that are only there" "$best" "module, vended.sub, vended, 7.1, overlays/lib/src/added.ml"
contains "... confirmed by dune there, too" "$out" "confirmed by dune"
ok "what is known is kept in the workspace" sh -c 'ls .respin/index/project-*'
mkdir -p recipes/c/src
echo 'int in_c(void) { return 1; }' >recipes/c/src/w.c
cat >recipes/c/recipe.json <<'E'
{ "name": "c", "version": "1", "license": "ISC", "source": [{ "path": "src" }],
  "build": { "objects": { "sources": ["*.c"] } } }
E
finds "a symbol of a recipe" in_c "symbol, c.o, c, 1, w.c:1"
contains "what the project has is not looked for elsewhere" "$out" "(--all)"
run respin resolve --all in_c
lacks "... but with --all" "$out" "(--all)"
finish
