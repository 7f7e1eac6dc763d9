#!/bin/sh
# Debian source packages from an archive on loopback: overlays of packages without a recipe, Debian's
# patches as commits, builds by debian/rules, dependents.
. "$(dirname "$0")/../lib.sh"

. "$top/tests/debian/start"

workspace w
cd w || exit 1

# ---- a package without a recipe ----

run respin overlay add libdemo-dev
exits "a binary package's name opens its source" 0
contains "... with a recipe" "$out" "overlays/demo/recipe.json is its recipe: Debian's source demo 1.0-1"
contains "... of the version that is installed" "$out" "libdemo-dev 1.0-1 is installed"
src=overlays/demo/src
is "the first commit is upstream's" "$(git -C $src log --format='%an <%ae> %s' pristine)" \
	"respin <respin@localhost> demo 1.0"
is "... as it was released" "$(git -C $src show pristine:demo.c | sed -n 4p)" \
	"	return 0; /* upstream */"
is "... with its own folder debian/" "$(git -C $src ls-tree -r --name-only pristine debian)" debian/theirs
is "Debian's patches follow in order" "$(git -C $src log --reverse --format='%an: %s' pristine..upstream)" \
	"A. Packager: Debian's packaging, demo 1.0-1
F. First: the first change
Sécond: the second change
T. Third: back"
is "... with their dates" "$(git -C $src log --reverse --format=%ad --date=iso pristine..upstream)" \
	"2026-11-02 09:30:00 +0100
2026-10-20 12:00:00 +0000
2026-11-03 10:00:00 +0000
2026-11-02 09:30:00 +0100"
is "... and what they say of themselves" "$(git -C $src log -1 --format=%b upstream~2)" \
	"It has a text.

In two paragraphs.

Origin: upstream, https://example.org/1
Forwarded: not-needed
Last-Update: 2026-10-20
Patch-Name: first.patch"
is "... also without fields" "$(git -C $src log -1 --format=%b upstream)" "There were three,
and now two.

Author: T. Third <third@example.org>"
is "options of the series count: -p0" "$(git -C $src diff --stat upstream~2 upstream~1 | sed -n 1p)" \
	" demo.c | 1 +"
is "... and -R" "$(git -C $src show upstream:gone.txt)" "one
two"
is "the tree is the source's, with debian/" \
	"$(git -C $src ls-tree -r --name-only upstream | tr '\n' ' ')" \
	"debian/changelog debian/control debian/patches/back debian/patches/first.patch debian/patches/series debian/patches/sub/second.diff debian/rules demo.c demo.h gone.txt "
is "nothing is left of the work" "$(find overlays/demo .respin/sources -name stages -o -name '.new-*' \
	-o -path '*demo/.respin')" ""
base=$(git -C $src rev-parse upstream)

run respin overlay add demo
contains "the same again is open already" "$out" "open already"
run respin overlay status demo
contains "... without changes it is Debian's source" "$out" "it is upstream's source with Debian's patches"
recipe=overlays/demo/recipe.json
cp $recipe ../recipe.json
run respin overlay add demo=2.0
exits "... another version is refused" 1
contains "... which is open is said" "$err" "the recipe of demo is of version 1.0-1, not 2.0"
contains "... and the ways there" "$err" "respin overlay rebase demo 2.0 moves the overlay there; or respin overlay drop demo, then add"
ok "... and the recipe is as it was" cmp $recipe ../recipe.json
sed -i 's/"debian": {}/"debian": { "profiles": ["nocheck", "nobiarch"] }/' $recipe
cp $recipe ../edited.json
run respin overlay add demo=1.0-1
contains "an edited recipe is open with its version" "$out" "open already"
ok "... and stays" cmp $recipe ../edited.json
run respin overlay drop demo
exits "... is not dropped without a word" 1
contains "... that names it" "$err" "the recipe of demo was edited, and is not committed"
git init -q . && git add $recipe && git commit -qm recipe
cp -a overlays ../overlays
run respin overlay drop demo
exits "... but is where the project has committed it" 0
rm -rf .git overlays && mv ../overlays . && cp ../recipe.json $recipe
cp -a overlays ../overlays
run respin overlay drop demo
exits "... and as it was made" 0
rm -rf overlays && mv ../overlays .
run respin overlay list
sed -i "s/\"sha256\": \"..../\"sha256\": \"0000/" $recipe
run respin overlay list
exits "a recipe with another source is told where the tree is, too" 1
contains "... with what it is for" "$err" "which its recipe does not name"
cp ../recipe.json $recipe
workspace ../other
run respin -C ../other overlay add demo=1.0-1
is "the ids are the same elsewhere" "$(git -C ../other/$src rev-parse upstream)" "$base"
workspace ../newer
run respin -C ../newer overlay add demo=2.0
exits "another version" 0
is "... with an empty series" "$(git -C ../newer/$src log --format=%s)" \
	"Debian's packaging, demo 2.0-1
