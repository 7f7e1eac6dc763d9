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

# image OPTIONS CHECKS
image() {
	cat >recipes/small/recipe.json <<-EOF
		{ "name": "small", "version": "1", "license": "ISC", "needs": ["site"],
		  "image": { "files": "../../www", "boot": { "command_line": "$1" }, "checks": [$2] } }
	EOF
}
failures() {
	printf '%s' "$out" | python3 -c '
import json, sys
for c in json.load(sys.stdin)["checks"]:
	if c["result"] != "pass": print(c["name"], c["why"])'
}

# An address that is asked about before it is used. "colour" is told on the console before that.
early='{ "name": "starts", "type": "boot", "expect": "unknown option ignored: colour" }'
mine='arp[6:2] = 1 and ether src 52:54:00:12:34:56 and arp[24:4] = 0x0a4d0002'
image "arp.probe=yes colour=red" "$early,
	{ \"name\": \"is quiet\", \"type\": \"command\", \"run\": [\"sh\", \"-c\", \"! arping -q -c 1 -w 1 -I respin0 10.77.0.2\"] },
	{ \"name\": \"is ready\", \"type\": \"boot\", \"timeout_ms\": 20000 },
	{ \"name\": \"nothing wakes it\", \"type\": \"command\", \"run\": [\"sleep\", \"4\"] },
	{ \"name\": \"asked\", \"type\": \"packets\", \"filter\": \"$mine and arp[14:4] = 0\", \"min\": 3, \"max\": 3 },
	{ \"name\": \"said so twice\", \"type\": \"packets\", \"filter\": \"$mine and arp[14:4] = 0x0a4d0002 and ether broadcast\", \"min\": 2, \"max\": 2 },
	{ \"name\": \"is seen\", \"type\": \"command\", \"run\": [\"sh\", \"-c\", \"! arping -q -D -c 3 -I respin0 10.77.0.2\"] },
	{ \"name\": \"page\", \"type\": \"http\", \"path\": \"/index.html\" }"
run respin check small --json
is "a free address is asked about, and then used" "$(failures)" ""
image "arp.probe=yes colour=red" "$early,
	{ \"name\": \"taken\", \"type\": \"command\", \"timeout_ms\": 20000,
		\"run\": [\"sh\", \"-c\", \"ip address add 10.77.0.2/24 dev respin0; sleep 15\"] }"
run respin check small --json
exits "an address that a host has is not used" 1
contains "... and it is said who has it" "$out" \
	"\"end\": \"refused: ip=10.77.0.2/24: expected an address that is free, it is used by 02:00:00:00:00:01\""
image "arp.probe=maybe" ""
run respin check small --json
contains "maybe is no answer" "$out" "refused: arp.probe=maybe: expected yes or no"

# Neighbours that the options give.
image "arp.static=10.77.0.9:52:54:00:aa:bb:cc,10.77.0.10:52:54:00:aa:bb:cd" "
	{ \"name\": \"asks\", \"type\": \"command\", \"run\": [\"sh\", \"-c\",
		\"ip address add 10.77.0.9/24 dev respin0; ping -c 1 -W 1 -I 10.77.0.9 10.77.0.2 || true\"] },
	{ \"name\": \"answers there\", \"type\": \"packets\", \"min\": 1,
		\"filter\": \"icmp[icmptype] = 0 and dst host 10.77.0.9 and ether dst 52:54:00:aa:bb:cc\" },
	{ \"name\": \"without a question\", \"type\": \"packets\", \"max\": 0,
		\"filter\": \"arp[6:2] = 1 and ether src 52:54:00:12:34:56 and arp[24:4] = 0x0a4d0009\" }"
run respin check small --json
is "a static neighbour is where it is said to be, whatever it says" "$(failures)" ""
for words in 10.77.0.9 10.77.0.9:52:54:00:aa:bb 10.77.0.9:52:54:00:aa:bb:cG '10.77.0.9:52:54:00:aa:bb:cc,' \
	11.0.0.9:52:54:00:aa:bb:cc 10.77.0.9:ff:ff:ff:ff:ff:ff; do
	image "arp.static=$words" ""
	run respin check small --json
	contains "arp.static=$words is refused" "$out" "refused: arp.static=$words: expected "
done
finish
