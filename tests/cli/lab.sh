#!/bin/sh
# respin check and respin run: verdicts, exit statuses, JSON, errors; with images of the platform alone.
. "$(dirname "$0")/../lib.sh"

mkdir -p recipes/box/src
echo "{\"recipes\": [\"recipes\", \"$top/recipes\"]}" >respin.json

# main BODY: what the image does.
main() {
	printf '#include "platform.h"\nint main(void)\n{\n%s\n}\n' "$1" >recipes/box/src/main.c
}

# checks LIST: the image's checks as JSON.
checks() {
	cat >recipes/box/recipe.json <<-EOF
		{ "name": "box", "version": "1", "license": "ISC", "source": [{ "path": "src" }],
		  "needs": ["platform"], "build": { "objects": { "sources": ["*.c"] } },
		  "image": { "checks": [$1] } }
	EOF
}

# json EXPRESSION: of the last answer, in Python's words.
json() {
	python3 -c "import json, sys; a = json.loads(sys.argv[1]); print($1)" "$out"
}

ready='console_printf("respin: ready 10.77.0.2\n");'
boot='{ "name": "boots", "type": "boot" }'
two='{ "name": "adds", "type": "command", "run": ["sh", "-c", "echo sum is 4"] }'

main "$ready return 0;"
checks "$boot"
run respin check box
exits "an image that boots" 0
contains "... is said to" "$out" "pass  boots"
run ls .respin/runs
is "... and its run is kept" "$(ls ".respin/runs/$out")" "checks
console.txt
run.json
wire.pcap"

main "$ready for (;;) idle_until(~0ull);"
checks "$boot, $two"
run respin check box --json
exits "check --json" 0
is "... names checks and results" "$(json '[(c["name"], c["result"]) for c in a["checks"]]')" \
	"[('boots', 'pass'), ('adds', 'pass')]"
is "... and metrics" "$(json 'sorted(a["checks"][0]["metrics"][0])')" "['name', 'unit', 'value']"
is "... and the run" "$(ls ".respin/runs/$(json 'a["run"]')/checks")" "2-adds.txt"

main "$ready panic(\"no %s left\", \"tea\");"
checks "$boot, { \"name\": \"waits\", \"type\": \"command\", \"run\": [\"sleep\", \"5\"] }, $two"
run respin check box
exits "an image that panics" 1
contains "... says where" "$out" "panic: no tea left; in main at /box/main.c:4"
contains "... and the rest is skipped" "$out" "skip  adds"
# shellcheck disable=SC2016 # no expansion wanted
contains "the console has the places, too" "$(cat "$(find .respin/runs -name console.txt -newer recipes/box/recipe.json)")" "is in main at /box/main.c:4"

run respin run box
exits "run: a panic" 1
contains "... is on the terminal" "$out" "respin: panic: no tea left"
contains "... with its place" "$out" "is in main at /box/main.c:4"
unknown='console_printf("respin: unknown option ignored: frob=1\n");'
main "console_printf(\"hello\\n\"); $unknown $unknown return 0;"
run respin run box
exits "run: an image that ends well" 0
contains "... and its console" "$out" "hello"
note="respin: warning: the image does not know the option frob"
is "... and the option that it does not know" "$err" "$note"
main "$unknown $ready return 0;"
checks "$boot"
run respin check box
is "check tells of that option, too" "$(printf '%s\n' "$err" | grep warning:)" "$note"
run respin check box --quiet
is "... also with --quiet" "$err" "$note"
main 'refuse("tea=%s: expected milk", "sugar");'
run respin run box
exits "run: an image that refuses its options" 1
is "... says so once" "$(printf '%s\n%s' "$out" "$err" | grep -c 'tea=sugar: expected milk')" 1
lacks "... without a backtrace" "$out$err" backtrace
run respin check box
exits "check: an image that refuses its options" 1
contains "... fails to boot for that reason" "$out" "fail  boots                        the machine came to \
its end before it printed 'respin: ready': refused: tea=sugar: expected milk"
contains "... which is the run's end" "$out" "box: fail; machine: refused: tea=sugar: expected milk; kept"

# Old runs go, but for the last of each image and those of reports.
runs() { find .respin/runs -mindepth 1 -maxdepth 1 | wc -l; }
checks "$boot"
main "$ready return 0;"
run respin check box
before=$(runs)
ok "many runs are kept" test "$before" -gt 5
run respin gc
is "gc leaves the young" "$(runs)" "$before"
old=$(find .respin/runs -mindepth 1 -maxdepth 1 -name '*-box-*' | sort | sed -n 1p)
reported=$(find .respin/runs -mindepth 1 -maxdepth 1 -name '*-box-*' | sort | sed -n 2p)
dd if=/dev/zero of="$old/disk.img" bs=1M count=3 status=none
touch -d '40 days ago' "$old"/* "$reported/run.json"
mkdir -p .respin/reports .respin/runs/20260101T000000Z-box-00000000 .respin/runs/20260101T000000Z-box-11111111
echo "run ${reported##*/} is here" >.respin/reports/page.html
touch -d '3 days ago' .respin/runs/20260101T000000Z-box-00000000
run respin gc --json
exits "gc of an old run" 0
is "... removes it" "$(runs) $(test -e "$old" || echo gone)" "$((before + 1)) gone"
is "... and says how many" "$(json 'a["runs"]')" 1
ok "... and what it held" test "$(json 'a["freed_of_runs"] >= 3 << 20')" = True
run respin gc --days 0
is "gc of all leaves the last, the reported, and one that may go on" "$(runs)" 3
ok "... which is the reported" test -f "$reported/run.json"
ok "... and the one that may go on" test -d .respin/runs/20260101T000000Z-box-11111111
contains "... and tells of both" "$out" " MiB freed: "
run respin state show last
contains "... the last is still there" "$err" "has no"

# Wrong checks are refused before anything boots.
checks "$boot, { \"name\": \"p\", \"type\": \"packets\", \"filter\": \"tcp prot 80\" }"
run respin check box
exits "a wrong filter" 3
contains "... is shown" "$err" "filter 'tcp prot 80'"
contains "... with its place" "$err" "recipes/box/recipe.json:/image/checks/1/filter"
checks "$boot, { \"name\": \"p\", \"type\": \"packets\", \"filter\": \"tcp\", \"during\": \"boost\" }"
run respin check box --json
exits "a check of another that is not there" 3
contains "... is an error as JSON" "$err" '"message": "there is no check '"'boost'"' before this one"'

checks "$boot"
run env RESPIN_ACCEL=warp respin check box
exits "an accelerator that is none" 2
contains "... is named" "$err" "RESPIN_ACCEL is 'warp': expected tcg or kvm"

# What this machine has not is no answer: it could not run.
mkdir tenders
printf '#!/bin/sh\n' >tenders/solo5-hvt
chmod +x tenders/solo5-hvt
sed -i 's/"image": {/"image": { "machine": "solo5-hvt",/' recipes/box/recipe.json
run env PATH="$scratch/tenders:$PATH" respin check box --json
exits "an image that needs KVM" 3
contains "... is told so" "$err" "solo5-hvt needs KVM"
contains "... which is absent" "$err" '"code": "absent"'
checks "$boot"
run env PATH="$RESPIN_BUILD" respin check box
exits "a program that is missing" 3
contains "... is named" "$err" "is not there"
run respin check none
exits "an image that is not there is an answer" 1
finish
