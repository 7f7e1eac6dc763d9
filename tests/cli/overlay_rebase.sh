#!/bin/sh
# respin overlay rebase by the command line: answers, exit statuses, changes of the recipe, ^C.
. "$(dirname "$0")/../lib.sh"

mkdir -p recipes/lib upstream bin && echo '{}' >respin.json && seq 1 50 >upstream/a.c
cat >recipes/lib/recipe.json <<'EOF'
{ "name": "lib", "version": "1.0", "license": "ISC", "source": [ { "path": "../../upstream" } ],
  "build": { "objects": { "sources": ["*.c"] } } }
EOF
src=overlays/lib/src
# commit TEXT SED-SCRIPT
commit() { sed -i "$2" $src/a.c && git -C $src commit -qam "$1"; }

run respin overlay rebase lib 2.0
exits "there is nothing to rebase" 1
contains "... and it says so" "$err" "there is no overlay of lib"
respin overlay add lib >/dev/null
commit "one: ten

Origin: upstream, https://example.org/c/1
Last-Update: yesterday" s/^10$/ten/
commit "two: thirty" s/^30$/thirty/
respin overlay save lib >/dev/null
run respin overlay status lib
contains "status shows the origin" "$out" "Origin: upstream, https://example.org/c/1"
contains "... and what is malformed" "$out" "Last-Update: expected a date"
run respin --json overlay status lib
is "... as JSON too" "$(json '[0]["series"][0]["origin"]')" "upstream, https://example.org/c/1"
is "... and the problem" "$(json '[0]["series"][0]["problems"][0]')" \
	"Last-Update: expected a date, YYYY-MM-DD"

sed -i 's/^30$/THIRTY/' upstream/a.c
sed -i s/1.0/2.0/ recipes/lib/recipe.json
run respin overlay status lib
exits "a recipe of another version" 1
contains "... tells of rebase" "$err" "respin overlay rebase lib"
mkdir -p recipes/other && sed 's/"lib", "version": "2.0"/"other", "version": "7"/' \
	recipes/lib/recipe.json >recipes/other/recipe.json
respin overlay add other >/dev/null
run respin overlay list
exits "... and hides no other overlay" 1
contains "... of the list" "$out" "other 7"
run respin overlay status other
exits "one that is named is the only one" 0
respin overlay drop other
rm -r recipes/other
echo edit >>$src/a.c
run respin overlay rebase lib
exits "uncommitted changes are in the way" 1
contains "... and are named" "$err" "uncommitted changes"
git -C $src checkout -q .
run respin overlay rebase lib
exits "a conflict" 1
contains "... names the patch" "$out" "conflict  two: thirty"
contains "... the file" "$out" "in a.c"
contains "... and the ways on" "$out" "--continue lib"
run respin overlay status lib
exits "status works meanwhile" 0
contains "... and shows the rebase" "$out" "lib 1.0 -> 2.0  rebase under way"
run respin --json overlay status lib
is "... as JSON" "$(json '[0]["rebase"]["stopped"]')" "two: thirty"
run respin build lib
exits "no build in the middle" 1
contains "... and why" "$err" "in the middle of a rebase from 1.0 to 2.0"
run respin --json plan lib
is "no plan either" "$(printf '%s' "$err" | python3 -c 'import json,sys; print(json.load(sys.stdin)["error"]["code"])')" conflict
run respin overlay rebase lib --continue
exits "unresolved" 1
contains "... is told" "$err" "still conflicts in a.c"
run respin overlay rebase --abort lib
exits "abort" 0
contains "... is back" "$out" "lib: back to 1.0"
is "... with the patches" "$(git -C $src log --format=%s upstream..)" "two: thirty
one: ten"
run respin --json overlay rebase lib
exits "again, as JSON" 1
is "... where it stopped" "$(json '["conflicts"]') $(json '["done"]') $(json '["moved"]')" \
	"['a.c'] False ['one: ten']"
