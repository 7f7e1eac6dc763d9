#!/bin/sh
# Builds by dune where things are not as usual: rules that write to the user's folders, links in
# circles, odd names, no room, and ends in the middle.
. "$(dirname "$0")/../lib.sh"
PATH=$RESPIN_BUILD:/usr/bin:/bin
unset OCAMLPATH OCAMLFIND_CONF OPAM_SWITCH_PREFIX
command -v dune >/dev/null || skip_all "there is no dune"

# sums: of all that is the user's, links as they are
sums() {
	find . -path ./.respin -prune -o -print | sort
	find . -path ./.respin -prune -o -type f -print | sort | xargs -d '\n' sha256sum
}
# path: of the image that was built
path() { json '["path"]'; }

mkdir -p "site/vendor/odd name/_deep" site/vendor/made site/vendor/program site/bin site/out
cd site || exit 1
echo '{}' >respin.json
echo '(lang dune 2.9)' >dune-project
echo '(vendored_dirs vendor)' >dune
echo '(library (name odd))' >"vendor/odd name/dune"
echo 'let odd = "odd"' >"vendor/odd name/odd.ml"
# (Where dune looks it takes no such link.)
ln -s .. "vendor/odd name/_deep/circle"
ln -s nowhere "vendor/odd name/dangling"
# Rules that write to the source tree: a file that is there, one that is not, one elsewhere.
cat >vendor/made/dune <<'END'
(library (name made))
(rule (mode promote) (targets there.ml) (action (write-file there.ml "let there = \"new\"")))
(rule (mode (promote (until-clean))) (targets new.ml) (action (write-file new.ml "let x = 1")))
(rule (mode (promote (into ../../out))) (targets else.ml) (action (write-file else.ml "let x = 2")))
END
echo 'let there = "old"' >vendor/made/there.ml
echo 'let all = There.there, New.x, Else.x' >vendor/made/all.ml
cat >vendor/program/dune <<'END'
(* -*- tuareg -*- *)
let () = Jbuild_plugin.V1.send "(library (name program) (modules program))"
END
echo 'let program = "program"' >vendor/program/program.ml
echo '(executable (name main) (libraries odd made program))' >bin/dune
cat >bin/main.ml <<'END'
let () =
  let there, _, _ = Made.All.all in
  print_endline (String.concat " " [Odd.odd; there; Program.program])
END
for name in 'odd name' made program; do
	recipe "${name% name}" "\"source\": [{\"path\": \"../../vendor/$name\"}],
		\"build\": {\"dune\": {\"place\": \"vendor/$name\"}}"
done
recipe app '"source": [{"path": "../../bin"}], "needs": ["odd", "made", "program"],
	"build": {"dune": {"place": "bin", "target": "bin/main.exe"}}, "image": {"machine": "process"}'
mkdir .large
echo 'let large = 1' >.large/large.ml
sums >../before

# ---- what could be written to ---------------------------------------------------------------

run respin --json build
exits "rules that promote, dune files that are programs, links in circles" 0
is "... build" "$("$(path)")" "odd new program"
sums >../after
ok "... and leave the user's folders as they were" diff ../before ../after
run respin --json build
is "nothing runs again" "$(json '["ran"]')" "[]"
echo 'let large = 2' >.large/large.ml
run strace -f -o ../trace -e trace=execve respin build
is "folders that dune leaves out don't count" "$(grep -c execve ../trace)" 1
echo 'let large = 1' >.large/large.ml
ln -s .. "vendor/odd name/circle"
run respin --json plan
is "a link in a circle is planned, though dune takes none" "$(json '["actions"]')" "[]"
rm "vendor/odd name/circle"
run respin overlay add made
run respin overlay add odd
run respin overlay add program
( cd overlays/made/src && find . -name .git -prune -o -print | sort ) >../made
sed -i 's/"odd"/"even"/' overlays/odd/src/odd.ml
sed -i 's/"program"/"changed"/' overlays/program/src/program.ml
run respin --json build
is "in overlays, too" "$("$(path)")" "even new changed"
( cd overlays/made/src && find . -name .git -prune -o -print | sort ) >../made.after
ok "... which are left as they were" diff ../made ../made.after
ok "... by dune's programs, too" test ! -e overlays/program/src/_build -a ! -e overlays/_build
run respin --json inspect
is "dune tells what such a dune file holds" "$(printf '%s' "$out" | python3 -c 'import json,sys
for p in json.load(sys.stdin)["packages"]:
	if p["name"] == "program": print(p["size"] > 0)')" True
