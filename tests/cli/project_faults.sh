#!/bin/sh
# Projects with files that dune can't read, and with folders that are missing: one error that says
# where and what, before dune runs; and none for what dune doesn't read either.
. "$(dirname "$0")/../lib.sh"
export OCAMLFIND_CONF="$scratch/findlib.conf" PATH="$RESPIN_BUILD:/usr/bin:/bin"
unset OCAMLPATH OPAM_SWITCH_PREFIX OPAMROOT OPAMSWITCH
command -v dune >/dev/null || skip_all "dune is not installed"
sed "s#^path=.*#path=\"$scratch/lib:/usr/lib/ocaml\"#" /etc/findlib.conf >"$OCAMLFIND_CONF" 2>/dev/null ||
	sed "s#^path=.*#path=\"$scratch/lib:/usr/lib/ocaml\"#" /etc/ocamlfind.conf >"$OCAMLFIND_CONF"

# fresh: a project that vendors lib, which its program links, and other, which nobody does.
fresh() {
	cd "$scratch" || exit 1
	rm -rf shop lib
	mkdir -p shop/vendor/lib shop/vendor/other shop/bin lib
	cd shop || exit 1
	echo '(lang dune 2.9)' >dune-project
	echo '(vendored_dirs vendor)' >dune
	echo '(executable (name main) (libraries lib))' >bin/dune
	echo 'let () = print_endline Lib.x' >bin/main.ml
	for each in lib other; do
		echo '(lang dune 2.9)' >vendor/$each/dune-project
		echo 'opam-version: "2.0"' >vendor/$each/$each.opam
		echo "(library (public_name $each))" >vendor/$each/dune
		echo 'let x = "x"' >vendor/$each/$each.ml
	done
}
# refused WHAT PLACE EXPECTED: plan ends with that, and nothing else.
refused() {
	run respin plan
	is "$1" "$status $out$(echo "$err" | head -1)" "3 respin: $PWD/$2: $3"
	is "... and that is all" "$(echo "$err" | wc -l)" 1
}

# ---- dune files -----------------------------------------------------------------------------

fresh
printf '(library (public_name lib)\n' >vendor/lib/dune
refused "a dune file that is cut off" vendor/lib/dune:1:1 "expected a ')' that closes this '('"
run respin --json plan
contains "... as JSON" "$err" "\"where\": \"$PWD/vendor/lib/dune:1:1\""
for command in build resolve try overlay; do
	case $command in
	resolve) run respin resolve Lib ;;
	try) run respin try --module Lib --patch x.patch ;;
	overlay) run respin overlay add lib ;;
	*) run respin $command ;;
	esac
	is "... for $command, too" "$status $err" \
		"3 respin: $PWD/vendor/lib/dune:1:1: expected a ')' that closes this '('"
done
echo '(library (public_name lib))' >vendor/lib/dune
run respin plan
exits "once it is mended all is well" 0
contains "... with its library" "$out" "lib "
fresh
printf '(library (name other) (synopsis "b' >vendor/other/dune
refused "one that nobody links stops dune, too" vendor/other/dune:1:33 \
	"expected a '\"' that ends this string"
fresh
printf '(library (public_name lib))\n' | iconv -t UTF-16LE | sed '1s/^/\xff\xfe/' >vendor/lib/dune
refused "UTF-16" vendor/lib/dune:1:1 'expected ASCII outside of "strings": other text is here'
printf '(library (public_name lib)\n (synopsis b\344r))' >vendor/lib/dune
refused "Latin-1" vendor/lib/dune:2:13 'expected ASCII outside of "strings": other text is here'
printf '(library (public_name lib) (synopsis "b\303\244r \344"))' >vendor/lib/dune
run respin plan
exits "in strings dune takes it" 0
printf '(library (public_name lib))\0' >vendor/lib/dune
refused "a zero byte" vendor/lib/dune:1:28 "expected text: a control character is here"
python3 -c 'print("(" * 100000 + ")" * 100000)' >vendor/lib/dune
refused "lists without end" vendor/lib/dune:1:201 "expected at most 200 lists within each other"
rm vendor/lib/dune && truncate -s 100G vendor/lib/dune
refused "a huge file" vendor/lib/dune:1:1 "expected a file of at most 64 MiB"
rm vendor/lib/dune && ln -s nowhere vendor/lib/dune
refused "a link that leads nowhere" vendor/lib/dune:1:1 \
	"open $PWD/vendor/lib/dune: No such file or directory"