demo 2.0"

run env DPKG_ROOT="$scratch/none" respin overlay add nothing-like-it
exits "a name that nobody knows" 1
contains "... says so" "$err" "dpkg and apt know no such package or installed file"
contains "... and what to do" "$err" "apt-get install apt-file && apt-file update, or name the package"
mkdir -p ../contents/var/lib/apt/lists
(
	cd ../contents/var/lib/apt/lists || exit 1
	printf 'usr/include/%s\n' 'tool.h devel/demo-tool' 'both.h devel/demo-tool,devel/uses-api' |
		tee m_Contents-all >m_Contents-amd64
)
workspace ../files
run env DPKG_ROOT="$scratch/contents" respin -C ../files overlay add tool.h
exits "a header of a package that is not installed" 0
contains "... opens its source" "$out" "overlays/demo-tool/recipe.json is its recipe: Debian's source demo-tool"
contains "... and says why" "$out" "demo-tool has tool.h; demo-tool 1-1 is apt's candidate"
run env DPKG_ROOT="$scratch/contents" respin -C ../files overlay add both.h
exits "a header of several sources" 2
contains "... names the packages" "$err" "both.h is in several packages that are not installed: demo-tool, uses-api"
run env DPKG_ROOT="$scratch/contents" respin -C ../files overlay add nothing-like.h
exits "a header that no package has" 1
contains "... is told so" "$err" "nor has a package of the distribution such a file"
run respin -C ../files overlay add demo=3
exits "a version that nobody has" 1
contains "... names those there are" "$err" "apt's index of sources has demo 1.0-1, 2.0-1, no 3"
for name in elsewhere flat; do
	run respin -C ../files overlay add $name
	exits "the index tells where a source is that is in no pool: $name" 0
done
is "a subject that was cut is whole" "$(git -C ../files/overlays/elsewhere/src log -1 --format='%s|%b' | head -1)" \
	"Two is the number for all of them.|And more."
run respin overlay add unfit
exits "a patch that doesn't apply" 3
contains "... is named" "$err" "debian/patches/bad.patch does not apply"
run respin overlay add odd
exits "an odd line in the series" 3
contains "... is named with its number" "$err" "debian/patches/series, line 2: '--merge' is no option of a patch"
is "what failed leaves nothing" "$(ls overlays)" demo

run respin resolve --json demo.c
contains "resolve finds its files" "$(json '["candidates"][0]["file"]')" demo.c
contains "... and knows who builds them" "$out" "is built by its own debian/rules"

# ---- save, clone, rebase ----

