#!/bin/sh
# respin fetch: the recipes' sources, lwIP's among them, on disk as they should be.
. "$(dirname "$0")/../lib.sh"

# recipe NAME SOURCE: a workspace in the scratch folder with one more package.
recipe() {
	mkdir -p "recipes/$1"
	printf '{"name": "%s", "version": "1.0", "license": "ISC", "source": [%s],
		"build": {"objects": {"sources": ["*.c"]}}}\n' "$1" "$2" >"recipes/$1/recipe.json"
}
echo '{}' >respin.json

mkdir -p src/own && echo 'int x;' >src/own/x.c
recipe own '{"path": "../../src/own"}'
run respin fetch own
exits "a path" 0
is "... is the folder itself" "$out" "own 1.0: path ../../src/own
  $(realpath src/own)"

recipe missing '{"path": "../nowhere"}'
run respin fetch missing
exits "a path that is not there" 3
contains "... is named" "$err" "there is no folder ../nowhere"
contains "... with the recipe" "$err" "recipes/missing/recipe.json"

# Archives that are in the downloads already: no network is needed.
mkdir -p top .respin/downloads
echo 'int y;' >top/y.c
tar -cf y.tar top
sum=$(sha256sum y.tar | cut -d' ' -f1)
cp y.tar ".respin/downloads/$sum"
recipe kept '{"url": "http://127.0.0.1:9/y.tar", "sha256": "'"$sum"'"}'
run respin --json fetch kept
exits "an archive that was downloaded before" 0
is "... is unpacked" "$(cat ".respin/sources/kept-1.0-$(echo "$sum" | cut -c1-12)/y.c")" "int y;"
contains "... and told of as JSON" "$out" '"sha256": "'"$sum"'"'

recipe second '{"path": "nowhere"}, {"url": "http://127.0.0.1:9/y.tar", "sha256": "'"$sum"'"}'
run respin fetch second
exits "a second place" 0
contains "... is taken with a word on the first" "$err" "source of second: taken from url http://127.0.0.1:9/y.tar, because of:
  path nowhere: there is no folder nowhere beside"

zeros=$(printf '%064d' 0)
recipe gone '{"url": "http://127.0.0.1:9/y.tar", "sha256": "'"$zeros"'"}'
run respin --json fetch gone
exits "no server" 3
contains "... is an error of the network" "$err" '"code": "network"'
contains "... that names the URL" "$err" "http://127.0.0.1:9/y.tar"
is "... and leaves nothing" "$(find .respin -name ".new-*" -o -name "$zeros*")" ""

# The real thing, in the project's own workspace: from the net the first time, then from the disk.
run respin -C "$top" --json fetch lwip
exits "lwIP" 0
tree=$(echo "$out" | sed -n 's/.*"path": "\(.*\)".*/\1/p')
ok "... has its sources" test -f "$tree/src/core/tcp_out.c"
ok "... and Debian's files" test -f "$tree/debian/patches/series"
is "... whose patches left no rejects or backups" "$(find "$tree" -name '*.orig' -o -name '*.rej')" ""
last=$(grep -v '^#' "$tree/debian/patches/series" | tail -1)
ok "... and were all applied" \
	patch -d "$tree" -p1 -R -F0 --dry-run --force -i "debian/patches/$last"
finish
