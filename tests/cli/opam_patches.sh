#!/bin/sh
# An overlay of a package of opam's switch: the files and patches that its opam file adds to the source
# are commits of their own, and are built.
# shellcheck disable=SC2154 # $out, $err and $status are lib.sh's
. "$(dirname "$0")/../lib.sh"
export OCAMLFIND_CONF=/etc/ocamlfind.conf PATH="$RESPIN_BUILD:/usr/bin:/bin" DUNE_CACHE=disabled
unset OPAM_SWITCH_PREFIX OPAMROOT OPAMSWITCH
for program in dune ocamlfind patch; do
	command -v $program >/dev/null || skip_all "there is no $program"
done

sum() { sha256sum "$1" | cut -d' ' -f1; }
# keep FILE: as if it was fetched before
keep() { mkdir -p app/.respin/downloads && cp "$1" "app/.respin/downloads/$(sum "$1")"; }

# ---- what upstream releases, and opam adds --------------------------------------------------------

mkdir -p upstream/src
(
	cd upstream || exit 1
	echo '(lang dune 2.9)' >dune-project
	echo 'opam-version: "2.0"' >swapped.opam
	echo '(library (public_name swapped) (wrapped false))' >src/dune
	printf 'let a = "upstream"\nlet b = "upstream"\nlet c = "upstream"\n' >src/swapped.ml
)
tar -czf swapped.tgz upstream
switch=$scratch/switch
nv=$switch/.opam-switch/packages/swapped.1.4
mkdir -p "$nv/files/sub" "$switch/lib/swapped"
cat >"$nv/files/first.patch" <<'E'
From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: F. First <first@example.org>
Date: Tue, 3 Nov 2026 10:00:00 +0000
Subject: [PATCH] the first change

It has a text.
---
--- a/src/swapped.ml
+++ b/src/swapped.ml
@@ -1,3 +1,3 @@
-let a = "upstream"
+let a = "first"
 let b = "upstream"
 let c = "upstream"
E
echo 'no patch at all' >"$nv/files/windows.patch"
echo 'a note' >"$nv/files/sub/note"
cat >second.patch <<'E'
--- a/src/swapped.ml
+++ b/src/swapped.ml
@@ -1,3 +1,3 @@
 let a = "as it was once"
-let b = "upstream"
+let b = "second"
 let c = "upstream"
E
cat >"$nv/files/third.patch" <<'E'
--- /dev/null
+++ b/src/third.ml
@@ -0,0 +1 @@
+let x = "third"
E
opam_file() {
	cat >"$nv/opam" <<-END
	opam-version: "2.0"
	license: "ISC"
	dev-repo: "git+https://example.org/some/repository.git"
	url { src: "http://127.0.0.1:9/swapped.tgz" checksum: "sha256=$(sum swapped.tgz)" }
	extra-source "second.patch" { src: "http://127.0.0.1:9/second.patch" checksum: "sha256=$(sum second.patch)" }
	patches: [
	  "first.patch"
	  "windows.patch" {os = "win32"}
	  "second.patch" {ocaml:version >= "4.08" & swapped:installed}
	  "third.patch" {$1}
	]
	END
}
opam_file '!other:installed'
echo 'installed: ["ocaml.4.13.1" "swapped.1.4"]' >"$switch/.opam-switch/switch-state"
(
	mkdir installed && cp -R upstream/. installed/ && cd installed &&
		patch -sp1 <"$nv/files/first.patch" && patch -sp1 <../second.patch &&
		patch -sp1 <"$nv/files/third.patch" &&
		dune build --root . @install && dune install --root . --prefix "$switch"
) >install.log 2>&1

mkdir app
echo '(lang dune 2.9)' >app/dune-project
echo '(executable (name main) (libraries swapped))' >app/dune
echo 'let () = print_endline (String.concat " " [Swapped.a; Swapped.b; Swapped.c; Third.x])' >app/main.ml
export OCAMLPATH="$switch/lib"
keep swapped.tgz
keep second.patch
cd app || exit 1

# ---- the overlay ----------------------------------------------------------------------------------

run respin overlay add swapped
exits "an overlay of a package with patches" 0
src=overlays/repository/src
is "each is a commit, in order, where its filter holds" "$(git -C $src log --reverse --format='%an: %s')" \
	"respin: repository 1.4
respin: opam's files, repository 1.4
F. First: the first change
respin: second.patch
respin: third.patch"
is "... with what it says of itself" "$(git -C $src log -1 --format=%b upstream~2)" "It has a text.

Patch-Name: first.patch"
is "... and its date" "$(git -C $src log -1 --format=%ad --date=iso upstream~2)" "2026-11-03 10:00:00 +0000"
is "the first commit is upstream's" "$(git -C $src show pristine:src/swapped.ml | head -1)" 'let a = "upstream"'
is "... alone" "$(git -C $src ls-tree -r --name-only pristine | tr '\n' ' ')" \
	"dune-project src/dune src/swapped.ml swapped.opam "
is "files that are no patches are in the tree" "$(cat $src/sub/note)" "a note"
is "... and nothing else is" "$(git -C $src ls-tree -r --name-only upstream | tr '\n' ' ')" \
	"dune-project src/dune src/swapped.ml src/third.ml sub/note swapped.opam "