sed -i 's/return 1;.*/return 2;/' $src/demo.c
run respin overlay save -m "two" demo
exits "an edit is saved" 0
is "... as one patch" "$(ls overlays/demo)" "0001-two.patch
overlay.json
recipe.json
src"
tree=$(git -C $src rev-parse 'HEAD^{tree}')
cp overlays/demo/overlay.json ../clone.json
workspace ../clone
cp -r overlays ../clone/ && rm -rf ../clone/$src
run respin -C ../clone overlay list
is "a clone gives the same commits" "$(git -C ../clone/$src rev-parse upstream)" "$base"
is "... and the same tree" "$(git -C ../clone/$src rev-parse 'HEAD^{tree}')" "$tree"
run respin -C ../clone overlay rebase demo 2.0
exits "a rebase to Debian's next version" 1
contains "... that conflicts" "$out" "conflict  two"
run respin -C ../clone overlay rebase --abort demo
exits "... is taken back" 0
is "... to where it was" "$(git -C ../clone/$src rev-parse 'HEAD^{tree}' upstream)" "$tree
$base"
sed -i 's/{$/{ \/* 2.0 *\//; s/return 2;/return 0; \/* upstream *\//; /second/d' ../clone/$src/demo.c
sed -i 's/^}$/} \/* mine *\//' ../clone/$src/demo.c
git -C ../clone/$src reset -q --hard upstream
echo mine >../clone/$src/mine.txt
run respin -C ../clone overlay save -m "mine" demo
run respin -C ../clone overlay rebase demo 2.0
exits "a rebase that fits" 0
contains "... names Debian's versions" "$out" "demo 1.0 (Debian 1.0-1) -> 2.0 (Debian 2.0-1)  rebased"
is "... has the new version's commits below" "$(git -C ../clone/$src log --format=%s)" \
	"mine
Debian's packaging, demo 2.0-1
demo 2.0"
is "... whose first is named" "$(git -C ../clone/$src log --format=%s pristine)" "demo 2.0"
run respin -C ../clone overlay list
contains "... list names it, too" "$out" "demo 2.0 (Debian 2.0-1)  tree"
run respin -C ../clone --json overlay list
is "... as JSON" "$(json '[0]["debian_version"]')" 2.0-1
contains "... and its recipe" "$(cat ../clone/overlays/demo/recipe.json)" '"version": "2.0-1"'

mkdir ../offline && cp -r respin.json recipes overlays ../offline/ && rm -rf ../offline/$src
mkdir ../offline/.respin && cp -r .respin/sources ../offline/.respin/
cp "$archive/apt.conf" apt.conf.kept
sed -i 's/DIRECT/http:\/\/127.0.0.1:9\//' "$archive/apt.conf"
run respin -C ../offline overlay list
exits "without a network and the archives" 0
contains "... there is a word" "$err" "Debian's patches of demo are one commit with upstream's source"
is "... and the same tree" "$(git -C ../offline/$src rev-parse 'HEAD^{tree}')" "$tree"
cp apt.conf.kept "$archive/apt.conf"

# ---- build ----

run respin plan demo
contains "what was never built" "$out" "demo.debs                                    never built here"
run respin build demo
exits "debian/rules make the packages" 0
first=$(echo "$out" | sed -n 1p)
is "... which are in a folder" "$(cd "$first" && ls)" "libdemo-dev_1.0-1_$arch.deb
libdemo1_1.0-1_$arch.deb"
dpkg-deb -x "$first/libdemo1_1.0-1_$arch.deb" unpacked
is "... with the edit" "$(grep -c 'return 2' unpacked/usr/share/libdemo1/demo.c)" 1
run respin --json build demo
is "unchanged: nothing runs" "$(json '["ran"]')" "[]"
is "... and the result is where it was" "$(json '["path"]')" "$first"
rm -rf .respin/debian
run respin build demo
ok "what was removed comes from the store" test -f "$first/libdemo1_1.0-1_$arch.deb"
echo '/* more */' >>$src/demo.h
run respin plan demo
contains "a changed file is the reason" "$out" "demo.h changed"
sed -i 's/^Version: 1.0-1$/Version: 1.0-1+b1/' "$DPKG_ADMINDIR/status"
git -C $src checkout -q .
respin overlay add demo-tool >/dev/null
run respin build demo-tool
exits "what is built with it" 0
run respin plan demo-tool
contains "... has nothing to do then" "$out" "nothing to do"
sed -i 's/^Version: 1.0-1+b1$/Version: 1.0-1/' "$DPKG_ADMINDIR/status"
run respin plan demo-tool
contains "another version of a build dependency is a reason" "$out" "version of libdemo-dev changed"

