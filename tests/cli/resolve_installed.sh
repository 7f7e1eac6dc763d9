#!/bin/sh
# What is installed, with files that can't be read, that come and that go.
. "$(dirname "$0")/../lib.sh"
export OCAMLFIND_CONF="$scratch/findlib.conf" XDG_CACHE_HOME="$scratch/cache"
export DPKG_ROOT="$scratch/system" OPAMROOT="$scratch/opam"
unset OCAMLPATH OPAM_SWITCH_PREFIX OPAMSWITCH DPKG_ADMINDIR
lib=$scratch/lib
meta=$lib/foo/META
mkdir -p "$lib/foo" "$lib/bar" here
echo "path = \"$lib\"" >"$OCAMLFIND_CONF"
echo 'version = "3"' >"$lib/bar/META"
cd here || exit 1

# refused WHAT PLACE EXPECTED: the package foo, whose META is damaged, is not found, and why.
refused() {
	run respin resolve foo
	exits "$1: not found" 1
	is "... and why" "$err" "respin: warning: not read: $meta:$2: expected $3"
}

# ---- META files -----------------------------------------------------------------------------

printf 'version = "1.0\nx' >"$meta"
refused "a value without end" 1:11 "a '\"' that ends this value"
run respin --json resolve foo
contains "... as JSON" "$out" "\"$meta:1:11: expected a '\\\"' that ends this value\""
run respin resolve --dependents foo
contains "... asked for dependents" "$err" "not read: $meta:1:11"
printf 'package "a" (\n' >"$meta"
refused "a package without end" 2:1 "a variable, a package, or ')' that ends this package"
python3 -c 'print("package \"a\" (\n" * 100000)' >"$meta"
refused "packages without end" 33:14 "at most 32 packages within each other"
rm "$meta" && truncate -s 100M "$meta"
refused "a huge file" 1:1 "a file of at most 4 MiB"
rm "$meta"
for start in '\377\376v\000e\000r\000' '\357\273\277version = "1"' '\001\002\203\000'; do
	# shellcheck disable=SC2059
	printf "$start" >"$meta"
	refused "what is no text" 1:1 "a variable's name or 'package'"
done
run respin resolve bar
exits "what can be read answers" 0
contains "... with its version" "$out" "package     bar 3"
contains "... and what can't is told" "$err" "not read: $meta:1:1"
mkdir "$lib/more" "$lib/most"
echo '(' >"$lib/more/META"
echo '(' >"$lib/most/META"
run respin resolve more
is "its own file is the one to be told" "$err" "respin: warning: not read: $lib/more/META:1:1: \
expected a variable's name or 'package' (and 2 more: --json tells each)"
rm -r "$lib/more" "$lib/most"

# ---- the compiler's files -------------------------------------------------------------------

printf 'version = "1"\narchive(byte) = "foo.cma"\n' >"$meta"
echo nothing >"$lib/foo/foo.cma"
run respin resolve foo
exits "a library with a damaged archive" 0
contains "... which is told" "$err" "not read: $lib/foo/foo.cma: "
rm "$lib/foo/foo.cma"

# ---- in a project ---------------------------------------------------------------------------

mkdir -p ../shop && cd ../shop || exit 1
echo '(lang dune 2.9)' >dune-project
echo '(library (name shop))' >dune
echo 'let x = 1' >shop.ml
echo '(' >"$meta"
run respin resolve Shop
exits "a project beside a damaged library" 0
contains "... which is told" "$err" "not read: $meta:1:1: expected a variable's name or 'package'"
run respin resolve foo
exits "... and asked for" 1
is "... told once" "$err" \
	"respin: warning: not read: $meta:1:1: expected a variable's name or 'package'"

# ---- tests of a project ---------------------------------------------------------------------

cat >>dune <<'D'
(test (name check) (modules check helper))
(tests (names one two) (modules one two both))
(melange.emit (target out) (modules script))
D
sed -i 's/(name shop)/(name shop) (modules shop inner)/' dune
for module in check helper one two both script inner; do echo 'let y = 1' >$module.ml; done
for name in Helper Both Two Script helper.ml check.exe; do
	run respin --json resolve $name
	exits "of a test: $name" 0
	is "... which is no image" "$(echo "$out" | grep -c '"images": \[\]')" 1
done
run respin resolve Helper
contains "... and of which" "$out" "Helper is a module of the test check itself"
run respin resolve Shop.Inner
contains "what the library's own module does not name" "$out" \
	"it is private, as far as the text of Shop tells"
lacks "... is no guess about the library" "$out" guess
echo 'module Leaf = struct module Deep = struct let x = 1 end end' >inner.ml
for name in Shop.Inner.Leaf.Deep Inner.Leaf.Deep Inner.Leaf; do
	run respin resolve $name
	contains "what a module defines, as $name" "$out" "Shop.Inner.Leaf"
done
cd ../here || exit 1

# ---- what comes and goes --------------------------------------------------------------------

echo 'version = "1"' >"$meta"
run respin resolve foo
exits "a package that was installed" 0
rm "$meta"
run respin resolve foo
exits "... removed" 1
echo 'version = "2"' >"$meta"
run respin resolve foo
exits "... and installed again" 0
contains "... as another version" "$out" "package     foo 2"

# ---- what is kept ---------------------------------------------------------------------------

for kept in "$XDG_CACHE_HOME"/respin/index/ocaml-*; do
	python3 - "$kept" <<'P'
