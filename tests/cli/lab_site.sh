#!/bin/sh
# What the lab says of a real TCP/IP: the example's site, asked rightly and wrongly.
. "$(dirname "$0")/../lib.sh"

# The example's sources and objects are used again: no fetch, no compilation of lwIP.
site=$top/examples/static-site
respin -C "$site" build static-site >build.out 2>&1 ||
	{ cat build.out >&2; echo "Bail out! the example's image does not build"; exit 1; }
cp -R "$site/.respin" .respin
rm -rf .respin/runs
echo "{\"recipes\": [\"recipes\", \"$top/recipes\"]}" >respin.json
mkdir -p recipes/small www
echo 'hello, wire' >www/index.html

# checks WIRE LIST: an image that serves www/, with these checks.
checks() {
	cat >recipes/small/recipe.json <<-EOF
		{ "name": "small", "version": "1", "license": "ISC", "needs": ["site"],
		  "image": { "files": "../../www", "wire": $1, "checks": [$2] } }
	EOF
}

# result NAME: of the last answer; why NAME: its reason; metric NAME METRIC: its value.
of() {
	python3 -c 'import json, sys
a = {c["name"]: c for c in json.loads(sys.argv[1])["checks"]}[sys.argv[2]]
print(eval(sys.argv[3]))' "$out" "$1" "$2"
}
result() { of "$1" 'a["result"]'; }
why() { of "$1" 'a["why"]'; }
metric() { of "$1" "{m['name']: m['value'] for m in a['metrics']}['$2']"; }

sum=$(sha256sum www/index.html | cut -d' ' -f1)
get='"type": "http", "path": "/index.html"'
checks '{}' "{ \"name\": \"page\", $get, \"sha256\": \"$sum\" },
	{ \"name\": \"other\", $get, \"sha256\": \"$(echo | sha256sum | cut -d' ' -f1)\" },
	{ \"name\": \"gone\", $get, \"status\": 410 },
	{ \"name\": \"refused\", \"type\": \"tcp\", \"port\": 81 },
	{ \"name\": \"unserved\", $get, \"port\": 82 },
	{ \"name\": \"handshake\", \"type\": \"packets\", \"during\": \"page\", \"order\": [
		\"tcp[tcpflags] = tcp-syn\", \"tcp[tcpflags] = tcp-syn|tcp-ack\", \"tcp[tcpflags] & tcp-fin != 0\"] },
	{ \"name\": \"no resets\", \"type\": \"packets\", \"during\": \"page\",
		\"filter\": \"tcp[tcpflags] & tcp-rst != 0\", \"max\": 0 },
	{ \"name\": \"resets\", \"type\": \"packets\", \"during\": \"refused\",
		\"filter\": \"tcp[tcpflags] & tcp-rst != 0\", \"min\": 1, \"max\": 1 },
	{ \"name\": \"fetches\", \"type\": \"command\",
		\"run\": [\"sh\", \"-c\", \"curl -s http://\$RESPIN_ADDRESS/index.html\"] }"
run respin check small --json
exits "a site with wrong expectations" 1
is "the right page" "$(result page)" pass
is "... has its size" "$(metric page size)" 12
is "a wrong checksum" "$(result other)" fail
contains "... names both sums" "$(why other)" "the body's SHA-256 is $sum, expected "
is "a wrong status" "$(why gone)" "GET /index.html: status 200, expected 410"
is "a closed port" "$(why refused)" "10.77.0.2 refuses connections to port 81"
contains "a page of a closed port" "$(why unserved)" "(1 TCP packet came back, 1 of them a reset)"
is "packets in order" "$(result handshake)" pass
is "a bound of none" "$(result 'no resets')" pass
is "the reset of the closed port" "$(result resets)" pass
is "a program of one's own" "$(why fetches)" "hello, wire"
is "the page is kept" "$(cat .respin/runs/"$(ls .respin/runs)"/checks/1-page.body)" "hello, wire"

# Delay counts both ways, for every exchange.
checks '{ "delay_ms": 30 }' '{ "name": "tcp", "type": "tcp" }, { "name": "ping", "type": "ping" }'
run respin check small --json
exits "a slow wire" 0
ok "a connection takes a round trip" test "$(metric tcp time | cut -d. -f1)" -ge 60
ok "so does a ping" test "$(metric ping rtt | cut -d. -f1)" -ge 60
is "no ping is lost" "$(metric ping loss)" 0

# The address by DHCP.
checks '{}' "{ \"name\": \"page\", $get, \"sha256\": \"$sum\" }"
sed -i 's/"wire"/"boot": { "address": "dhcp" }, "wire"/' recipes/small/recipe.json
run respin check small --json
exits "an address by DHCP" 0
is "... serves the page" "$(result page)" pass
finish
