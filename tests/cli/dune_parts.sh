#!/bin/sh
# What an image is made of, and how a plan tells it: default implementations, and reasons that many
# share.
. "$(dirname "$0")/../lib.sh"
PATH=$RESPIN_BUILD:/usr/bin:/bin
unset OCAMLPATH OCAMLFIND_CONF OPAM_SWITCH_PREFIX
command -v dune >/dev/null || skip_all "there is no dune"

path() { json '["path"]'; }
reasons() {
	printf '%s' "$out" | python3 -c 'import json, sys
for one in json.load(sys.stdin)["actions"]:
	print(one["output"] + ": " + one["reason"])' 2>&1
}

# ---- virtual libraries ----------------------------------------------------------------------

mkdir -p site/clock site/real site/fake site/zone site/bin
cd site || exit 1
echo '(lang dune 2.9)' >dune-project
echo '(library (name clock) (virtual_modules clock) (default_implementation real))' >clock/dune
echo 'val now : unit -> string' >clock/clock.mli
echo '(library (name real) (implements clock) (libraries zone))' >real/dune
echo 'let now () = Zone.name' >real/clock.ml
echo '(library (name zone))' >zone/dune
echo 'let name = "real"' >zone/zone.ml
echo '(library (name fake) (implements clock))' >fake/dune
echo 'let now () = "fake"' >fake/clock.ml
echo '(executable (name main) (libraries clock fake))' >bin/dune
echo 'let () = print_endline (Clock.now ())' >bin/main.ml
run respin --json plan
is "a default that another implementation replaces is no part of the image" "$(reasons)" \
	"clock: not built before
fake: not built before
site: not built before"
run respin --json build
is "of a first build nothing is reused" "$(json '["reused"]') $("$(path)")" "0 fake"
run respin --json build
is "... of the next one all" "$(json '["reused"]')" 3
sed -i 's/fake//' bin/dune
run respin --json plan
contains "else the default counts" "$(reasons)" "real: needs zone"
run respin --json build
is "... in the image" "$("$(path)")" real
is "... with what it needs" "$(respin --json build | python3 -c 'import json,sys; print(json.load(sys.stdin)["reused"])')" 4
sed -i 's/"real"/"other"/' zone/zone.ml
run respin --json plan
is "a change reaches the image through it" "$(reasons)" "zone: zone/zone.ml changed
real: needs zone, which is rebuilt
site: needs real, which is rebuilt"
run respin --json build
is "... and does" "$("$(path)")" other
finish