sed -i '/^<<<<<<</,/^>>>>>>>/c\thirty two' $src/a.c
run respin --json overlay rebase --continue lib
exits "resolved" 0
is "... and done" "$(json '["done"]') $(json '["moved"]')" "True ['one: ten', 'two: thirty']"
run respin overlay status lib
contains "saved on the new version" "$out" "lib 2.0"
contains "... the origin is there yet" "$out" "Origin: upstream"
contains "... saved" "$out" "saved"
run respin overlay rebase lib
exits "nothing to do is fine" 0
run respin overlay rebase lib --skip
exits "nothing to skip" 1
run respin overlay rebase lib --skip --abort
exits "one word at a time" 2
run respin overlay rebase lib --sha256 0123
exits "a checksum of what?" 2
run respin overlay rebase lib 3.0 --abort
exits "a version and --abort" 2

# The same version, and a word for the recipe: a folder of the user's, its version changed.
run respin overlay rebase lib 2.1
exits "a version is set for a folder" 0
contains "... with a word" "$out" "version 2.0 -> 2.1"
ok "... in the recipe" grep -q '"version": "2.1"' recipes/lib/recipe.json

# Debian: apt's index is asked for the checksum; what it names lies here as if it was fetched.
rm -rf overlays .respin recipes/lib && mkdir -p recipes/lib .respin/sources
old=$(printf old | sha256sum | cut -d' ' -f1)
new=$(printf new | sha256sum | cut -d' ' -f1)
cat >recipes/lib/recipe.json <<EOF
{ "name": "lib", "version": "1.0", "license": "ISC",
  "source": [ { "debian": "libfoo", "version": "1:1.0+dfsg-3", "sha256": "$old" } ],
  "build": { "objects": { "sources": ["*.c"] } } }
EOF
cat >bin/apt-cache <<EOF
#!/bin/sh
[ "\$*" = "showsrc --only-source libfoo" ] || exit 100
cat <<END
Package: libfoo
Binary: libfoo1
Version: 1:1.0+dfsg-3
Checksums-Sha256:
 $old 2000 libfoo_1.0+dfsg-3.dsc

Package: libfoo
Version: 1:2.0+dfsg1-1
Checksums-Sha1:
 0123 2000 libfoo_2.0+dfsg1-1.dsc
Checksums-Sha256:
 $old 9999 libfoo_2.0+dfsg1.orig.tar.xz
 $new 2000 libfoo_2.0+dfsg1-1.dsc
Files:
 4567 2000 libfoo_2.0+dfsg1-1.dsc
END
EOF
chmod +x bin/apt-cache
PATH=$PWD/bin:$PATH
cp -a upstream ".respin/sources/lib-1.0-$(echo "$old" | cut -c1-12)"
cp -a upstream ".respin/sources/lib-2.0-$(echo "$new" | cut -c1-12)"
echo "int new;" >".respin/sources/lib-2.0-$(echo "$new" | cut -c1-12)/new.c"
respin overlay add lib >/dev/null
commit "one: ten" s/^10$/ten/
run respin overlay rebase lib 3.0
exits "a version that apt does not know" 2
contains "... those that it knows" "$err" "1:1.0+dfsg-3, 1:2.0+dfsg1-1, no 3.0"
contains "... and how to say where it is" "$err" \
	"say it: respin overlay rebase lib 3.0 --url URL --sha256 HEX; or edit the recipe"
run respin overlay rebase lib 3.0 --url https://example.org/lib-3.0.tar.gz
exits "... the URL alone is not enough" 2
contains "... and the rest is asked for" "$err" \
	"rebase lib 3.0 --url https://example.org/lib-3.0.tar.gz --sha256 HEX"
run respin overlay rebase lib 2.0
exits "upstream's version is enough" 0
ok "the recipe has Debian's version and checksum" grep -q \
	"\"debian\": \"libfoo\", \"version\": \"1:2.0+dfsg1-1\", \"sha256\": \"$new\"" \
	recipes/lib/recipe.json
ok "... and upstream's" grep -q '"version": "2.0", "license"' recipes/lib/recipe.json
ok "... and so has the overlay" grep -q "\"sha256\": \"$new\"" overlays/lib/overlay.json
ok "the new source is there" test -e $src/new.c
printf '#!/bin/sh\nexit 100\n' >bin/apt-cache
run respin overlay rebase lib 1.0
exits "apt has no index" 2
contains "... and what makes one is said" "$err" "deb-src"
run respin overlay rebase lib 1:1.0+dfsg-3 --sha256 "$old"
exits "... Debian's version and --sha256 do" 0
ok "... back to the old one" test ! -e $src/new.c
is "... with the patch" "$(git -C $src log --format=%s upstream..)" "one: ten"

