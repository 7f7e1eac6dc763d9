#!/bin/sh
# A dune project as it stands: no recipe, no respin.json, and nothing of it is changed.
. "$(dirname "$0")/../lib.sh"
export OCAMLFIND_CONF=/etc/ocamlfind.conf PATH="$RESPIN_BUILD:/usr/bin:/bin" DUNE_CACHE=disabled
unset OCAMLPATH OPAM_SWITCH_PREFIX OPAMROOT OPAMSWITCH
command -v dune >/dev/null || skip_all "dune is not installed"

mkdir -p shop/bin shop/vendor/ocaml-greet/src
cd shop || exit 1
echo '(lang dune 2.9)' >dune-project
echo '(vendored_dirs vendor)' >dune
echo '(executable (name main) (libraries greet re base64))' >bin/dune
echo 'let () = print_endline (Greet.hello "you")' >bin/main.ml
(
	cd vendor/ocaml-greet || exit 1
	echo '(lang dune 2.9)' >dune-project
	printf 'opam-version: "2.0"\nversion: "1.4"\nlicense: "ISC"\n' >greet.opam
	printf 'opam-version: "2.0"\nversion: "1.4"\n' >greet-more.opam
	echo '(library (public_name greet))' >src/dune
	echo 'let hello who = "hello " ^ who' >src/greet.ml
)
files() { find . -path ./.respin -prune -o -path ./_build -prune -o -path ./.git -prune -o -print | sort; }
files >../before

run respin init
exits "init in a dune project" 0
contains "... says that nothing is needed" "$err" "needs no init"
contains "... and what there is" "$err" "1 image, 4 packages"
is "... and makes nothing" "$(files)" "$(cat ../before)"
is "git sees nothing of it" "$(git init -q . && git status --short --porcelain)" "?? bin/
?? dune
?? dune-project
?? vendor/"

run respin overlay add greet-more
exits "an overlay by a package's name" 0
contains "... is of the unit" "$out" "shop/overlays/ocaml-greet/src"
contains "... whose version the opam file tells" "$out" "ocaml-greet 1.4"
contains "... and says what else is in it" "$out" "2 opam packages: greet-more, greet"
is "it has one commit" "$(git -C overlays/ocaml-greet/src log --format=%s)" "ocaml-greet 1.4"
run respin --json overlay status greet
is "status by a package's name, as JSON" "$(json '[0]["opam_packages"]')" "['greet-more', 'greet']"
ok "dune builds on, without the overlay" dune build --root . ./bin/main.exe
is "... the user's own source" "$(./_build/default/bin/main.exe)" "hello you"
echo 'let hello who = "good day " ^ who' >overlays/ocaml-greet/src/src/greet.ml
run respin overlay diff greet
contains "diff by a package's name" "$out" "+let hello who = \"good day \" ^ who"
run respin overlay save greet -m "greet: be polite"
exits "save" 0
(cd overlays/ocaml-greet/src/src && respin overlay list) >../list
ok "from within the overlay it is the same project" grep -q "1  greet: be polite" ../list
rm -rf overlays/ocaml-greet/src
run respin overlay add greet
contains "a fresh clone gets the patch again" "$(cat overlays/ocaml-greet/src/src/greet.ml)" "good day"
run respin overlay rebase greet 2.0
exits "another version" 2
contains "... comes with the project" "$err" "get the new version into vendor/ocaml-greet first"

sed -i 's/1.4/1.5/' vendor/ocaml-greet/greet.opam vendor/ocaml-greet/greet-more.opam
echo 'let bye = "bye"' >vendor/ocaml-greet/src/bye.ml
run respin overlay list
exits "once it is there the overlay is for an older one" 1
run respin overlay rebase greet
exits "... and rebase moves it" 0
is "... with its patch" "$(git -C overlays/ocaml-greet/src log --format=%s)" "greet: be polite
ocaml-greet 1.5"
ok "... onto the new files" test -e overlays/ocaml-greet/src/src/bye.ml
sed -i 's/1.5/1.4/' vendor/ocaml-greet/greet.opam vendor/ocaml-greet/greet-more.opam
rm vendor/ocaml-greet/src/bye.ml
run respin overlay drop greet -f
exits "drop by a package's name" 0
is "... leaves the project as it was" "$(files)" "$(cat ../before)"