echo 'let more = 1' >overlays/odd/src/more.ml
run respin --json plan
is "a new file is noticed" "$(json '["actions"][0]["reason"]')" "more.ml is new"
echo 'let odd = string_of_int More.more' >overlays/odd/src/odd.ml
run respin --json build
is "... and built" "$("$(path)")" "1 new changed"
rm overlays/odd/src/more.ml
run respin --json build
exits "one that is gone is missed" 1
contains "... where it was used" "$out$err" 'overlays/odd/src/odd.ml'
for name in odd made program; do respin -q overlay drop --force $name 2>../drop.err; done
rm -r overlays

# ---- no room, no right ----------------------------------------------------------------------

state() { rm -rf .respin && mkdir .respin; }
state
run bwrap --ro-bind / / respin build
exits "a folder that can't be written to" 3
contains "... is named" "$err" "Read-only file system"
run bwrap --dev-bind / / --size 300000 --tmpfs "$PWD/.respin" respin build
exits "a full disk is an error" 3
contains "... that says so" "$err" "No space left"
sums >../after
ok "... and changes nothing of the user's" diff ../before ../after
run respin --json build
is "with room it builds" "$("$(path)")" "odd new program"

# Dune 3 on a full disk may lose the thread that collects its programs, and wait for ever.
mkdir ../stuck
own=$(command -v dune)
path=$PATH
cat >../stuck/dune <<END
#!/bin/sh
[ "\$1" = build ] || exec $own "\$@"
true &
exec sleep 1000
END
chmod +x ../stuck/dune
state
PATH=$PWD/../stuck:$PATH
run timeout 60 respin build
exits "a dune that waits for ever is ended" 1
contains "... and that is said" "$err" "dune waited for programs that had ended, and was ended"
state
run timeout 60 bwrap --dev-bind / / --size 1000000 --tmpfs "$PWD/.respin" respin build
exits "... on a full disk" 3
contains "... that is said" "$err" "No space left on device: app is not built"
cat >../stuck/dune <<END
#!/bin/sh
[ "\$1" = build ] || exec $own "\$@"
echo "Error: a crash of a hundred lines"
exit 1
END
state
run bwrap --dev-bind / / --size 1000000 --tmpfs "$PWD/.respin" respin build
exits "... where dune says something else" 3
is "... only that is told, and where" "$(echo "$err" | grep -v warning)" \
	"respin: $PWD/.respin/dune/without: No space left on device: app is not built
  make room there, then the same command again goes on with what it built"
state
run bwrap --dev-bind / / --size 1000000 --tmpfs "$PWD/.respin" respin -v build
contains "... but with -v dune's words, too" "$err" "a crash of a hundred lines"
PATH=$path
rm -r ../stuck
state
run env PATH="$RESPIN_BUILD" respin build
exits "no dune at all" 3
contains "... is said" "$err" "there is no dune, which builds"
state

# ---- ends in the middle ---------------------------------------------------------------------

