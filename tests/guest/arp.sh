#!/bin/sh
# ARP of a booted image against a real Linux neighbour, and against strangers.
. "$(dirname "$0")/../lib.sh"

# The example's sources and objects are used again: no fetch, no compilation of lwIP.
site=$top/examples/static-site
respin -C "$site" build static-site >build.out 2>&1 ||
	{ cat build.out >&2; echo "Bail out! the example's image does not build"; exit 1; }
cp -R "$site/.respin" .respin
rm -rf .respin/runs
echo "{\"recipes\": [\"recipes\", \"$top/recipes\"]}" >respin.json
mkdir -p recipes/small www
head -c 20000 /dev/zero >www/index.html
announced='arp[6:2] = 1 and arp[14:4] = 0x0a4d0002 and arp[24:4] = 0x0a4d0002'
cat >recipes/small/recipe.json <<EOF
{ "name": "small", "version": "1", "license": "ISC", "needs": ["site"],
  "image": { "files": "../../www", "boot": { "command_line": "arp.lifetime=4" }, "checks": [
	{ "name": "boots", "type": "boot" },
	{ "name": "neighbour", "type": "command", "tap": true, "timeout_ms": 120000,
		"run": ["python3", "$top/tests/guest/neighbour.py"] },
	{ "name": "announced", "type": "packets", "filter": "$announced", "min": 2 },
	{ "name": "told", "type": "boot",
		"expect": "respin: address 10.77.0.2 of en0 is claimed by 02:66:66:66:66:6b" } ] } }
EOF

run respin check small --json
exits "a Linux neighbour and the image understand each other" 0
results=$(printf '%s' "$out" | python3 -c '
import json, sys
for c in json.load(sys.stdin)["checks"]:
	print(c["result"], c["name"], "" if c["result"] == "pass" else c["why"])')
contains "all of its tests ran" "$results" "pass neighbour/and an answer"
is "and passed" "$(echo "$results" | grep -v '^pass')" ""

for words in lifetime=0 entries=15 entries=1401 history.bytes=1; do
	sed "s/arp.lifetime=4/arp.$words/; s/{ \"name\": \"boots\"/{ \"expect\": \"refused: arp.${words%=*}=\", \"name\": \"boots\"/" \
		recipes/small/recipe.json >other && mv recipes/small/recipe.json kept && mv other recipes/small/recipe.json
	run respin check small --json
	contains "arp.$words is refused" "$out" "arp.${words%=*}=${words#*=}: expected"
	mv kept recipes/small/recipe.json
done
finish
