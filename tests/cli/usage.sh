#!/bin/sh
# The command line: usage, wrong usage, exit statuses, errors as JSON, workspaces.
. "$(dirname "$0")/../lib.sh"

run respin
exits "no command is wrong usage" 2
contains "... and shows the usage" "$out" "usage: respin [OPTION...] COMMAND"
run respin -h
exits "-h" 0
run respin build -h
contains "a command's usage" "$out" "usage: respin build [OPTION...] [IMAGE|PACKAGE]"
run respin --version
contains "--version" "$out" "respin 0."

run respin biuld
exits "an unknown command" 2
is "... is named with a near miss" "$err" "respin: there is no command 'biuld'
  did you mean 'respin build'?"
run respin plan --no-overlay
exits "an unknown option" 2
is "... is named with a near miss" "$err" "respin: unknown option '--no-overlay' of respin plan
  did you mean '--no-overlays'?"
run respin build -j
is "an option without its value" "$err" "respin: --jobs needs a value: N"
run respin build -jx
is "a number that is none" "$err" "respin: --jobs: expected a number, found 'x'"
run respin build --keep-going=yes
is "a flag with a value" "$err" "respin: --keep-going takes no value"
run respin resolve
exits "too few arguments" 2
contains "... say what was expected" "$err" "usage: respin resolve NAME..."
run respin plan a b
exits "too many arguments" 2
contains "... and how many it takes" "$err" "expected 1 at most"

run respin plan
exits "outside of a workspace" 2
contains "... says so" "$err" "is in no workspace or project: no respin.json, dune-project, dune-workspace or MirageOS config.ml here or above"
run respin --json plan
is "errors as JSON" "$(echo "$err" | python3 -c 'import json,sys; print(json.load(sys.stdin)["error"]["code"])')" usage
run respin -C /nonexistent plan
exits "-C to nowhere" 2

run respin init ws
exits "init" 0
ok "... makes respin.json" test -f ws/respin.json
run respin init ws
exits "init twice is refused" 2
run respin -C ws plan
exits "a workspace without images" 2
contains "... says that there are none" "$err" "the workspace $scratch/ws has no image"
contains "... and how there would be one" "$err" "recipes/NAME/recipe.json"
rmdir ws/recipes
run respin -C ws build
exits "... also as git clones it, without the empty folder" 2
contains "... it says the same" "$err" "recipes/NAME/recipe.json"
run respin -C ws overlay list lib
exits "an argument too many" 2
contains "... is named" "$err" "overlay list: 'lib' is an argument too many"
run respin -C ws overlay rebase
exits "one too few" 2
contains "... is asked for" "$err" "overlay rebase: which package?"
contains "... with all ways to call it" "$err" "[--url URL] PACKAGE [VERSION], or respin overlay rebase --continue"
run respin -C ws build nosuch
contains "... of a package, too" "$err" "put one's recipe into recipes/NAME/recipe.json"
run respin -C ws overlay list
exits "... and there are no overlays" 0
mkdir ws/recipes
cp ws/respin.json ws/kept.json
echo '{"recipes": ["recipes", "more"]}' >ws/respin.json
run respin -C ws build
exits "a folder of recipes that is missing" 3
contains "... which one" "$err" "$scratch/ws/respin.json:/recipes: find $scratch/ws/more: "
contains "... and what to do" "$err" 'make that folder, or take it out of "recipes"'
mv ws/kept.json ws/respin.json
mkdir -p ws/deeper/below
run respin -C ws/deeper/below plan nosuch
exits "an unknown image" 1
contains "... is not found, from below the workspace" "$err" "there is no package called 'nosuch' in $scratch/ws"

mkdir -p ws/recipes/mine/src
echo 'int mine(void); int mine(void) { return 3; }' >ws/recipes/mine/src/mine.c
echo '{ "name": "mine", "version": "1", "license": "ISC", "source": [ { "path": "src" } ],
  "build": { "objects": { "sources": ["*.c"] } } }' >ws/recipes/mine/recipe.json
run respin -C ws build mine
exits "a library builds alone" 0
ok "... to an object" sh -c "nm '$(echo "$out" | head -1)' | grep -q 'T mine'"
run respin -C ws gc
is "gc keeps what was just built" "$(respin -C ws plan mine)" "mine: nothing to do, 2 reused"
run respin -C ws gc --days 0
exits "gc of all" 0
contains "... leaves all to build again" "$(respin -C ws plan mine)" "2 actions to run"
run respin -C ws check mine
exits "a library can't be booted" 2

mkdir ws/recipes/bad
printf '{ "name": "bad",\n  "version": 1 }' >ws/recipes/bad/recipe.json
run respin -C ws plan
exits "a wrong recipe" 3
is "... is one clear error" "$err" "respin: $scratch/ws/recipes/bad/recipe.json:/version: expected a string, found 1"
printf '{ "name": "bad",\n  "version" 1 }' >ws/recipes/bad/recipe.json
run respin -C ws plan
is "... with line and column for broken JSON" "$err" \
	"respin: $scratch/ws/recipes/bad/recipe.json:2:13: this is not JSON from here on"
run respin -C ws plan --json
is "... and as JSON" "$(echo "$err" | python3 -c 'import json,sys; print(json.load(sys.stdin)["error"]["where"])')" \
	"$scratch/ws/recipes/bad/recipe.json:2:13"
run sh -c 'respin schema >/dev/full'
exits "a full disk under standard output" 3
finish