# ---- an overlay that was made when Debian's patches were no commits ----

respin --json overlay status demo >now.json
git -C $src commit -q --allow-empty -m x && git -C $src reset -q --hard HEAD~1
old=$(echo "demo 1.0" | git -C $src commit-tree "upstream^{tree}")
git -C $src rebase -q --onto "$old" upstream main
git -C $src update-ref refs/tags/upstream "$old"
git -C $src tag -d pristine >/dev/null
run respin --json overlay status demo
is "is what it was" "$out" "$(cat now.json)"
run respin overlay save demo
exits "... and can be saved" 0
ok "... as it was" git diff --no-index --quiet overlays/demo/overlay.json ../clone.json
run respin overlay rebase demo
exits "... rebase gives it the commits" 0
is "... with the ids of all" "$(git -C $src rev-parse upstream)" "$base"
is "... and the same tree" "$(git -C $src rev-parse 'HEAD^{tree}')" "$tree"

# ---- verify ----

echo '# no more than a word' >>$src/debian/rules
git -C $src commit -qam "a comment in the rules"
run respin overlay verify demo
exits "a patch that changes no package" 1
contains "... is told from one that does" "$out" "two"
contains "... in packages, not images" "$out" "changes: without it its binary packages are the same"
run respin --json overlay verify demo
is "... as JSON" "$(json '["overlays"][0]["patches"][1]["changes_image"]')" no
is "... with the packages that the other one changes" \
	"$(json '["overlays"][0]["patches"][0]["images"]')" "['demo']"
git -C $src reset -q --hard HEAD~1

# ---- dependents ----

run respin plan demo
contains "plan names who is built with it" "$out" "demo-tool                build-depends on libdemo-dev"
run respin --json plan demo
is "... as JSON" "$(json '["dependents"][0]["package"]')" demo-tool
run respin build --dependents demo
exits "they are built, too" 0
tool=$(echo "$out" | grep /demo-tool-)
dpkg-deb -x "$tool/demo-tool_1-1_$arch.deb" tool
is "... with the patched library, new files and others" "$(tool/usr/bin/demo-tool)" \
	"value 2, zlib is laid over, linux is laid over"
is "... of all folders" "$(cat tool/usr/bin/system)" "laid over"
ok "... which is nowhere but in the sandbox" test ! -e /usr/include/demo
run respin --json build --dependents demo
is "... as JSON" "$(json '["dependents"][0]["image"]')" demo-tool
is "... and not again" "$(json '["dependents"][0]["ran"]')" "[]"
respin -q overlay add needy >/dev/null 2>&1
run respin build --dependents demo
exits "one that can't be built" 1
contains "... is an error that says why" "$err" "needy can't be built here: Unmet build dependencies: not-there (>= 2)"
cp -R overlays/needy overlays/bare && sed -i 's/"name": "needy"/"name": "bare"/' overlays/bare/recipe.json
run respin build --dependents demo
exits "before others" 1
contains "... they are named" "$err" "after bare not tried: demo-tool, needy (-k goes on)"
run respin build -k --dependents demo
exits "with -k they are built" 1
contains "... and who is not is told" "$err" "bare is not built: bare can't be built here: Unmet build"
contains "... at the end, too" "$err" "2 of 3 dependents not built"
ok "... the other is" test -n "$(echo "$out" | grep /demo-tool-)"
contains "... and told" "$out" demo-tool
is "that an overlay changes nothing is said once" \
	"$(grep -c 'the overlay of demo-tool changes nothing yet' "$scratch/.err")" 1
run respin --json build -k --dependents demo
is "... as JSON" "$(json '["dependents"][0]["image"]')" demo-tool
rm -r overlays/bare overlays/needy
run respin -q build --no-overlays demo-tool
exits "without overlays there is no library to build with" 1
contains "... and the compiler says so" "$err" "demo/demo.h"
sed -i 's/"build"/"needs": ["demo"], "build"/' overlays/demo-tool/recipe.json
run respin -q build --no-overlays demo-tool
exits "... unless the recipe needs it" 0
dpkg-deb -x "$(echo "$out" | sed -n 1p)/demo-tool_1-1_$arch.deb" released
is "... which then is the released one" "$(released/usr/bin/demo-tool)" \
	"value 1, zlib is laid over, linux is laid over"