rm vendor/lib/dune && mkfifo vendor/lib/dune
run timeout 20 respin plan
exits "a pipe is no dune file, for dune neither" 0
contains "... so there is no library" "$err" "1 library of this workspace's images is nowhere"
rm vendor/lib/dune
echo '(library (nam lib))' >vendor/lib/dune
refused "a library without a name" vendor/lib/dune:1:1 "expected a (name ...) or (public_name ...)"
echo 'library' >vendor/lib/dune
refused "no stanza" vendor/lib/dune:1:1 "expected a stanza: (NAME ...)"
printf '(library (public_name lib))\n(include more)\n' >vendor/lib/dune
refused "an included file that is not there" vendor/lib/dune:2:1 \
	"expected the file vendor/lib/more, which this includes"
echo '(include more)' >vendor/lib/more
refused "one that includes itself" vendor/lib/more:1:1 \
	"expected an end: files include each other in a circle"
echo '(subdir sub (include more))(library (public_name lib))' >vendor/lib/dune
mkdir vendor/lib/sub && : >vendor/lib/sub/more
run respin plan
exits "what a subfolder's stanzas include is there" 0

# ---- other files ----------------------------------------------------------------------------

fresh
: >vendor/lib/dune-project
refused "an empty dune-project" vendor/lib/dune-project:1:1 "expected '(lang dune VERSION)'"
fresh
echo '(lang dune 2.9' >dune-workspace
refused "dune-workspace" dune-workspace:1:1 "expected a ')' that closes this '('"
fresh
printf 'opam-version: "2.0"\nsynopsis: "a\n' >vendor/lib/lib.opam
refused "an opam file" vendor/lib/lib.opam:2:11 \
	"the string that begins here has no end: expected '\"'"
printf 'opam-version: "2.0"\nlicense: 3\n' >vendor/lib/lib.opam
refused "... that means nothing" vendor/lib/lib.opam:2:10 \
	"field 'license': expected a name"
: >vendor/lib/lib.opam
run respin plan
exits "an empty one is enough for dune" 0
mkdir ../lib/needed ../lib/idle
printf 'version = "1"\nrequires = \n' >../lib/needed/META
cp ../lib/needed/META ../lib/idle/META
run respin plan
exits "an installed META that nobody needs" 0
sed -i 's/libraries lib/libraries lib needed/' bin/dune
run respin plan
is "... and one that is needed" "$status $err" \
	"3 respin: $scratch/lib/needed/META:3:1: expected a value in double quotes"

# ---- what dune doesn't read -----------------------------------------------------------------

fresh
mkdir -p vendor/lib/test vendor/lib/data vendor/lib/.hidden vendor/lib/_old vendor/lib/src
for each in test data .hidden _old; do
	echo '(library' >vendor/lib/$each/dune
	echo '(lang' >vendor/lib/$each/dune-project
	echo 'license: [' >vendor/lib/$each/x.opam
	printf '\377\376' >vendor/lib/$each/META
done
echo '(dirs :standard \ test) (data_only_dirs data) (library (public_name lib))' >vendor/lib/dune
run respin plan
exits "broken files in folders that dune leaves out" 0
contains "... stop nobody" "$out" "2 parts to rebuild"
run respin build
exits "... as they don't stop dune" 0

# ---- overlays, and recipes by hand ----------------------------------------------------------

run respin overlay add lib
echo '(library (public_name lib)' >overlays/lib/src/dune
run respin plan
is "a dune file of an overlay" "$status $err" \
	"3 respin: overlays/lib/src/dune:1:1: expected a ')' that closes this '('"
run respin build
contains "... which dune tells of in a build" "$err" 'File "overlays/lib/src/dune"'
respin -q overlay drop -f lib 2>drop.err
rm -r drop.err
echo '(library' >vendor/other/dune
echo '{}' >respin.json
refused "with settings, too" vendor/other/dune:1:1 "expected a ')' that closes this '('"
recipe c '"source": [{"path": "../../bin"}], "build": {"objects": {"sources": ["*.c"]}}'
run respin plan c
contains "what dune doesn't build is not stopped" "$err" "only hand-written recipes count"

# ---- folders that a lock file names ---------------------------------------------------------

