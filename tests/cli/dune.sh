#!/bin/sh
# A dune workspace: overlays in the place of its folders, dune's work told with reasons, the user's
# files left alone.
. "$(dirname "$0")/../lib.sh"
PATH=$RESPIN_BUILD:/usr/bin:/bin
unset OCAMLPATH OCAMLFIND_CONF OPAM_SWITCH_PREFIX
command -v dune >/dev/null || skip_all "there is no dune"

unit() {
	recipe "$1" "\"source\": [{\"path\": \"../../vendor/$1\"}], \"needs\": [$2],
		\"build\": {\"dune\": {\"place\": \"vendor/$1\"}}"
}
# reasons: "OUTPUT: REASON" lines of what ran, or is planned
reasons() {
	printf '%s' "$out" | python3 -c 'import json, sys
answer = json.load(sys.stdin)
for one in answer.get("ran", answer.get("actions")):
	print(one["output"] + ": " + one["reason"])' 2>&1
}
# untouched: the sum of all that is the user's
untouched() {
	find . -path ./.respin -prune -o -path ./overlays -prune -o -type f -print | sort |
		xargs -d '\n' sha256sum | sha256sum
}

mkdir -p site/vendor/greet/src site/vendor/shout site/bin "site/vendor/odd name"
cd site || exit 1
echo '{}' >respin.json
echo '(lang dune 2.9)' >dune-project
echo '(vendored_dirs vendor)' >dune
echo '(library (name greet))' >vendor/greet/src/dune
echo 'let words = ["Hello"]' >vendor/greet/src/words.ml
echo 'let hello () = String.concat " " Words.words' >vendor/greet/src/hello.ml
echo 'let kept = [1]' >vendor/greet/src/apart.ml
echo 'let first = List.hd Apart.kept' >vendor/greet/src/beside.ml
echo 'read me' >vendor/greet/README
echo '(library (name shout) (libraries greet))' >vendor/shout/dune
echo 'let shout () = String.uppercase_ascii (Greet.Hello.hello ())' >vendor/shout/shout.ml
echo '(library (name odd))' >"vendor/odd name/dune"
echo 'let odd = 1' >"vendor/odd name/odd.ml"
mkdir vendor/rival # not linked, but its unit has shout's name
echo '(library (name rival) (wrapped false))' >vendor/rival/dune
echo 'let shout = 1' >vendor/rival/shout.ml
echo '(executable (name main) (libraries shout))' >bin/dune
echo 'let () = print_endline (Shout.shout ())' >bin/main.ml
unit greet ''
unit shout '"greet"'
unit lonely ''
mkdir vendor/lonely
echo '(library (name lonely))' >vendor/lonely/dune
echo 'let one = 1' >vendor/lonely/lonely.ml
recipe app '"source": [{"path": "../../bin"}], "needs": ["shout"],
	"build": {"dune": {"place": "bin", "target": "bin/main.exe"}}, "image": {"machine": "process"}'
before=$(untouched)

# ---- from nothing ---------------------------------------------------------------------------

run respin --json plan
exits "plan" 0
is "... names each library and the image" "$(reasons)" "greet: not built before
shout: not built before
app: not built before"
ok "... and builds nothing" test ! -e .respin/dune -a ! -e .respin/store
run respin --json build app
exits "build" 0
image=$(json '["path"]')
is "the image runs" "$("$image")" HELLO
ok "what ran has a reason" sh -c "printf '%s' '$(reasons)' | grep -q 'main.exe: not built before'"
run respin --json build
is "again: nothing runs" "$(json '["ran"]') $(json '["path"]')" "[] $image"
is "... and all parts are as they were" "$(json '["reused"]')" 3
run strace -f -o ../trace -e trace=execve respin build
is "... without dune" "$(grep -c execve ../trace)" 1
run respin --json plan
is "... nothing is planned" "$(json '["actions"]')" "[]"
touch vendor/greet/src/words.ml
run respin --json plan
is "a file of the same content changes no plan" "$(json '["actions"]')" "[]"
run respin --json build
is "... and makes nothing anew" "$(json '["ran"]')" "[]"

# ---- an overlay -----------------------------------------------------------------------------

run respin overlay add greet
exits "overlay add" 0
run respin --json build
is "an overlay without changes gives the same program" "$("$(json '["path"]')")" HELLO
sed -i 's/Hello/Bonjour/' overlays/greet/src/src/words.ml
run respin --json plan
is "an edit is planned up to the image" "$(reasons)" "greet: src/words.ml changed
shout: needs greet, which is rebuilt
app: needs shout, which is rebuilt"
planned=$(reasons)
run respin --json plan greet
exits "the plan of a part of the workspace" 0
is "... is that of the image that contains it" "$(reasons)" "$planned"
is "... which is named" "$(json '["images"][0]["image"]') $(json '["image"]')" "app greet"
is "... and who depends on it" "$(json '["dependents"]')" \
	"[{'package': 'app', 'why': 'needs it'}, {'package': 'shout', 'why': 'needs it'}]"
run respin --json plan lonely
exits "the plan of a part that no image contains" 0
is "... is empty" "$(json '["actions"]') $(json '["images"]')" "[] []"
run respin plan lonely
is "... and says why" "$out" "lonely: no image of the workspace contains it"
run respin build lonely
exits "... it can't be built" 2
contains "... as it says" "$err" "dune builds lonely as a part of an image, and no image contains it"
run respin --json build
exits "it builds" 0
is "the edit is in the image" "$("$(json '["path"]')")" BONJOUR
contains "the module that changed" "$(reasons)" \
	"vendor/greet/src/.greet.objs/native/greet__Words.{cmx,o}: src/words.ml changed"