sed -i 's/"needs": ."demo"., //' overlays/demo-tool/recipe.json
sed -i 's/return 2;/return 3;/' $src/demo.c
run respin plan demo-tool
contains "an edit of the library is a reason of its dependents" "$out" "needs demo.debs, which is rebuilt"

run respin --json plan --all demo
is "the distribution's dependents" "$(json '["distribution"]["runtime"]')" "['demo-tool', 'uses-api']"
is "... and sources built with it" "$(json '["distribution"]["build"]')" "['demo-tool', 'needy']"
is "... of these packages" "$(json '["distribution"]["binaries"]')" "['libdemo-dev', 'libdemo1']"
run respin --json plan --all --recursive demo
is "... and theirs" "$(json '["distribution"]["runtime"]')" "['demo-tool', 'uses-api', 'uses-tool']"
run respin --json -C ../files plan --all libdemo-dev
exits "of a package that has no recipe, too" 0
is "... by the distribution's index" "$(json '["distribution"]["runtime"]') $(json '["actions"]')" \
	"['demo-tool', 'uses-api'] []"
run respin -C ../files plan --all demo
contains "... which is said" "$out" "demo: there is no recipe or overlay of it here

in the distribution, 2 packages depend on libdemo-dev, libdemo1:"
run respin -C ../files plan demo
exits "... without --all it is unknown" 1
run respin --json plan --all libdemo-dev
is "a binary package means its source's recipe" "$(json '["image"]')" demo
run respin plan --recursive demo
exits "--recursive alone" 2
run respin plan --all demo
contains "for people" "$out" "2 packages depend on libdemo-dev, libdemo1:
  demo-tool uses-api"
ok "the index is kept" test -s .respin/index/debian
run respin --json plan --all demo
echo rotten >.respin/index/debian
before=$out
run respin --json plan --all demo
is "... and made again where it is damaged" "$out" "$before"

respin gc --days 0 >/dev/null
is "gc takes the packages along" "$(find .respin/debian -mindepth 1 -type d)" ""

# ---- what goes wrong ----

mkdir recipes/image
echo '{ "name": "image", "version": "1", "license": "ISC", "needs": ["demo"], "image": {} }' \
	>recipes/image/recipe.json
run respin build image
exits "an image can't be linked from Debian's packages" 3
contains "... and is told so" "$err" "recipes/image/recipe.json:/needs/0: image needs demo, which makes Debian's binary packages: these are not linked into images"
rm recipes/image/recipe.json
mkdir recipes/other recipes/image/src
echo '#include <demo/demo.h>' >recipes/image/src/a.c
cp -R recipes/image/src recipes/other/
for name in other image; do
	[ $name = other ] && need=demo || need=other
	echo '{ "name": "'$name'", "version": "1", "license": "ISC", "needs": ["'"$need"'"],
		"source": [{ "path": "src" }], "build": { "objects": { "sources": ["*.c"] } } }' >recipes/$name/recipe.json
done
run respin build image
exits "nor does a library compile against them" 3
contains "... said of the recipe that names it" "$err" "other/recipe.json:/needs/0: other needs demo, which makes"
contains "... with what to do" "$err" "let demo build by \"objects\" or \"commands\" (in $PWD/overlays/demo/recipe.json), or take it out of \"needs\""
sed -i 's/"other"/"demo"/' recipes/image/recipe.json
run respin plan image
exits "... before anything is built" 3
contains "... in a plan, too" "$err" "image/recipe.json:/needs/0: image needs demo, which makes"
rm -r recipes/image recipes/other