fresh
mkdir duniverse
mv vendor/lib duniverse/lib
echo '(vendored_dirs duniverse)' >dune
cat >shop.opam.locked <<'END'
opam-version: "2.0"
synopsis: "opam-monorepo generated lockfile"
depends: [
  "lib" {= "1.0" & ?vendor}
  "gone" {= "2.0" & ?vendor}
]
x-opam-monorepo-duniverse-dirs: [
  ["https://example.org/lib.tbz" "lib" ["sha256=0000000000000000000000000000000000000000000000000000000000000000"]]
  ["https://example.org/gone.tbz" "gone" ["sha256=0000000000000000000000000000000000000000000000000000000000000000"]]
]
x-opam-monorepo-version: "0.3"
END
run respin plan
is "a folder that the lock file names is missing" "$status $(echo "$err" | head -1)" \
	"3 respin: $PWD/shop.opam.locked: duniverse/gone is missing: this lock file names it"
contains "... what to do" "$err" "get it, in $PWD: opam-monorepo pull -l shop.opam.locked"
rm -r duniverse/lib
mkdir duniverse/lib
run strace -f -o ../trace -e trace=execve respin build
contains "empty ones, too" "$err" "duniverse/lib and duniverse/gone are missing"
is "... told before dune is started" "$(grep -c execve ../trace)" 1
run respin --json resolve --all no_such_thing
exits "resolve needs none of them" 1
mkdir -p duniverse/gone
rmdir duniverse/lib
cp -R vendor/other duniverse/lib
mv duniverse/lib/other.opam duniverse/lib/lib.opam
mv duniverse/lib/other.ml duniverse/lib/lib.ml
echo '(library (public_name lib))' >duniverse/lib/dune
echo 'read me' >duniverse/gone/README
run respin build
exits "once they are there it builds" 0
run respin --json inspect
contains "... and the image tells what the lock file names" "$(json '["packages"]')" \
	"'url https://example.org/lib.tbz sha256 $(printf '%064d' 0), vendored in duniverse/lib'"
respin overlay add lib >/dev/null
mv duniverse/lib ../away
for command in plan build "overlay list" "overlay add lib"; do
	# shellcheck disable=SC2086
	run respin $command
	is "missing under an open overlay: $command" "$status $(echo "$err" | head -1)" \
		"3 respin: $PWD/shop.opam.locked: duniverse/lib is missing: this lock file names it"
	contains "... what to do" "$err" "get it, in $PWD: opam-monorepo pull -l shop.opam.locked"
done
mv ../away duniverse/lib
respin overlay drop lib
rm -r duniverse
run respin plan
contains "all are missing" "$err" "duniverse/lib and duniverse/gone are missing"
lacks "... which is the whole story" "$err" warning
sed -i 's/(libraries lib)//' bin/dune
echo 'let () = ()' >bin/main.ml
run respin build
exits "who links nothing from there needs nothing pulled" 0

# ---- beside recipes by hand -----------------------------------------------------------------

fresh
mkdir -p recipes/c/src
echo '{}' >respin.json
echo '{ "name": "c", "version": "1", "license": "ISC", "source": [{ "path": "src" }],
	"build": { "objects": { "sources": ["*.c"] } } }' >recipes/c/recipe.json
echo 'int x;' >recipes/c/src/x.c
printf '(library (public_name lib)\n' >vendor/lib/dune
mkdir made
printf '(* -*- tuareg -*- *)\n' >made/dune
run respin --json resolve Other
exits "what can be read answers" 0
is "... what can't is told, and no program among it" "$(json '["unread"]')" \
	"[\"vendor/lib/dune:1:1: expected a ')' that closes this '('\"]"
run respin resolve Other
contains "... to a person, too" "$err" "not read: vendor/lib/dune:1:1: expected a ')'"

# ---- what only dune knows, and what dune does not --------------------------------------------

fresh
mkdir made
echo '(package (name shop))' >>dune-project
cat >made/dune <<'E'
(* -*- tuareg -*- *)
let () = Jbuild_plugin.V1.send {|(library (name made) (public_name shop.made))|}
E
echo 'let x = 1' >made/made.ml
run respin resolve Made
contains "a library of a dune file that is a program: its package" "$out" \
	"the library shop.made is of the package shop (made/dune)"
lacks "... for certain" "$out" "not certain"
echo '(melange.emit (target out))' >>dune
run respin resolve Lib
contains "where dune fails it is told that nothing is certain, and its own words" "$out" \
	"not certain: dune itself could not describe the project (dune:2: Unknown constructor melange.emit)"
run respin resolve Made
contains "... and which files were not read" "$out" "not looked into, being OCaml programs: made/dune"
finish
