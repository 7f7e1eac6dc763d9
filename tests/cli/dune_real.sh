#!/bin/sh
# Real sources: Debian's lwt and re in a dune workspace; and, where RESPIN_MIRAGE names a folder with
# them (site, site-spt, plain; env.sh says which tools they need), MirageOS projects.
. "$(dirname "$0")/../lib.sh"
mirage=${RESPIN_MIRAGE:-}
PATH=$RESPIN_BUILD:/usr/bin:/bin
unset OCAMLPATH OCAMLFIND_CONF OPAM_SWITCH_PREFIX
command -v dune >/dev/null || skip_all "there is no dune"

path() { json '["path"]'; }
# packages: "NAME yes" for each whose bytes are in the image
packages() {
	printf '%s' "$out" | python3 -c 'import json,sys
for p in json.load(sys.stdin)["packages"]:
	print(p["name"], "yes" if p["size"] else "no")' 2>&1
}
# ran TEXT: the reason of the action whose output contains TEXT
ran() {
	printf '%s' "$out" | python3 -c 'import json,sys
for one in json.load(sys.stdin)["ran"]:
	if sys.argv[1] in one["output"]: print(one["reason"])' "$1" 2>&1 | tail -1
}
# same_as DIR: the user's files are those of the project that was copied
# shellcheck disable=SC2317 # ok calls it
same_as() { diff -r --no-dereference -x .respin -x overlays -x recipes -x respin.json -x _build "$1" .; }

# ---- Debian's sources -----------------------------------------------------------------------

mkdir -p debian/bin
cd debian || exit 1
echo '{}' >respin.json
echo '(lang dune 2.9)' >dune-project
echo '(vendored_dirs vendor)' >dune
echo '(executable (name main) (libraries re lwt.unix))' >bin/dune
cat >bin/main.ml <<'END'
let () =
  Lwt_main.run (Lwt_io.printl
    (String.concat "," (Re.matches (Re.compile (Re.rep1 Re.digit)) "a12b345")))
END
recipe re '"source": [{"debian": "ocaml-re", "version": "1.10.4-1",
	"sha256": "f14e5efa67ecc9c5ca19f9a9b5fe6f2f78b058ed6ff9bb5b169e91ecf347784f"}],
	"build": {"dune": {"place": "vendor/re"}}'
recipe lwt '"source": [{"debian": "lwt", "version": "5.6.1-1",
	"sha256": "739f01f39c99df0441522e0b06c3e5cbd60be2a5c7ef451f3c8c9b6b435fad96"}],
	"build": {"dune": {"place": "vendor/lwt"}}'
recipe app '"source": [{"path": "../../bin"}], "needs": ["re", "lwt"], "image": {"machine": "process"},
	"build": {"dune": {"place": "bin", "target": "bin/main.exe"}}'
run respin fetch re lwt
[ "$status" = 0 ] || skip_all "the packages' sources can't be had: $err"
mkdir -p vendor
cp -R .respin/sources/re-* vendor/re
cp -R .respin/sources/lwt-* vendor/lwt
find vendor -type f -exec sha256sum {} + | sort >../vendored
run respin --json build
is "vendored: it builds and runs" "$("$(path)")" "12,345"
run respin --json inspect
is "all packages have their bytes, also those whose dune files are programs" "$(packages)" "app yes
lwt yes
re yes"
run respin overlay add re
sed -i 's/^let digit = .*/let digit = rg '"'1' '4'"'/' overlays/re/src/lib/core.ml
ok "(the edit is one)" sh -c "! git -C overlays/re/src diff --quiet"
run respin --json build
is "an edit of re is in the image" "$("$(path)")" "12,34"
contains "... compiled where it stands in the workspace" "$(json '["ran"]')" "vendor/re/lib/.re.objs/"
run respin overlay add lwt
run respin -q build
echo 'let not_there_before = 1' >>overlays/lwt/src/src/core/lwt_list.ml
run respin --json plan
is "... and one of lwt, which dune describes" "$(json '["actions"][0]["reason"]')" \
	"src/core/lwt_list.ml changed"
run respin --json build
is "... reasons" "$(ran lwt_list.ml.d) | $(ran bin/main.exe)" \
	"src/core/lwt_list.ml changed | needs lwt, which is rebuilt"
find vendor -type f -exec sha256sum {} + | sort >../vendored.after
ok "the vendored folders are as they were" cmp ../vendored ../vendored.after
rm -r vendor overlays recipes/lwt
sed -i 's/, "lwt"//' recipes/app/recipe.json
sed -i 's/^.*vendored.*$//' dune
run respin overlay add re
sed -i 's/^let digit = .*/let digit = rg '"'1' '3'"'/' overlays/re/src/lib/core.ml
run respin --json build
is "installed: an overlay of re" "$("$(path)")" "12,3"
cd ..

# ---- MirageOS ---------------------------------------------------------------------------------

if [ -z "$mirage" ]; then
	ok "MirageOS projects # SKIP RESPIN_MIRAGE is not set" true
	finish
fi
# shellcheck source=/dev/null
. "$mirage/env.sh"
PATH=$RESPIN_BUILD:$PATH
# open PROJECT TARGET PLACE: a copy, with recipes for the image and for tcpip
open() {
	cp -a "$mirage/$1" "$1" && rm -rf "$1/_build" && cd "$1" || exit 1
	echo '{}' >respin.json
	recipe tcp-stack "\"source\": [{\"path\": \"../../$3\"}],
		\"build\": {\"dune\": {\"place\": \"$3\", \"packages\": [\"tcpip\"]}}"
	recipe image "\"source\": [{\"path\": \"../..\"}], \"needs\": [\"tcp-stack\"],
		\"build\": {\"dune\": {\"place\": \".\", \"target\": \"$2\", \"profile\": \"release\"}},
		\"image\": {\"machine\": \"process\"}"
	run respin overlay add tcp-stack
}
# edited PROJECT: builds, edits a line, builds again
edited() {
	run respin --json build image
	exits "$1 builds" 0
	is "$1: nothing is reused at first" "$(json '["reused"]')" 0
	run respin --json build image
	is "$1: nothing runs again" "$(json '["ran"]')" "[]"
	echo 'let one_line_more = 1' >>overlays/tcp-stack/src/src/tcp/window.ml
	run respin --json plan image
	is "$1: an edit is planned" "$(json '["actions"][0]["output"]') $(json '["actions"][0]["reason"]')" \
		"tcpip.tcp src/tcp/window.ml changed"
	run respin --json build image
	is "$1: ... and built" "$(ran native/tcp__Window.) | $(ran native/tcpip_stack_direct.)" \
		"src/tcp/window.ml changed | needs tcpip.tcp, which is rebuilt"
	run respin --json inspect image
	contains "$1: the image holds the stack" "$(packages)" "image yes
tcp-stack yes"
	run respin --json build --no-overlays image
	is "$1: the other side takes all from dune's cache" "$status $(json '["ran"]')$err" "0 []"
	ok "$1: the user's files are as they were" same_as "$mirage/$1"
	cd ..
}
open site dist/site duniverse/mirage-tcpip
edited site
open site-spt dist/site.spt duniverse/mirage-tcpip
edited site-spt
cd site-spt || exit 1
run respin --json build image
ok "site-spt: Solo5 takes the image" sh -c "solo5-elftool query-manifest '$(path)' | grep -q NET_BASIC"
cd ..
open plain bin/main.exe "$(cd "$mirage/plain" && ls -d vendor/mirage-tcpip*)"
edited plain
finish