import sys
kept = sys.argv[1]
whole = open(kept, "rb").read()
assert b"\0foo\0" in whole
open(kept, "wb").write(whole.replace(b"\0foo\0", b"\0fop\0"))
P
done
run respin resolve foo
exits "an index whose bytes were changed is made again" 0
mkdir -p "$scratch/c/recipes/c/src" && cd "$scratch/c" || exit 1
echo '{}' >respin.json
recipe c '"source": [{ "path": "src" }], "build": { "objects": { "sources": ["*.c"] } }'
echo 'int c_of_mine(void) { return 1; }' >recipes/c/src/c.c
run respin resolve c_of_mine
exits "a symbol of a recipe" 0
for kept in .respin/index/c-*; do
	sed -i 's/c_of_mine/c_of_nine/' "$kept"
done
run respin resolve c_of_mine
exits "... whose index was damaged" 0
cd ../here || exit 1
touch "$scratch/full"
run env XDG_CACHE_HOME="$scratch/full" respin resolve foo
is "one that can't be kept: an answer, and one warning" "$status $err" "0 respin: warning: what was read \
can't be kept, so it is read each time: create folder $scratch/full/respin/index: Not a directory"

# ---- the distribution's C -------------------------------------------------------------------

admin=$DPKG_ROOT/var/lib/dpkg
usr=$DPKG_ROOT/usr/lib/x86_64-linux-gnu
mkdir -p "$admin/info" "$usr" "$DPKG_ROOT/lib/x86_64-linux-gnu" "$DPKG_ROOT/usr/lib/ocaml/caml"
for package in libasan8 libc6 ocaml; do
	printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n' "$package"
done >"$admin/status"
echo 'int printf(void) { return 1; }' >printf.c
gcc -fPIC -fno-builtin -shared -Wl,-soname,libc.so.6 \
	-o "$DPKG_ROOT/lib/x86_64-linux-gnu/libc.so.6" printf.c || skip_all "there is no compiler"
gcc -fPIC -fno-builtin -shared -Wl,-soname,libasan.so.8 -o "$usr/libasan.so.8" printf.c
echo /usr/lib/x86_64-linux-gnu/libasan.so.8 >"$admin/info/libasan8:amd64.list"
echo /lib/x86_64-linux-gnu/libc.so.6 >"$admin/info/libc6:amd64.list"
echo /usr/lib/ocaml/caml/mlvalues.h >"$admin/info/ocaml:amd64.list"
run respin resolve --all printf
is "the C library comes before what is put before it" "$(echo "$out" | grep '  package')" \
	"  package     libc6 1
  package     libasan8 1"
contains "... and the rank says why" "$out" "the C library has it, too -5"
for name in caml/mlvalues.h mlvalues.h; do
	run respin resolve $name
	exits "a header outside of /usr/include, as $name" 0
	contains "... with how it is included" "$out" \
		"with -I/usr/lib/ocaml, #include <caml/mlvalues.h> finds /usr/lib/ocaml/caml/mlvalues.h"
done

# ---- dependents of what several worlds have ---------------------------------------------------

printf 'requires = "foo"\narchive(byte) = "bar.cma"\n' >"$lib/bar/META"
repository=$scratch/repository/packages
for package in foo user last; do
	mkdir -p "$repository/$package/$package.1"
	echo 'opam-version: "2.0"' >"$repository/$package/$package.1/opam"
done
echo 'opam-version: "2.0"' >"$scratch/repository/repo"
echo 'depends: ["foo"]' >>"$repository/user/user.1/opam"
echo 'depends: ["user"]' >>"$repository/last/last.1/opam"
mkdir -p "$OPAMROOT/repo"
echo 'opam-version: "2.0"' >"$OPAMROOT/config"
echo 'repositories: "mine" {"https://example.org"}' >"$OPAMROOT/repo/repos-config"
ln -s ../../repository "$OPAMROOT/repo/mine"
run respin resolve --dependents foo
is "all that could be installed" "$out" "last
user"
contains "... and where else the name is" "$err" "others have the name, too (installed 1)"
run respin resolve --all --dependents foo
is "all worlds, each with its name" "$out" "installed bar
opam last
opam user"
digest=0123456789abcdef$(printf '%0112d' 0)
printf 'url { src: "https://example.org/last.tbz" checksum: "sha512=%s" }\n' "$digest" \
	>>"$repository/last/last.1/opam"
sleep 0.1
touch "$OPAMROOT/repo"
run respin resolve last
contains "a long digest is shortened" "$out" "last.tbz, sha512=0123456789ab...
"
run respin --json resolve last
contains "... but in JSON" "$out" "sha512=$digest"
rm -r "$OPAMROOT"
run respin resolve --dependents foo
is "without a repository what is installed" "$out$err" bar

# ---- addresses in what is stripped ----------------------------------------------------------

stripped=$DPKG_ROOT/lib/x86_64-linux-gnu/libc.so.6
address=0x$(nm -D "$stripped" | sed -n 's/ T printf$//p')
strip "$stripped"
run respin resolve --image "$stripped" "$address"
exits "an address of a stripped library" 0
contains "... its function is what it exports" "$out" "printf  address"
contains "... its library" "$out" "library     libc.so.6"
contains "... its package" "$out" "package     libc6 1"
contains "... and source" "$out" "source      debian libc6 1"
echo 'static int kept = 7; int main(void) { return kept; }' >main.c
gcc -o main main.c
address=0x$(nm main | sed -n 's/ t _init$//p;s/ T _init$//p')
data=0x$(nm main | sed -n 's/ d kept$//p')
run respin resolve --image main "$data"
contains "data has its symbol, too" "$out" "0x0 bytes into kept, data of section .data"
strip main
run respin resolve --image main "$address"
exits "a stripped program of nobody's: nothing is known" 1
contains "... and why" "$out" "in no function: the file has no symbols there, it is stripped"
finish
