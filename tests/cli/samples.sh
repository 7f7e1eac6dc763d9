#!/bin/sh
# Bad samples: each folder of tests/data/{patches,checks,archives}/bad holds one wrong input and the
# error expected of it, to the letter. Nothing may stay behind.
#   RECORD=1 tests/cli/samples.sh    writes what respin says now as what is expected: read the diff
. "$(dirname "$0")/../lib.sh"
data=$top/tests/data

ok "archives: the files are what make.py makes" sh -c \
	"'$data/archives/make.py' made && cd made && for f in */archive; do cmp \"\$f\" '$data/archives/bad/'\"\$f\"; done"

# expects NAME FOLDER: the last run failed with the error of FOLDER/expected.
expects() {
	said=$(printf '%s\n' "$err" | sed "s|$scratch|SCRATCH|g; s|$data|DATA|g")
	[ -z "${RECORD-}" ] || printf '%s\n' "$said" >"$2/expected"
	ok "$1 is refused" test "$status" -ne 0
	is "$1: the error" "$said" "$(cat "$2/expected")"
}

mkdir -p ws/recipes/pkg && echo '{}' >ws/respin.json
cp -r "$data/patches/tree" ws/recipes/pkg/tree
cat >ws/recipes/pkg/recipe.json <<'EOF'
{ "name": "pkg", "version": "1", "license": "ISC", "source": [ { "path": "tree" } ],
  "build": { "objects": { "sources": ["*.c"] } } }
EOF
respin -q -C ws overlay add pkg >/dev/null
tree=$(respin -C ws overlay status pkg)
for sample in "$data"/patches/bad/*/; do
	sample=${sample%/} name=$(basename "$sample")
	run respin -C ws overlay apply pkg "$sample/patch"
	expects "patch $name" "$sample"
	is "patch $name: the tree is as it was" "$(respin -C ws overlay status pkg)" "$tree"
done

mkdir -p lab/recipes/box && echo '{}' >lab/respin.json
for sample in "$data"/checks/bad/*/; do
	sample=${sample%/} name=$(basename "$sample")
	cp "$sample/recipe.json" lab/recipes/box/
	run respin -C lab check box
	expects "check $name" "$sample"
done
is "no machine was booted" "$(ls lab/.respin/runs 2>/dev/null)" ""

mkdir -p src/recipes/pkg src/.respin/downloads && echo '{}' >src/respin.json
for sample in "$data"/archives/bad/*/; do
	sample=${sample%/} name=$(basename "$sample")
	sum=$(sha256sum "$sample/archive" | cut -d' ' -f1)
	cp "$sample/archive" "src/.respin/downloads/$sum"
	printf '{ "name": "pkg", "version": "1", "license": "ISC", "source": [
	{ "url": "http://127.0.0.1:9/archive", "sha256": "%s" } ],
	"build": { "objects": { "sources": ["*.c"] } } }\n' "$sum" >src/recipes/pkg/recipe.json
	run respin -q -C src fetch pkg
	expects "archive $name" "$sample"
	is "archive $name: nothing is unpacked" "$(ls src/.respin/sources 2>/dev/null)" ""
done
ok "nothing left the folder" test ! -e evil -a ! -e ../evil -a ! -e /tmp/evil
finish