mkdir overlays
echo "; mine" >overlays/dune
run respin overlay add greet
is "a file of the user's stays" "$(cat overlays/dune)" "; mine"
respin overlay drop greet
is "... and its folder" "$(cat overlays/dune)" "; mine"
rm -r overlays

respin overlay add greet >../.out
mv overlays/ocaml-greet overlays/greet
run respin overlay list
exits "an overlay in a folder of a package's name" 3
contains "... is told where it belongs" "$err" "mv overlays/greet overlays/ocaml-greet"
mv overlays/greet overlays/ocaml-greet
respin overlay drop greet

echo '{}' >respin.json
run respin plan
exits "a respin.json needs no recipes/ beside a project's own" 0
rm respin.json

run respin overlay add shop
exits "the project itself takes no overlay" 2
contains "... and why" "$err" "edit its files where they are"
run respin overlay add gret
contains "a name that is nearly right" "$err" "did you mean 'greet'? dpkg and apt know"

sed -i /version:/d vendor/ocaml-greet/*.opam
echo nothing >../no.patch
run respin try --module Greet --patch ../no.patch
is "a package without a version" "$(echo "$err" | sed -n 's/^1 resolve *[0-9.]* m*s  //p')" "Greet (module) -> greet -> greet"
for each in vendor/ocaml-greet/*.opam; do echo 'version: "1.4"' >>"$each"; done

git add -A && git commit -qm start
echo '(* mine *)' >>vendor/ocaml-greet/src/greet.ml
run respin overlay add greet
contains "edits in place are seen" "$out" "had 1 file edited in place, which the overlay starts from: src/greet.ml"
contains "... and taken along" "$(cat overlays/ocaml-greet/src/src/greet.ml)" "(* mine *)"
is "nothing of the user's was changed" "$(git status --short)" " M vendor/ocaml-greet/src/greet.ml
?? overlays/"
run respin overlay status greet
contains "... status tells of them, too" "$out" \
	"it is the source as it lies in vendor/ocaml-greet, with 1 file edited in place (src/greet.ml)"
git checkout -q vendor
run respin overlay status greet
lacks "... taken back, they are not told any more" "$out" "edited in place"
lacks "... and the overlay follows the folder" "$(cat overlays/ocaml-greet/src/src/greet.ml)" mine
mv .git ../git
echo '(* mine *)' >>vendor/ocaml-greet/src/greet.ml
respin overlay drop greet
run respin overlay add greet
contains "where nobody knows, no more is said than is known" "$out" \
	"its first commit is the source as it lies in vendor/ocaml-greet;"
lacks "... of edits nothing" "$out" "edited in place"
lacks "... nor that it was released" "$out" "upstream's"
run respin overlay status
lacks "... nor in its status" "$out" "released"
mv ../git .git
respin overlay drop greet
git checkout -q .

# Libraries of the distribution: found by dpkg, their source's checksum by apt.
mkdir ../bin
pin=$(printf pin | sha256sum | cut -d' ' -f1)
version=$(dpkg-query -W -f='${source:Version}' libre-ocaml-dev)
printf '#!/bin/sh\necho asked >>%s/asked\n' "$scratch" >../bin/apt-cache
cat >>../bin/apt-cache <<END
[ "\$3" = ocaml-re ] || exit 100
printf 'Package: ocaml-re\nVersion: %s\nChecksums-Sha256:\n %s 2000 re.dsc\n' $version $pin
END
printf '#!/bin/sh\necho "http://127.0.0.1:9/debian|main"\n' >../bin/apt-get # nobody is there
chmod +x ../bin/apt-cache ../bin/apt-get
PATH=$scratch/bin:$PATH
upstream=${version%-*}
kept=.respin/sources/ocaml-re-$upstream-$(echo "$pin" | cut -c1-12)
mkdir -p "$kept/lib"
echo '(lang dune 2.9)' >"$kept/dune-project"
echo "ocaml-re $version $pin" >.respin/pins
run respin overlay add re
exits "a library of the distribution" 0
contains "... is its source package" "$out" "ocaml-re $upstream"
contains "... and its packages" "$out" "1 opam package: re"
ok "apt is not asked for what it told before" test ! -e ../asked
contains "its overlay tells the checksum" "$(cat overlays/ocaml-re/overlay.json)" "$pin"
respin overlay drop re
mv "$kept/dune-project" "$kept/Makefile"
run respin overlay add re
exits "a source that dune doesn't build" 3
contains "... can't take the place of what is installed" "$err" "ocaml-re is not built by dune"
ok "... and nothing is begun" test ! -e overlays
rm -rf .respin/pins "$kept"
run respin fetch base64
exits "a source that apt does not know, or has no index for" 3
contains "... is said so" "$err" "source of ocaml-base64: apt"

mkdir -p recipes/ocaml-greet
echo '{ "name": "ocaml-greet", "version": "9", "license": "MIT" }' >recipes/ocaml-greet/recipe.json
run respin overlay add greet
contains "a recipe by hand wins" "$out" "ocaml-greet 9"
ok "... its source is the vendored one" test -e overlays/ocaml-greet/src/src/greet.ml
mkdir recipes/shop
echo '{ "name": "shop", "version": "2", "license": "ISC", "image": {} }' >recipes/shop/recipe.json
run respin build shop
exits "... an image with it builds" 0
run respin --json inspect shop
is "... and tells sources by their folders in the project" "$(printf '%s' "$out" | python3 -c 'import json, sys
for p in json.load(sys.stdin)["packages"]:
	if p["source"].startswith("path"):
		print(p["name"], p["version"], p["source"], sep=", ")' 2>&1 | sort)" "ocaml-greet, 9, path vendor/ocaml-greet
shop, 2, path .
shop-project, dev, path ."
lacks "... by no others" "$out" "$scratch"
run respin inspect shop
is "... the image's own recipe, which has no code of it, has no line for people" \
	"$(echo "$out" | sed -n '/^package/,/^$/p' | grep -c -e '^shop ' -e '^shop-project ')" 1
respin overlay drop greet
rm -r recipes

mkdir -p recipes/shop
cat >recipes/shop/recipe.json <<-END
	{ "name": "shop", "version": "1", "license": "ISC", "source": [{ "path": "../.." }],
	  "build": { "dune": { "place": ".", "target": "bin/main.exe" } }, "image": { "machine": "process" } }
END
run respin --json plan
is "an image by hand, of what a made one has, wins" "$(json '["image"]')" shop
rm -r recipes

# What a lock file names, where it was fetched once, tells what was edited.
mkdir -p ../locked/duniverse/lib/src ../locked/.respin/sources
(
	cd ../locked || exit 1
	echo '(lang dune 2.9)' | tee dune-project >duniverse/lib/dune-project
	echo '(vendored_dirs *)' >duniverse/dune
	printf 'opam-version: "2.0"\n' >duniverse/lib/lib.opam
	echo '(library (public_name lib))' >duniverse/lib/src/dune
	echo 'let a = 1' >duniverse/lib/src/lib.ml
	sum=$(printf lib | sha256sum | cut -d' ' -f1)
	cat >app.opam.locked <<-END
		opam-version: "2.0"
		depends: [ "lib" {= "0.3" & ?vendor} ]
		x-opam-monorepo-duniverse-dirs: [ [ "https://example.org/lib.tbz" "lib" [ "sha256=$sum" ] ] ]
	END
	cp -R duniverse/lib ".respin/sources/lib-0.3-$(echo "$sum" | cut -c1-12)"
)
run respin -C ../locked overlay add lib
contains "a version from the lock file" "$out" "lib 0.3"
lacks "what is as it was locked is not edited" "$out" "edited in place"
respin -C ../locked overlay drop lib
echo 'let a = 2' >../locked/duniverse/lib/src/lib.ml
touch ../locked/duniverse/lib/more
rm ../locked/duniverse/lib/dune-project
run respin -C ../locked overlay add lib
contains "what is not is told" "$out" "had 3 files edited in place, which the overlay starts from: dune-project, ..."
echo 'let a = 3' >../locked/overlays/lib/src/src/lib.ml
respin -C ../locked overlay save lib -m "lib: three"
rm -rf ../locked/overlays/lib/src
run respin -C ../locked overlay list
exits "in a fresh clone its patch is there again" 0
contains "... as it was saved" "$out" "1  lib: three"

mkdir ../uni
printf 'open Mirage\nlet () = register "uni" []\n' >../uni/config.ml
run respin -C ../uni plan
exits "a MirageOS project that is not configured" 3
contains "... says what to run" "$err" "mirage configure -t TARGET"
is "... and is left alone" "$(ls -A ../uni)" "config.ml"

mkdir ../uni/mirage ../uni/dist
printf 'configure\n-t\nunix\n' >../uni/mirage/context
echo '(lang dune 2.9)' >../uni/dune-project
echo '(include dune.build)' >../uni/dune
printf '(copy_files# ./mirage/main.ml)\n(executable (name main) (modules main))\n' >../uni/dune.build
echo '(rule (mode (promote)) (target uni) (action (copy ../main.exe %{target})))' >../uni/dist/dune
sleep 0.01
echo 'let () = print_endline "up"' >../uni/mirage/main.ml
run respin -C ../uni plan
exits "one that is configured" 0
lacks "... has nothing to tell of its config.ml" "$err" config.ml
echo '(* more *)' >>../uni/config.ml
for each in plan build inspect; do
	run respin -C ../uni $each uni
	exits "$each, with a config.ml that was edited since" 0
	is "... which is said once" "$(echo "$err" | grep -c 'config.ml has changed since')" 1
done
cd ..

# Real projects, where they are.
real() {
	name=$1
	rm -rf real
	mkdir real
	tar -C "$RESPIN_MIRAGE/$name" --exclude=_build --exclude=.respin -cf - . | tar -C real -xf -
	(cd real && files) >before
	run respin -C real overlay add tcpip
	exits "$name: an overlay of tcpip" 0
	contains "$name: ... is of mirage-tcpip" "$out" "mirage-tcpip $2"
	ok "$name: ... with its source" test -e real/overlays/mirage-tcpip/src/src/tcp/window.ml
	run respin --json -C real overlay list
	is "$name: ... saved" "$(json '[0]["saved"]')" True
	run respin -C real overlay drop tcpip
	is "$name: drop leaves nothing" "$(cd real && files)" "$(cat before)"
	run respin -C real overlay add cstruct-lwt
	contains "$name: several packages go together" "$out" "cstruct-lwt"
	run respin -C real init
	contains "$name: has one image" "$err" "1 image"
	lacks "$name: has all its libraries" "$err" "nowhere"
}
if [ -n "${RESPIN_MIRAGE-}" ]; then
	export PATH="$RESPIN_BUILD:$RESPIN_MIRAGE/tools/bin:/usr/bin:/bin"
	export OCAMLFIND_CONF="$RESPIN_MIRAGE/tools/etc/findlib.conf"
	for each in site-lock site-spt site-virtio site; do real $each 9.0.1; done
	respin -C real init
	ok "site: its image needs what dune says that it links" python3 "$top/tests/ocaml/links.py" real
	real plain dev
	unset OCAMLFIND_CONF
	export OPAMROOT="$RESPIN_MIRAGE/opamroot2" OPAMSWITCH=sw
	export OCAMLPATH="$OPAMROOT/sw/lib:/usr/lib/ocaml"
	real site-switch 9.0.1
else
	count=$((count + 1))
	echo "ok $count - MirageOS projects # SKIP RESPIN_MIRAGE names no folder of them"
fi
finish