base=$(git -C $src rev-parse upstream)
run respin --json build
exits "it builds" 0
is "... with opam's patches" "$("$(json '["path"]')")" "first second upstream third"
sed -i 's/let c = .*/let c = "mine"/' $src/src/swapped.ml
run respin --json build
is "... and an edit" "$("$(json '["path"]')")" "first second mine third"
run respin overlay save -m mine swapped
exits "the edit is saved" 0
is "... alone" "$(ls overlays/repository)" "0001-mine.patch
overlay.json
src"

# ---- again, elsewhere and later ---------------------------------------------------------------------

rm -rf $src
run respin overlay list
exits "a fresh clone" 0
is "... has the same commits" "$(git -C $src rev-parse upstream)" "$base"
mv "$nv/files/third.patch" ..
rm -rf $src .respin/sources
run respin overlay list
exits "once opam's file is gone" 3
contains "... it is named" "$err" "third.patch"
mv ../third.patch "$nv/files/"
run respin overlay list
exits "... until it is there again" 0
sleep 0.1
sed -i 's/"third"/"fourth"/' "$nv/files/third.patch"
run respin overlay list
exits "with another patch it is another source" 1
contains "... the overlay is for" "$err" "respin overlay rebase repository"
run respin overlay rebase swapped
exits "... which takes the edit there" 0
is "... onto the new patch" "$(git -C $src log --format=%s) $(cat $src/src/third.ml)" "mine
third.patch
second.patch
the first change
opam's files, repository 1.4
repository 1.4 let x = \"fourth\""
sed -i 's/"fourth"/"third"/' "$nv/files/third.patch"
run respin -q overlay drop -f swapped

# ---- what goes wrong --------------------------------------------------------------------------------

cp "$nv/files/windows.patch" "$nv/files/third.patch"
run respin overlay add swapped
exits "a patch that does not apply" 3
contains "... is named" "$err" "third.patch does not apply"
is "... and leaves nothing" "$(ls -d overlays .respin/sources/.new-* 2>/dev/null)" ""
(cd .. && opam_file 'other:installed')
run respin overlay add swapped
exits "... is not asked for where its filter doesn't hold" 0
is "... nor a commit" "$(git -C $src log -1 --format=%s)" second.patch
run respin -q overlay drop -f swapped
rm ".respin/downloads/$(sum ../second.patch)"
rm -r .respin/sources
run respin overlay add swapped
exits "an extra source that can't be had" 3
contains "... is named" "$err" "http://127.0.0.1:9/second.patch"
ok "... and leaves nothing" test ! -e overlays

# ---- mirrors ----------------------------------------------------------------------------------------

python3 - >../port <<'E' &
import functools, http.server
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="../served")
handler.func.log_message = lambda *args: None
server = http.server.HTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()
E
server=$!
trap 'kill $server; rm -rf "$scratch"' EXIT
while [ ! -s ../port ] && kill -0 $server; do sleep 0.1; done
mkdir ../served
web=http://127.0.0.1:$(cat ../port)
cat >"$nv/opam" <<END
opam-version: "2.0"
license: "ISC"
dev-repo: "git+https://example.org/some/repository.git"
url {
  src: "http://127.0.0.1:9/swapped.tgz"
  mirrors: ["$web/other.tgz" "$web/swapped.tgz"]
  checksum: "sha512=$(sha512sum <../swapped.tgz | cut -d' ' -f1)"
}
extra-source "second.patch" {
  src: "http://127.0.0.1:9/second.patch"
  mirrors: ["$web/second.patch"]
  checksum: "md5=$(md5sum <../second.patch | cut -d' ' -f1)"
}
patches: ["first.patch" "second.patch"]
END
rm -rf .respin/sources .respin/downloads
refused="Failed to connect to 127.0.0.1 port 9"
run respin overlay add swapped
exits "where neither the address nor a mirror gives it" 3
contains "... all of them are named" "$err" "none of its 3 places gives it:"
for place in http://127.0.0.1:9/swapped.tgz "$web/other.tgz" "$web/swapped.tgz"; do
	contains "... $place" "$err" "url $place: $place: "
done
contains "... each with its reason" "$err" "$refused"
contains "... of its own" "$err" "$web/other.tgz: the server answered 404"
cp ../swapped.tgz ../served/swapped.tgz
echo 'not it' >../served/other.tgz
run respin overlay add swapped
exits "where an added file can't be had" 3
contains "... its mirror is named, too" "$err" "second.patch: none of its 2 places gives it:"
contains "... with its reason" "$err" "$web/second.patch: the server answered 404"
ok "... and nothing is left" test ! -e overlays
cp ../second.patch ../served/
rm -r .respin/downloads
run respin overlay add swapped
exits "mirrors are tried in their order" 0
contains "... what failed is told" "$err" "$refused"
contains "... wrong bytes, too" "$err" "$web/other.tgz: wrong checksum"
contains "... and what was taken" "$err" "taken from url $web/swapped.tgz, because of:"
contains "... of added files" "$err" "second.patch: taken from $web/second.patch, because of:"
is "... with all patches" "$(git -C $src log --format=%s | head -2)" "second.patch
the first change"
finish
