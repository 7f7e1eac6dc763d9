#!/bin/sh
# A person's way: resolve, open the source, edit, plan, build, check, compare, save, clone, drop.
. "$(dirname "$0")/../lib.sh"
project
sha256() { printf '%s' "$1" | sed -n 's/^  "sha256": "\(.*\)",$/\1/p'; }
git init -q . && printf '.respin/\n' >.gitignore && git add -A && git commit -qm start

run respin resolve tcp_write
exits "resolve finds the symbol" 0
contains "... in lwip" "$out" "package     lwip 2.1.3"
run respin build static-site
exits "the image builds" 0
released=$(respin --json build static-site)
run respin --json build static-site
is "... and then nothing runs" "$(json '["ran"]')" "[]"
is "nobody else may write to what respin keeps" "$(find .respin -type f -perm /022)" ""

run respin overlay add lwip
exits "overlay add" 0
tree=overlays/lwip/src
is "the first commit is upstream's" "$(git -C $tree log --format=%s pristine)" "lwip 2.1.3"
is "... without what Debian adds" "$(git -C $tree ls-tree --name-only pristine debian)" ""
is "Debian's patches are commits" \
	"$(git -C $tree log --reverse --format='%an: %s' pristine..upstream | sed -n '1p;2p;$p')" \
	"Joan Lledó: Debian's packaging, lwip 2.1.3+dfsg1-2
Simon Goldschmidt: patch #9350: Sockets API: use OS's sys/socket.h instead of lwip/sock
Joan Lledó: cmake"
is "... with the same ids on each machine" "$(git -C $tree rev-parse upstream)" \
	86c8c260f7810dd431be525d4c80bfaa64e8e742
run respin --json plan static-site
sed -i 's/4U \* (mss)/6U * (mss)/' $tree/src/core/tcp_in.c
ok "(the edit is one)" sh -c "! git -C $tree diff --quiet"
run respin --json plan static-site
is "an uncommitted edit is in the plan" "$(json '["actions"][0]["output"]')" lwip/src/core/tcp_in.o
is "... with its reason" "$(json '["actions"][0]["reason"]')" "src/core/tcp_in.c changed"
run respin --json build static-site
is "... and in the build" "$(json '["ran"][0]["output"]')" lwip/src/core/tcp_in.o
patched=$out
run respin --json inspect static-site
is "the image carries the tree's hash" \
	"$(printf '%s' "$out" | python3 -c 'import json,sys
for p in json.load(sys.stdin)["packages"]:
	if p["name"] == "lwip": print(p["overlay_tree"])')" \
	"$(cd $tree && GIT_INDEX_FILE=../index git add -A && GIT_INDEX_FILE=../index git write-tree; rm -f ../index)"

# From an address of it back to the source.
image=$(printf '%s' "$patched" | python3 -c 'import json,sys; print(json.load(sys.stdin)["path"])')
address=$(nm "$image" | sed -n 's/^\([0-9a-f]*\) T tcp_write$/0x\1/p')
run respin --json resolve --image static-site "$address"
is "an address: its function" "$(json '["candidates"][0]["module"]')" tcp_write
is "... file" "$(json '["candidates"][0]["file"]')" src/core/tcp_out.c
is "... library and package" "$(json '["candidates"][0]["library"]') $(json '["candidates"][0]["package"]')" \
	"lwip.o lwip"
contains "... and the overlay that it was built with" "$(json '["candidates"][0]["overlay"]')" "tree "
run respin --json resolve --image "$image" "$address"
is "the same in the file" "$(json '["candidates"][0]["module"]')" tcp_write

run respin --json build --no-overlays static-site
is "without the overlay nothing compiles" "$(json '["ran"]')" "[]"
is "... and the image is the released one" "$(json '["sha256"]')" \
	"$(sha256 "$released")"
run respin --json build static-site
is "with it again, too" "$(json '["ran"]') $(json '["sha256"]')" "[] $(sha256 "$patched")"

run respin overlay drop lwip
exits "drop refuses to lose the edit" 1
run respin overlay save lwip
exits "save wants a message for uncommitted changes" 1
run respin overlay save -m "tcp: six segments" lwip
exits "save" 0
ok "... writes the patch" grep -q "^Subject:.*tcp: six segments" overlays/lwip/0001-*.patch
run respin --json overlay status lwip
run respin --json build static-site
saved=$out
is "only the manifest changes: it names the patch now" "$(json '["ran"][0]["output"]') $(json '["ran"]' | grep -c output)" \
	"static-site 1"
run respin --json overlay status lwip
is "status says saved" "$(json '[0]["saved"]')" True

git add -A && git commit -qm overlay
is "the project commits the series, not the tree" "$(git ls-files overlays | sed 's/0001-.*/0001/' | tr '\n' ' ')" \
	"overlays/.gitignore overlays/lwip/0001 overlays/lwip/overlay.json "
git clone -q . ../clone
mkdir ../clone/.respin && cp -a .respin/sources .respin/downloads ../clone/.respin/
run respin -C ../clone --json build static-site
is "a fresh clone gives the same image" "$(json '["sha256"]')" "$(sha256 "$saved")"

run respin --json compare static-site
exits "compare" 0
is "... tells the patch" "$(json '["patches"]')" "['tcp: six segments']"
run respin --json check static-site
exits "check" 0
id=$(json '["run"]')
run respin compare static-site last "$id"
exits "two kept runs compare" 0
is "... and are called by their ids" "$(echo "$out" | sed -n '2,3s/  *[a-z]*  *//p' | sort -u)" "$id"
echo '/* unsaved */' >>$tree/src/core/tcp.c
run respin overlay drop lwip
exits "drop refuses while an edit is not saved" 1
ok "... and leaves it there" grep -q unsaved $tree/src/core/tcp.c
run respin overlay drop --force lwip
exits "drop --force" 0
ok "... leaves nothing" test ! -e overlays/lwip
finish