contains "what needs it" "$(reasons)" "bin/main.exe: needs "
contains "its package" "$(json '["ran"]')" "'package': 'greet'"
run respin --json inspect
is "the image says what it was made from" \
	"$(printf '%s' "$out" | python3 -c 'import json,sys
for p in json.load(sys.stdin)["packages"]:
	print(p["name"], p["version"], p["size"] > 0, p["overlay_tree"])')" \
	"app 1.0 True None
shout 1.0 True None
greet 1.0 True $(cd overlays/greet/src && git add -A && git write-tree)"
run respin --json build bin/main.exe
exits "an image by the name of its file" 0
code=$(nm "$(json '["path"]')" | sed -n 's/^\([0-9a-f]*\) [Tt] camlGreet__Hello__hello_[0-9]*$/0x\1/p')
run respin --json resolve --image app "$code"
is "an address is told with its library, package and file" "$(printf '%s' "$out" | python3 -c 'import json,sys
k = json.load(sys.stdin)["candidates"][0]
print(k["library"], k["unit"], k["version"], k["file"], k["images"])')" \
	"greet greet 1.0 overlays/greet/src/src/hello.ml ['app']"
contains "... and that it is patched" "$(json '["candidates"][0]["overlay"]')" "tree "
run respin --json build --no-overlays
is "without overlays nothing runs" "$(json '["ran"]') $(json '["path"]')" "[] $image"
is "the user's files are as they were" "$(untouched)" "$before"

# Two edits at once: what is made anew needs the one or the other.
echo 'let words = ["Salut"] let more = 1' >overlays/greet/src/src/words.ml
echo 'let more = 2 let kept = [more]' >overlays/greet/src/src/apart.ml
run respin --json build
native=vendor/greet/src/.greet.objs/native
contains "a module's reason is one that it needs" "$(reasons)" \
	"$native/greet__Hello.{cmx,o}: needs Words, which is rebuilt"
contains "... each its own" "$(reasons)" "$native/greet__Beside.{cmx,o}: needs Apart, which is rebuilt"
# The last one made anew: that is dune's to choose.
is "... of the library one of them" "$(reasons | sed -n 's/^vendor.greet.src.greet.{a,cmxa}: //p' |
	grep -cE '^needs (Words|Hello|Apart|Beside), which is rebuilt$')" 1
contains "... and what is after it" "$(reasons)" "bin/main.exe: needs "
git -C overlays/greet/src checkout -q HEAD -- .
echo 'more' >>overlays/greet/src/README
run respin build
exits "an overlay without effect is an error" 3
contains "... that says why" "$err" "the overlay of greet has no effect on app: none of the files that it changes is compiled into it (README)"
git -C overlays/greet/src checkout -q HEAD -- .
echo 'let words = [1]' >overlays/greet/src/src/words.ml
run respin --json build
exits "an error of the compiler" 1
is "... is one of a program" "$(printf '%s' "$err" | python3 -c 'import json,sys; print(json.load(sys.stdin)["error"]["code"])')" program-failed
contains "... in the user's own path" "$err" 'overlays/greet/src/src/hello.ml\"'
lacks "... and no other" "$err" .respin
respin -q overlay drop --force greet 2>drop.err
rm drop.err

# The image's own package has an overlay.
run respin overlay add app
run respin -q build
sed -i 's/print_endline/print_string/' overlays/app/src/main.ml
run respin --json plan
is "an overlay of the program itself" "$(reasons)" "app: main.ml changed"
run respin --json build
is "... is in the image" "$("$(json '["path"]')")." HELLO.
contains "... for a reason" "$(reasons)" "bin/main.exe: main.ml changed"
echo 'let () = ignore (words)' >overlays/app/src/main.ml
run respin build
contains "... and its errors have their place" "$err" 'File "overlays/app/src/main.ml", line 1'
respin -q overlay drop --force app 2>drop.err
rm drop.err

# ---- gc -------------------------------------------------------------------------------------

touch .respin/dune/with.image.AbCdEf
run respin gc
ok "gc keeps what was used lately" test -x "$image" -a -d .respin/dune/with/_build
ok "... but not what a killed build left" test ! -e .respin/dune/with.image.AbCdEf
touch -d '40 days ago' .respin/dune/records/*
run respin --json gc
ok "... and removes what was not" test ! -e "$image" -a ! -e .respin/dune/with -a \
	"$(json '["freed"]')" -gt 1000000
run respin --json build
is "all can be made again" "$("$(json '["path"]')")" HELLO

# Two images.
cp -r recipes/app recipes/second
sed -i 's/"app"/"second"/; s/main.exe/second.exe/' recipes/second/recipe.json
sed -i 's/(executable (name main)/(executables (names main second)/' bin/dune
cp bin/main.ml bin/second.ml
run respin plan greet
is "the plan of one that two images contain" "$(echo "$out" | grep -c ' to rebuild ')" 2
run respin build greet
exits "a part is built with the images that contain it" 0
is "... each of them" "$(echo "$out" | sed -n '1p;4p')" "app
second"
run respin --json build --dependents greet
is "... as JSON" "$(json '["image"]') $(printf '%s' "$out" | python3 -c 'import json,sys
a = json.load(sys.stdin)
print([i["image"] for i in a["images"]], a["dependents"])')" "app ['app', 'second'] []"
finish