respin overlay add needy >/dev/null
run respin build needy
exits "missing build dependencies" 1
contains "... are named" "$err" "Unmet build dependencies: not-there (>= 2) nor-this"
contains "... with what gets them" "$err" "apt-get build-dep -P nocheck needy"
sed -i 's/not-there/nor-there/' overlays/needy/src/debian/control
run respin build needy
contains "... of edited ones apt reads the overlay" "$err" "apt-get build-dep -P nocheck ./overlays/needy/src"
sed -i 's/nor-there/not-there/' overlays/needy/src/debian/control
sed -i 's/"build"/"needs": ["needy"], "build"/' overlays/demo-tool/recipe.json
run respin build demo-tool
contains "who wanted what can't be built is named" "$err" \
	"demo-tool is built with needy, which has an overlay: needy can't be built here: Unmet"
sed -i 's/"needs": ."needy"., //' overlays/demo-tool/recipe.json
respin overlay add broken >/dev/null
run respin build broken
exits "rules that fail" 1
contains "... say why at the end" "$err" "a word on the cause"
contains "... and what the compiler said before" "$err" "a.c:1:2: error: odd
..."
is "... once" "$(grep -c '^a word on the cause$' "$scratch/.err")" 1
contains "... the rest is kept" "$err" ".respin/debian/broken.log"
is "... whole" "$(grep -c '^first$' .respin/debian/broken.log)" 1
respin overlay add slow >/dev/null
(trap - INT; exec respin build slow) >slow.out 2>&1 &
pid=$!
for _ in $(seq 100); do pgrep -P $pid bwrap >/dev/null && break; sleep 0.1; done
sleep 0.3
kill -INT $pid
wait $pid && status=0 || status=$?
is "^C ends a build" "$status" 130
is "... and leaves nothing of it" "$(ls .respin/tmp 2>/dev/null; pgrep -P $pid)" ""
run respin build demo
exits "... which is no hindrance" 0
mkdir ../asking && printf '#!/bin/sh\nexec sleep 60\n' >../asking/apt-cache && chmod +x ../asking/apt-cache
(trap - INT; PATH=$PWD/../asking:$PATH exec respin overlay rebase slow 9.9) >asking.out 2>&1 &
pid=$!
for _ in $(seq 100); do pgrep -P $pid sleep >/dev/null && break; sleep 0.1; done
kill -INT $pid
wait $pid && status=0 || status=$?
is "^C while apt is asked for a version" "$status $(cat asking.out)" "130 respin: interrupted"
rm asking.out
run respin overlay drop -f demo
ok "drop takes the recipe along" test ! -e overlays/demo
run respin build demo
exits "... so that it is unknown again" 1

# ---- apt without what it takes ----

sed -i /deb-src/d "$archive/apt/etc/test.list"
rm "$archive/apt/etc/flat.list"
apt-get -qq update >/dev/null 2>&1
workspace ../bare
run respin -C ../bare overlay add demo
exits "no index of sources" 3
line="$(sed 's/^deb /deb-src /' "$archive/apt/etc/test.list")"
contains "... is said with what to do" "$err" "as root, add the line to $archive/apt/etc/test.list: $line; then: apt-get update"
is "... and leaves nothing" "$(ls -A ../bare/overlays 2>/dev/null)" ""
port=$(sed -n 's/.*127.0.0.1:\([0-9]*\).*/\1/p' "$archive/apt/etc/test.list")
rm "$archive/apt/etc/test.list"
printf '%s\n' "Types: deb" "URIs: http://127.0.0.1:$port" "Suites: test" "Components: main" "Trusted: yes" \
	>"$archive/apt/etc/test.sources"
apt-get -qq update >/dev/null 2>&1
run respin -C ../bare overlay add demo
contains "a .sources file has it in its types" "$err" \
	"as root, in $archive/apt/etc/test.sources make the line \"Types: deb\" read \"Types: deb deb-src\"; then: apt-get update"
sed -i 's/^Types: deb$/Types: deb deb-src/' "$archive/apt/etc/test.sources"
apt-get -qq update >/dev/null 2>&1
run respin -C ../bare overlay add demo
exits "... which is enough" 0
exec 9>&-
finish
