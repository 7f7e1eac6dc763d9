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
contains "else the default counts" "$(reasons)" "real: not built before"
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

# ---- reasons that many share ----------------------------------------------------------------

for i in 1 2 3 4 5 6; do
	mkdir many$i
	echo "(library (name many$i))" >many$i/dune
	echo 'let x = 1' >many$i/many$i.ml
done
sed -i 's/(libraries clock/& many1 many2 many3 many4 many5 many6/' bin/dune
rm -r .respin
run respin plan
is "a reason that many share is told once" "$out" \
	"clock and 9 more                             not built before
site: 10 of 10 parts to rebuild (libraries, the image)"
run respin -v plan
is "... but each with -v" "$(echo "$out" | grep -c 'not built before')" 10
run respin --json plan
is "... and as JSON" "$(reasons | grep -c 'not built before')" 10
run respin build
for i in 1 2 3; do echo 'let x = 2' >many$i/many$i.ml; done
run respin plan
is "own reasons have lines of their own" "$out" \
	"many1                                        many1/many1.ml changed
many2                                        many2/many2.ml changed
many3                                        many3/many3.ml changed
site                                         needs many1 and 2 more, which are rebuilt
site: 4 of 10 parts to rebuild (libraries, the image)"
mkdir ../tools
ln -s /usr/bin/as ../tools/as
PATH=$scratch/tools:$PATH
run respin plan
is "another environment is one line" "$(echo "$out" | sed 's/.* more  *//')" \
	"PATH changed
site: 10 of 10 parts to rebuild (libraries, the image)"
cd ..

# ---- C code ---------------------------------------------------------------------------------

mkdir -p stubs/low stubs/mid stubs/top
cd stubs || exit 1
echo '(lang dune 2.9)' >dune-project
echo '(library (name low) (foreign_stubs (language c) (names low)))' >low/dune
echo 'external low : int -> int = "low"' >low/low.ml
printf '#include <caml/mlvalues.h>\n#include "low.h"\nvalue low(value x) { return x + LOW; }\n' >low/low.c
echo '#define LOW 0' >low/low.h
echo '(library (name mid) (libraries low))' >mid/dune
echo 'let mid = Low.low' >mid/mid.ml
echo '(executable (name main) (libraries mid))' >top/dune
echo 'let () = print_int (Mid.mid 7)' >top/main.ml
run respin --json build
is "an image with C code" "$status $("$(path)") $(json '["reused"]') of $(json '["parts"]')" "0 7 0 of 3"
# What dune runs has a program, and no command.
is "... names programs" "$(printf '%s' "$out" | python3 -c 'import json, sys
ran = json.load(sys.stdin)["ran"]
print(sorted({one.get("program") for one in ran} & {"ocamlc", "ocamlopt", "ocamlmklib"}),
	any("command" in one for one in ran))')" "['ocamlc', 'ocamlmklib', 'ocamlopt'] False"
sed -i 's/x + LOW/x + LOW + 2/' low/low.c
run respin --json plan
is "an edit of it compiles nothing of OCaml again" "$(reasons)" "low: low/low.c changed
top: needs low, whose C code is rebuilt"
run respin --json build
is "... and dune says so, too" "$("$(path)") $(json '["reused"]') of $(json '["parts"]')" "8 1 of 3"
lacks "... with its program" "$(json '["ran"]')" "ocamlc"
sed -i 's/0/2/' low/low.h
run respin --json plan
is "a header is C code" "$(reasons)" "low: low/low.h changed
top: needs low, whose C code is rebuilt"
sed -i 's/low : int/low: int/' low/low.ml
run respin --json plan
is "OCaml code is what others are compiled against" "$(reasons)" "low: low/low.ml changed
mid: needs low, which is rebuilt
top: needs mid, which is rebuilt"
run respin build
contains "what is built is counted in parts" "$out" "of 3 parts rebuilt, "

# ---- another image of the same libraries ----------------------------------------------------

sed -i 's/main/other/' top/dune
mv top/main.ml top/other.ml
echo '(library (name more))' >mid/dune.more
mkdir more
mv mid/dune.more more/dune
echo 'let more = 1' >more/more.ml
run respin --json plan other
is "what another image's build made is there" "$(reasons)" "other: not built before"
sed -i 's/libraries mid/& more/' top/dune
run respin --json plan other
is "... but not what it did not make" "$(reasons)" "more: not built before
other: not built before"
run respin --json build other
is "... and so it is built" "$(printf '%s' "$out" | python3 -c 'import json, sys
print(sorted({one["reason"] for one in json.load(sys.stdin)["ran"]}))') $(json '["reused"]') of $(json '["parts"]')" \
	"['more/more.ml is new', 'top/other.ml is new'] 2 of 4"
finish
