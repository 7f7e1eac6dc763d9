#!/bin/sh
# Overlays of packages that are installed and not a part of the dune workspace.
. "$(dirname "$0")/../lib.sh"
PATH=$RESPIN_BUILD:/usr/bin:/bin
unset OCAMLFIND_CONF OPAM_SWITCH_PREFIX
command -v dune >/dev/null || skip_all "there is no dune"

# library NAME REQUIRES TEXT: its source, and the library installed from it
library() {
	mkdir -p "sources/$1"
	( cd "sources/$1" || exit 1
	printf '(lang dune 2.9)\n(name %s)\n(package (name %s))\n' "$1" "$1" >dune-project
	printf '(library (name %s) (public_name %s) (libraries %s))\n' "$1" "$1" "$2" >dune
	echo "$3" >"$1.ml"
	mkdir extra
	printf '(library (name %s_extra) (public_name %s.extra))\n' "$1" "$1" >extra/dune
	echo 'let extra = "extra"' >"extra/$1_extra.ml"
	dune build --root . @install && dune install --root . --prefix "$scratch/installed" &&
		rm -rf _build ) >"$1.out" 2>&1 || { cat "$1.out" >&2; exit 1; }
}
path() { json '["path"]'; }
planned() {
	respin --json plan | python3 -c 'import json, sys
for one in json.load(sys.stdin)["actions"]:
	print(one["output"] + ": " + one["reason"])'
}

export OCAMLPATH="$scratch/installed/lib"
library low '' 'let word = "low"'
library middle low 'let word = Low.word ^ " middle"'
library aside '' 'let word = "aside"'
library user middle.extra 'let word = Middle_extra.extra'
mkdir -p site/bin
cd site || exit 1
echo '{}' >respin.json
echo '(lang dune 2.9)' >dune-project
echo '(executable (name main) (libraries middle aside user))' >bin/dune
echo 'let () = print_endline (Middle.word ^ " " ^ Aside.word ^ " " ^ User.word)' \
	>bin/main.ml
recipe low '"source": [{"path": "../../../sources/low"}], "build": {"dune": {"place": "vendor/low"}}'
recipe app '"source": [{"path": "../../bin"}], "needs": ["low"], "image": {"machine": "process"},
	"build": {"dune": {"place": "bin", "target": "bin/main.exe"}}'

run respin --json build
is "with what is installed" "$("$(path)")" "low middle aside extra"
run respin --json inspect
is "installed packages have sizes" "$(printf '%s' "$out" | python3 -c 'import json,sys
for p in json.load(sys.stdin)["packages"]:
	if p["name"] == "low": print(p["size"] > 0)')" True
run respin overlay add low
run respin build
exits "a package that was compiled against the installed one has no recipe" 3
contains "... and is named" "$err" "middle, which is installed, can't be built anew: there is no recipe for it"
mkdir ../plain
echo 'all:' >../plain/Makefile
recipe middle '"source": [{"path": "../../../plain"}], "build": {"dune": {"place": "vendor/middle"}}'
run respin build
exits "its source has no dune files" 3
contains "... and that is said" "$err" "middle can't be built with the image: its source has no dune files"
recipe middle '"source": [{"path": "../../../sources/middle"}], "build": {"dune": {"place": "vendor/middle"}}'
run respin build
exits "with a source it is added" 3
contains "... and what uses another library of that source must be, too" "$err" \
	"user, which is installed, can't be built anew: there is no recipe for it"
recipe user '"source": [{"path": "../../../sources/user"}], "build": {"dune": {"place": "vendor/user"}}'
is "a plan tells what was installed before, not each file" "$(planned)" \
	"low: low is overlaid now; it was installed
middle: middle is built from source now; it was installed
middle.extra: middle is built from source now; it was installed
user: user is built from source now; it was installed
app: needs middle and 1 more, which are rebuilt"
echo 'let more = 1' >overlays/low/src/more.ml
contains "... but a file that the released source has not" "$(planned)" "low: more.ml is new"
rm overlays/low/src/more.ml
sed -i 's/"low"/"Low"/' overlays/low/src/low.ml
contains "... and one that differs from it" "$(planned)" "low: low.ml changed"
git -C overlays/low/src checkout -q .
run respin --json build
exits "with sources all are added" 0
is "... for that reason" "$(printf '%s' "$out" | python3 -c 'import json, sys
print(sorted({one["reason"] for one in json.load(sys.stdin)["ran"] if one["package"] == "low"}))')" \
	"['low is overlaid now; it was installed']"
is "... as vendored folders" "$(ls .respin/dune/with/respin-vendor)" "dune
low
middle
user"
is "the overlay is without effect yet" "$("$(path)")" "low middle aside extra"
sed -i 's/"low"/"LOW"/' overlays/low/src/low.ml
run respin --json plan
is "the edit's way is planned" "$(printf '%s' "$out" | python3 -c 'import json, sys
for one in json.load(sys.stdin)["actions"]:
	print(one["output"] + ": " + one["reason"])')" "low: low.ml changed
middle: needs low, which is rebuilt
app: needs middle, which is rebuilt"
run respin --json build
is "... and taken" "$("$(path)")" "LOW middle aside extra"
lacks "what is not concerned stays installed" "$(ls .respin/dune/with/respin-vendor)" aside
echo 'let more = 1' >>../sources/middle/middle.ml
run respin --json build
contains "a changed source of a dependent is noticed" "$(json '["ran"]')" "middle.ml changed"
run respin --json build
is "nothing runs again" "$(json '["ran"]')" "[]"
mkdir respin-vendor
echo '(lang dune 2.9)' >respin-vendor/dune-project
run respin --json build
is "a folder of the user's has the name of ours" "$("$(path)") $(ls -d .respin/dune/with/respin-*)" \
	"LOW middle aside extra .respin/dune/with/respin-vendor
.respin/dune/with/respin-vendor-1"
run respin --json build --no-overlays
is "without overlays nothing is added" "$("$(path)") $(ls -d .respin/dune/without/respin-vendor*)" \
	"low middle aside extra .respin/dune/without/respin-vendor"
rm -r respin-vendor
sed -i 's/"needs": \["low"\]/"needs": ["low", "user"]/' recipes/app/recipe.json
run respin overlay add user
run respin --json build
exits "two overlays" 0
run respin overlay drop --force low
is "of one that is dropped the package is told, and what came with it" "$(planned)" \
	"user: middle is not built from source any more
app: needs user, which is rebuilt"
run respin --json build
is "... and the installed ones are linked again" "$("$(path)")" "low middle aside extra"
contains "... for that reason" "$(json '["ran"]')" "middle is not built from source any more"
run respin --json build
is "... once" "$(json '["ran"]')" "[]"
finish