cat >>vendor/program/dune <<'END'
let () = Jbuild_plugin.V1.send "(library (name program) (modules program slow))
(rule (targets slow.ml) (action (progn (run sleep 3) (with-stdout-to slow.ml (echo \"let x = 1\")))))"
END
sed -i '2d' vendor/program/dune
echo 'let program = String.make Slow.x (Char.chr 112)' >vendor/program/program.ml
# sleeping: is dune's program running?
sleeping() { pgrep -f "sleep 3\$" -P "$(pgrep -P "$1" -x dune)" >/dev/null 2>&1; }
# stop_it SIGNAL: ends a build while dune's program runs
stop_it() {
	respin build >../killed 2>&1 &
	pid=$!
	tries=0
	until sleeping $pid || [ $tries -gt 200 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	dune=$(pgrep -P $pid -x dune)
	kill "-$1" $pid
	wait $pid
	status=$?
	sleep 0.2
}
# gone PID: nobody may have collected it
# shellcheck disable=SC2317 # ok calls it
gone() { [ ! -d "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"; }
stop_it INT
is "^C ends the build" "$status" 130
ok "... and dune" gone "${dune:?}"
is "... and says so" "$(tail -1 ../killed)" "respin: interrupted"
stop_it KILL
is "kill -9 ends it" "$status" 137
ok "... and dune" gone "${dune:?}"
rm -rf .respin/dune/without/vendor
echo mess >.respin/dune/without/bin.mess
mkdir .respin/dune/without/mess
respin build >../one 2>&1 &
one=$!
sleep 0.3
run respin --json build
exits "two builds at once take turns" 0
wait $one
is "... both work" $? 0
contains "... after what the killed one left ended" "$(cat ../one)" \
	"waiting for the programs of a build that was killed"
is "... and a shadow that was left in a mess is put right" "$("$(path)") $(ls .respin/dune/without)" \
	"odd new p _build
bin
dune
dune-project
out
recipes
respin.json
vendor"

# ---- an edit while dune runs ------------------------------------------------------------------

run respin overlay add odd
rm -rf .respin/dune/with .respin/dune/without
respin --json build >../raced 2>../raced.err &
pid=$!
tries=0
until sleeping $pid || [ $tries -gt 200 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
echo 'let odd = "late"' >overlays/odd/src/odd.ml
wait $pid
out=$(cat ../raced)
is "an edit while dune runs is in the image" "$("$(path)")" "late new p"
run respin --json inspect
is "... and the image says that tree" "$(printf '%s' "$out" | python3 -c 'import json,sys
for p in json.load(sys.stdin)["packages"]:
	if p["overlay_tree"]: print(p["overlay_tree"])')" \
	"$(cd overlays/odd/src && git add -A && git write-tree)"
run respin --json build
is "... which needs no other build" "$(json '["ran"]')" "[]"
cd ..

# ---- an image that one of several contexts makes ----------------------------------------------

mkdir -p contexts/lib contexts/out
cd contexts || exit 1
echo '{}' >respin.json
echo '(lang dune 2.9)' >dune-project
printf '(lang dune 2.9)\n(context default)\n(context (default (name other)))\n' >dune-workspace
echo '(library (name part))' >lib/dune
echo 'let word = "old"' >lib/part.ml
echo 'let () = print_endline Part.word' >main.ml
echo '(executable (name main) (libraries part))' >dune
cat >out/dune <<'END'
(rule (mode (promote (until-clean))) (targets image) (enabled_if (= %{context_name} "other"))
 (action (copy ../main.exe image)))
END
echo "the user's" >out/image
recipe part '"source": [{"path": "../../lib"}], "build": {"dune": {"place": "lib"}}'
recipe app '"source": [{"path": "../.."}], "needs": ["part"],
	"build": {"dune": {"place": ".", "target": "out/image"}}, "image": {"machine": "process"}'
respin -q overlay add part
run respin --json build
is "the context that makes the image" "$("$(path)")" old
for word in new newer; do
	echo "let word = \"$word\"" >overlays/part/src/part.ml
	run respin --json build
	is "... is where it is taken from: $word" "$("$(path)")" $word
done
is "what stood in its place stays" "$(cat out/image)" "the user's"
finish
