#!/bin/sh
# respin overlay by the command line: its answers, exit statuses, and two of them at once.
. "$(dirname "$0")/../lib.sh"

mkdir -p recipes/lib upstream && echo '{}' >respin.json && seq 1 50 >upstream/a.c
cat >recipes/lib/recipe.json <<'EOF'
{ "name": "lib", "version": "1.0", "license": "ISC", "source": [ { "path": "../../upstream" } ],
  "build": { "objects": { "sources": ["*.c"] } } }
EOF
src=overlays/lib/src

run respin overlay list
exits "no overlays" 0
contains "... tells how to open one" "$out" "respin overlay add"
run respin overlay add lub
exits "a package that is not there" 1
contains "... names the near one" "$err" "'lib'"
run respin overlay save lib extra words
exits "too many words" 2
run respin overlay frobnicate
exits "an unknown word" 2

recipe far '"source": [{"url": "http://127.0.0.1:9/far.tar.gz", "sha256":
	"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}], "build": {"objects": {"sources": ["*.c"]}}'
run respin overlay add far
exits "a source that can't be had" 3
ok "... leaves no overlay" test ! -e overlays/far
rm -r recipes/far
run respin overlay add lib
exits "add" 0
is "the first commit is upstream's" "$(git -C $src log --format='%an: %s')" "respin: lib 1.0"
run respin overlay diff lib
is "nothing is edited" "$out" ""
sed -i 's/^25$/25 edited/' $src/a.c
run respin overlay diff lib
exits "diff" 0
contains "... shows what is not committed" "$out" "+25 edited"
run respin overlay status
contains "... and so does status" "$out" "uncommitted changes"
run respin overlay save lib
exits "save wants it committed" 1
contains "... or a message" "$err" "-m TEXT"
run respin overlay drop lib
exits "drop keeps it" 1
contains "... and says how to" "$err" "--force"

respin overlay diff lib >edit.patch
run respin overlay save -m "lib: an edit" lib
exits "save with a message" 0
is "... writes the series" "$(ls overlays/lib)" "0001-lib-an-edit.patch
overlay.json
src"
run respin overlay apply lib edit.patch
exits "the same patch again" 1
contains "... is recognised" "$err" "already applied"
rm -r $src .respin
run respin overlay status lib
exits "a fresh clone" 0
contains "... has the patch" "$out" "lib: an edit"
is "... in its working tree" "$(sed -n 25p $src/a.c)" "25 edited"
run respin overlay drop lib
exits "drop what is saved" 0
ok "... and it is gone" test ! -e overlays/lib
sed 's/25/26/' edit.patch >other.patch
run respin overlay apply lib other.patch
exits "a patch that does not apply" 1
ok "... opens no overlay" test ! -e overlays/lib
run respin overlay apply lib none.patch
exits "a patch that is not there" 2
contains "... is named" "$err" "none.patch: there is no such file"
ok "... and opens none either" test ! -e overlays/lib
respin overlay add lib >add.out
run respin overlay apply lib other.patch
exits "the same where one is open" 1
ok "... which stays" test -e $src/a.c
rm -rf $src .respin
run respin overlay apply lib other.patch
exits "... also where its working tree is made anew" 1
ok "... which stays, too" test -e $src/a.c
respin overlay drop lib

for i in 1 2 3 4; do
	{ cat upstream/a.c && echo "line $i"; } >new.c
	diff -u --label /dev/null --label "b/file$i.c" /dev/null new.c >"$i.patch"
	respin overlay apply lib "$i.patch" >/dev/null 2>"err$i" &
done
wait
is "four at once take turns" "$(git -C $src rev-list --count upstream..HEAD)" 4
is "... and leave a clean tree" "$(git -C $src status --porcelain)" ""
run respin overlay drop --force lib
exits "drop --force" 0

# An overlay of a package that no image contains has no effect.
mkdir recipes/img
echo '{ "name": "img", "version": "1", "license": "ISC", "image": {} }' >recipes/img/recipe.json
respin overlay add lib >/dev/null
run respin plan img
contains "without changes it is a warning" "$err" "no effect on img"
echo edit >>$src/a.c
run respin --json plan img
exits "with changes it is an error" 3
contains "... that says why" "$err" "no image of the workspace contains it"
run respin --json overlay diff lib
contains "a diff as JSON" "$(json '["diff"]')" "+edit"
run respin --json overlay drop --force lib
is "drop as JSON" "$(json '["dropped"]')" lib
finish
