#!/bin/sh
# respin run with a program of the user's: on the image's network, on the terminal, ended and kept.
. "$(dirname "$0")/../lib.sh"

mkdir -p recipes/box/src
echo "{\"recipes\": [\"recipes\", \"$top/recipes\"]}" >respin.json

# main BODY: what the image does. image MORE: its "image" in the recipe.
main() {
	printf '#include "platform.h"\nint main(void)\n{\n%s\n}\n' "$1" >recipes/box/src/main.c
}
image() {
	cat >recipes/box/recipe.json <<-EOF
		{ "name": "box", "version": "1", "license": "ISC", "source": [{ "path": "src" }],
		  "needs": ["platform"], "build": { "objects": { "sources": ["*.c"] } },
		  "image": { $1 } }
	EOF
}
kept() { find .respin/runs -name run.json | wc -l; }
of_last() {
	python3 -c 'import glob, json, os, sys
run = json.load(open(max(glob.glob(".respin/runs/*/run.json"), key=os.path.getmtime)))
print(eval(sys.argv[1]))' "$1"
}
# shellcheck disable=SC2317 # it is called, by run
on_terminal() { python3 "$top/tests/cli/terminal.py" "$@"; }

up='console_printf("respin: ready\n"); for (;;) idle_until(~0ull);'
main "$up"
image '"networks": [{}, { "address": "192.168.9.2/24", "host": "192.168.9.7" }]'
echo before >here

run respin run box -- sh -c 'cat here; echo after >there; exit 7'
exits "the status is the program's" 7
is "its output is alone on standard output" "$out" before
is "it works in the current folder" "$(cat there)" after
contains "where it is, is told" "$err" "box is ready: 10.77.0.2, 192.168.9.2; you are 10.77.0.1"
contains "the run is kept" "$err" "box: kept in $scratch/.respin/runs/"
is "... with its boot and the program" "$(of_last '[(c["type"], c["result"]) for c in run["checks"]]')" \
	"[('boot', 'pass'), ('command', 'fail')]"
is "... and how that ended" "$(of_last 'run["checks"][1]["why"]')" "exited with status 7"

# shellcheck disable=SC2016 # the program's shell expands it
run env https_proxy=http://nowhere:3128 respin -q run --at 1 -- \
	sh -c 'echo $RESPIN_ADDRESS $RESPIN_HOST $https_proxy; ip -o address show to 192.168.9.7'
exits "on the host of another network" 0
contains "... has its addresses and no proxy" "$out" "192.168.9.2 192.168.9.7
"
contains "... and its network device" "$out" "192.168.9.7/24"
is "... and with --quiet nothing else is said" "$err" ""
run sh -c 'echo "echo from a pipe" | SHELL=/bin/sh respin run --shell'
is "a shell without a terminal reads what it is given" "$status $out" "0 from a pipe"
run respin run -- sh -c 'kill -9 $$'
exits "a program that a signal ends" 137

n=$(kept)
run respin run -- frob --all
exits "a program that is not there" 2
is "... is named before anything boots" "$err $(kept)" "respin: there is no program frob in PATH $n"
run respin run -- ./here
is "... and a file that is none" "$status $err" "2 respin: there is no program ./here"
run respin run --
is "no program behind --" "$status $err" "2 respin: expected a command behind --
  --shell gives a shell"
run respin run --shell -- true
is "a shell and a program" "$status $err" "2 respin: expected --shell or a command, found both"
run respin run --at 2 -- true
is "a network that is not there" "$status $err" "2 respin: there is no network 2: box has 2, from 0 on"
run respin run --at 1
contains "a network and no program" "$status $err" "2 respin: --at is where a command runs"

# The terminal: ^C is the program's; a shell has job control; all is left as it was.
run on_terminal started '\x03' -- respin run box -- sh -c 'sleep 1; echo started; exec sleep 100'
contains "^C ends the program" "$out" "status 130, settings as it was, foreground the job's"
contains "... and the machine is stopped and kept" "$out" "box: kept in"
# What is typed comes back before the shell has started it: the quotes tell the program's word from that.
run on_terminal '$ ' "sh -c 'echo star\"\"ted; exec sleep 100'\n" started '\x03' \
	'$ ' 'echo "it was $?"\n' 'it was 130' 'exit 5\n' -- env 'PS1=$ ' ENV=/dev/null SHELL=/bin/sh respin run box --shell
contains "in a shell ^C ends what runs in it" "$out" "it was 130"
contains "... and the shell's end is the end" "$out" "status 5, settings as it was, foreground the job's"
# shellcheck disable=SC2016 # the program's shell expands it
run on_terminal 'box is ready' 'typed\n' 'got typed' '' -- \
	respin run box -- sh -c 'stty -echo; read -r line; echo "got $line"'
contains "the program reads the terminal, which it may spoil" "$out" "status 0, settings as it was"
respin run box -- sleep 100 >out.txt 2>&1 &
pid=$!
while ! grep -q 'is ready' out.txt; do sleep 0.1; done
kill -TERM "$pid"
wait "$pid"
is "SIGTERM ends all of it" "$?" 130
contains "... and says what is left" "$(cat out.txt)" "what was recorded is in $scratch/.respin/runs/"

# Images that do not come up, or go down.
main 'panic("no tea left");'
run respin run box -- touch never
exits "an image that does not boot" 1
contains "... is told with the reason" "$err" "respin: box did not boot: "
contains "... which is that" "$err" "panic: no tea left; in main at /box/main.c:4"
contains "... and where its console is" "$err" "/console.txt"
is "... the program did not run" "$(ls never 2>&1)" "ls: cannot access 'never': No such file or directory"
is "... and the run is kept" "$(of_last 'run["result"]')" fail
main "console_printf(\"respin: ready\\n\"); idle_until(clock_ns() + 1000000000ull); panic(\"enough\");"
run timeout 60 respin run box -- sleep 100
exits "a machine that goes down ends the program" 1
contains "... and it is said why" "$err" "the machine came to its end: panic: enough"
main 'for (;;) idle_until(~0ull);'
respin build box >/dev/null 2>&1
run on_terminal 'not' '' -- sh -c "(sleep 2; kill -INT \$\$) & exec respin run box -- sleep 100; echo not"
contains "^C while it boots ends it, too" "$out" "respin: interrupted"
run on_terminal 'go' '\x03' -- sh -c "(sleep 2; echo go) & exec respin check box"
contains "^C as the terminal shows it" "$out" "^C
respin: interrupted"
finish