# What the hint says works: a release that is in no index of apt's, by its URL and checksum.
cp -a upstream lib-3.0 && echo "int three;" >lib-3.0/three.c
three=$(printf three | sha256sum | cut -d" " -f1)
url=https://example.org/lib-3.0.tar.gz
cp -a lib-3.0 ".respin/sources/lib-3.0-$(echo "$three" | cut -c1-12)"
run respin overlay rebase lib 3.0 --url file:///lib-3.0.tar.gz --sha256 "$three"
exits "a URL of another kind is wrong usage" 2
contains "... of that option" "$err" "respin: --url: expected a URL that begins with https:// or http://, found 'file:///lib"
cp recipes/lib/recipe.json lib.json
run respin overlay rebase lib 3.0 --url $url --sha256 "$three"
exits "--url and --sha256 replace Debian's source" 0
ok "... in the recipe" grep -q "\"url\": \"$url\"" recipes/lib/recipe.json
ok "... and in the working tree" test -e $src/three.c
is "... with the patch" "$(git -C $src log --format=%s upstream..)" "one: ten"
cp lib.json recipes/lib/recipe.json
run respin overlay rebase lib
exits "the recipe of before leads back" 0
contains "... to Debian's source" "$out" "lib 3.0 -> 1.0 (Debian 1:1.0+dfsg-3)  rebased"
ok "... in the working tree" test ! -e $src/three.c

# What is told comes in the order of the series; a recipe keeps its own way to indent.
mkdir -p recipes/tabs tabs && seq 1 50 >tabs/a.c
printf '{\n\t"name": "tabs",\n\t"version": "1.0",\n\t"license": "ISC",\n\t"source": [\n\t\t{ "path": "../../tabs" }\n\t],\n\t"build": { "objects": { "sources": ["*.c"] } }\n}\n' \
	>recipes/tabs/recipe.json
respin overlay add tabs >/dev/null
src=overlays/tabs/src
commit "one: ten" s/^10$/ten/
commit "two: thirty" s/^30$/thirty/
sed -i s/^40$/forty/ $src/a.c
run respin overlay save tabs -m "three: forty

Origin: upstream, https://example.org/commit/0a1b2c
Forwarded: yes, in a letter
Fixes-Check: some/check"
git -C $src commit -q --amend --no-edit --trailer 'Fixes-Check: some/other check'
run respin overlay save tabs
run respin --json overlay status tabs
is "fields are written as the manual tells" \
	"$(json '[0]["series"][2]["fixes_checks"]') $(json '[0]["series"][2]["forwarded"]') $(json '[0]["series"][2]["problems"]')" \
	"['some/check', 'some/other check'] yes, in a letter []"
sed -i s/^10$/ten/ tabs/a.c
touch $src/.git/respin-rebase.json.Ab12Cd
run respin overlay rebase tabs 1.1
is "a dropped patch is named in its place" "$(echo "$out" | sed -n 's/^  \(moved\|dropped\) .*/\1/p' | tr '\n' ' ')" \
	"dropped moved moved "
ok "the recipe has tabs" grep -q '^		{ "path": "../../tabs" }$' recipes/tabs/recipe.json
ok "... at the end, too" grep -q '^	\],$' recipes/tabs/recipe.json
is "what a kill has left is swept" "$(ls $src/.git/respin-rebase.json.* 2>/dev/null)" ""
cp overlays/tabs/0001-two-thirty.patch kept.patch && rm -rf $src
sed -i s/^-30$/-31/ overlays/tabs/0001-two-thirty.patch
run respin overlay add tabs
contains "a patch of the series that does not apply is named by its file" "$err" \
	'0001-two-thirty.patch, "two: thirty": a.c: hunk'
cp kept.patch overlays/tabs/0001-two-thirty.patch && respin overlay add tabs >/dev/null
run respin overlay apply tabs nosuch
exits "a patch that is not there" 2
run respin overlay apply tabs respin.json
exits "a file that is none" 3
finish
