#!/bin/sh
# respin overlay verify on real lwIP: a patch that its check needs, one that changes nothing, one
# whose check passes anyway, one that does not apply; and ^C.
. "$(dirname "$0")/../lib.sh"
project
echo '{ "recipes": ["recipes", "examples/static-site/recipes"] }' >.respin.json
python3 - <<'EOF'
import json
name = "examples/static-site/recipes/static-site/recipe.json"
recipe = json.load(open(name))
checks = recipe["image"]["checks"]
checks.append(dict(checks[-1], name="a large first flight", min=5))
json.dump(recipe, open(name, "w"), indent=1)
EOF
src=overlays/lwip/src
# commit TEXT: with all that is changed
commit() { git -C $src commit -qam "$1"; }
# verdict NUMBER FIELD
verdict() { json "[\"overlays\"][0][\"patches\"][$1][\"$2\"]"; }

respin overlay add lwip >/dev/null 2>&1
run respin overlay verify lwip
exits "an overlay without patches" 1
contains "... has no effect, and why" "$out" "no effect: it has no patches"
run respin overlay verify nosuch
exits "no such package" 1
run respin overlay verify zlib
exits "a package without overlay" 1
contains "... says so" "$err" "there is no overlay of zlib"

respin overlay apply lwip examples/static-site/patches/initial-window.patch >/dev/null
git -C $src commit -q --amend -m "tcp: a larger window

Fixes-Check: static-site/a large first flight"
sed -i '1s/^/The /' $src/README && commit "readme: an article"
sed -i 's/^u32_t tcp_ticks;/u32_t tcp_ticks = 7;/' $src/src/core/tcp.c
commit "tcp: ticks begin elsewhere

Fixes-Check: static-site/answers ARP
Fixes-Check: static-site/nothing of the kind
Last-Update: soon"
run respin --json overlay verify lwip
exits "a series with obsolete patches" 1
is "a patch that its check needs" "$(verdict 0 applies) $(verdict 0 changes_image) $(verdict 0 needed)" \
	"yes yes yes"
is "... by what was seen" "$(verdict 0 'checks"][0]["without') $(verdict 0 'checks"][0]["with')" "fail pass"
ok "... in runs that are kept" test -e ".respin/runs/$(verdict 0 'checks"][0]["run_without')/run.json"
is "... in the image" "$(verdict 0 images) $(verdict 0 fine)" "['static-site'] True"
is "one that is not compiled" "$(verdict 1 applies) $(verdict 1 changes_image) $(verdict 1 needed)" \
	"yes no unknown"
is "... and why" "$(verdict 1 why_changes_image)" "without it every image is the same"
is "one whose check passes anyway" "$(verdict 2 applies) $(verdict 2 changes_image) $(verdict 2 needed)" \
	"yes yes no"
is "... and why" "$(verdict 2 why_needed)" "the check passes without it"
is "... a check that is not there" "$(verdict 2 'checks"][1]["why')" "the image has no such check"
is "... a malformed field, and a check that is not there" "$(verdict 2 problems)" \
	"['Last-Update: expected a date, YYYY-MM-DD', 'Fixes-Check: static-site/nothing of the kind: the image has no such check']"
echo '#error no such thing' >>$src/src/core/udp.c && commit "udp: an error"
run respin --json overlay verify lwip
exits "a series that does not build" 1
contains "... and what" "$(json '["overlays"][0]["broken"]')" "['static-site: "
lacks "... in one sentence" "$(json '["overlays"][0]["broken"]')" ":']"
is "... the patch that breaks it" "$(verdict 3 why_changes_image)" "static-site builds without it"
is "... not another one" "$(verdict 2 why_changes_image)" "static-site does not build"
git -C $src reset -q --hard HEAD~1
ok "the scratch tree is gone" test ! -e .respin/verify
is "the overlay is as it was" "$(git -C $src status --porcelain)" ""

run respin --json build static-site
run respin overlay verify
exits "all overlays, as a table" 1
contains "... a line each" "$out" "   1  yes      yes      yes      tcp: a larger window"
contains "... and why a check was not run" "$out" \
	"static-site/nothing of the kind: not run: the image has no such check"
run respin --json build static-site
is "... and nothing is built twice" "$(json '["ran"]')" "[]"

git -C $src reset -q --hard HEAD~2
respin overlay save lwip >/dev/null
run respin overlay verify lwip
exits "only what is needed" 0

# Somebody has changed a saved patch so that it does not apply.
git -C $src checkout -q .
printf 'x\n' >>$src/README && commit "readme: x"
respin overlay save lwip >/dev/null
rm -r $src
sed -i 's/^ \(.*\)$/ no longer \1/' overlays/lwip/0002-*.patch
run respin --json overlay verify lwip
exits "a patch that does not apply" 1
is "... is told" "$(verdict 1 applies) $(verdict 1 changes_image) $(verdict 0 needed)" "no unknown yes"
contains "... and why" "$(verdict 1 why_applies)" "README"

respin overlay verify lwip >/dev/null 2>&1 &
pid=$!
while [ ! -e .respin/verify ] && kill -0 $pid 2>/dev/null; do sleep 0.05; done
sleep 0.5
kill -TERM $pid
wait $pid
is "an interrupted one" "$?" 130
ok "... leaves nothing behind" test ! -e .respin/verify
finish
