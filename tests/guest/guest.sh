#!/bin/sh
# The platform, one property an image: tiny guests, each with its exit status and a word on the
# console. Built by the compiler and the linker alone, with the flags of the platform's recipe.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 ld "${CC:=cc}"; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
platform=$top/src/unikernel/platform
well=33
panic=129
refused=65

# All arrays called "flags" in the recipe, as words.
flags=$(tr '\t\n' '  ' <"$top/recipes/platform/recipe.json" | grep -o '"flags": *\[[^]]*\]' |
	sed 's/"flags": *//' | tr -d '[],"' | tr '\n' ' ')
include=$("$CC" -print-file-name=include)

# compile SOURCE OBJECT
compile() {
	# shellcheck disable=SC2086 # the flags are words
	"$CC" -c -g -nostdinc -isystem "$include" $flags -Werror -I "$platform" -I "$platform/libc" \
		-o "$2" "$1"
}

platform_object() {
	set --
	for source in "$platform"/*.S "$platform"/*.c "$platform"/libc/*.c; do
		compile "$source" "platform-$(basename "$source").o" || return 1
		set -- "$@" "platform-$(basename "$source").o"
	done
	ld -r -o platform.o "$@"
}

# guest NAME: builds it, without a warning of the linker.
guest() {
	compile "$top/tests/guest/$1.c" "$1.o" &&
		ld --fatal-warnings -T "$platform/platform.ld" --gc-sections -o "$1" "$1.o" platform.o
}

# boot NAME [COMMAND-LINE [QEMU-OPTION...]]: sets $status and $out.
machine=microvm,acpi=off
cpu=max
memory=32
reboot=-no-reboot
boot() {
	name=$1
	words=${2-}
	shift
	[ $# -eq 0 ] || shift
	run timeout 20 qemu-system-x86_64 -M "$machine" -accel tcg -cpu "$cpu" -m "$memory" \
		-nodefaults -no-user-config -display none -serial stdio "$reboot" \
		-device isa-debug-exit,iobase=0xf4,iosize=4 "$@" -kernel "$name" -append "$words"
}

# expect NAME STATUS TEXT WHAT: boots the guest and expects its exit status and TEXT on the console.
expect() {
	guest "$1" && boot "$1"
	exits "$4: status" "$2"
	contains "$4" "$out" "$3"
}

ok "the platform compiles without a warning" platform_object
ok "an image links without a warning" guest ends_well

expect ends_well $well "guest: alive" "returning 0 ends the machine well"
expect ends_badly $panic "respin: panic: main returned 3" "returning 3 is a panic"

# What is executed is not written, what is written is not executed.
expect write_text $panic "panic: page fault: write to 0x" "code can't be written"
contains "and the message says what it was" "$out" "(code)"
expect write_rodata $panic "(constant data)" "constants can't be written"
expect run_rodata $panic "page fault: execution of 0x" "constants can't be executed"
expect run_data $panic "page fault: execution of 0x" "data can't be executed"
expect run_stack $panic "(stack) at rip" "the stack can't be executed"
expect run_outside $panic "(memory outside the image)" "memory outside can't be executed"
expect read_null $panic "page fault: read of 0x0 (null pointer)" "a null pointer is caught"
expect overflow_stack $panic "(stack overflow)" "a stack overflow is caught"
expect smash_stack $panic "stack protector" "an array overflow is caught"
contains "but a full array is none" "$out" "guest: a full array is no overflow"
expect divide $panic "panic: divide error (vector 0" "a division by zero is caught"

# Backtraces: each address gives the calling function and line.
places() {
	printf '%s\n' "$out" | sed -n 's/^respin: backtrace: //p' | tr -d '\r' | tr ' ' '\n' |
		addr2line -f -s -e "$1" | grep -A 1 -x -E "$2" | grep -v -e --
}
line_of() {
	grep -n "$2" "$top/tests/guest/$1.c" | head -1 | cut -d: -f1
}
expect backtrace $panic "respin: panic: three deep, code 1" "a panic has a message"
is "and a backtrace of functions and lines" "$(places backtrace 'third|second|first|main')" \
	"third
backtrace.c:$(line_of backtrace 'panic("three')
second
backtrace.c:$(line_of backtrace 'return third')
first
backtrace.c:$(line_of backtrace 'return second')
main
backtrace.c:$(line_of backtrace 'return first')"
expect divide $panic "respin: backtrace: 0x" "an exception has a backtrace"
is "which begins at the very instruction" "$(places divide main)" \
	"main
divide.c:$(line_of divide ' / zero')"
expect run_data $panic "respin: backtrace: 0x" "a wild jump has a backtrace"
is "which begins where the jump was" "$(places run_data main)" \
	"main
run_data.c:$(line_of run_data 'ret)()')"

# The clock, against that of the machine which runs the test; that one may be busy.
guest clock
from=$(date +%s%N)
boot clock
elapsed=$((($(date +%s%N) - from) / 1000000))
exits "the clock runs on, and sleeps end" $well
contains "and a second passes" "$out" "guest: tock"
ok "which takes a second" [ "$elapsed" -ge 1000 ]
ok "and not two" [ "$elapsed" -lt 2000 ]
machine=microvm,acpi=off,pit=off
boot clock
contains "without a PIT the image says what it needs" "$out" "tsc_khz="
boot clock "tsc_khz=1000000"
exits "and takes a rate from the command line" $well
boot clock "tsc_khz=fast"
contains "if it is a number" "$out" "tsc_khz=fast: expected a decimal number"
machine=microvm,acpi=off

# The time of the day. QEMU's clock counts on from the second in which QEMU was started.
guest wall
told() {
	printf '%s\n' "$out" | tr -d '\r' | sed -n 's/^guest: //p'
}
from=$(date +%s)
boot wall
to=$(date +%s)
exits "an image knows the time of the day" $well
seconds=$(told | cut -d. -f1)
ok "not earlier than it was" [ "${seconds:-0}" -ge "$from" ]
ok "nor later" [ "${seconds:-0}" -le "$to" ]
for base in 2000-02-29T23:59:00 2024-12-31T12:00:30 2038-02-28T23:59:59; do
	boot wall "" -rtc "base=$base"
	seconds=$(told | cut -d. -f1)
	late=$((${seconds:-0} - $(date -u -d "$base" +%s)))
	ok "$base is understood" [ "$late" -ge 0 ]
	ok "to the second" [ "$late" -lt 20 ]
done
boot wall "time=1764115200.25"
contains "the command line may say what time it is" "$(told)" "1764115200.2"
boot wall "time=18446744073.7"
contains "within bounds" "$out" "time=18446744073.7: expected seconds since 1970"
boot wall "time=noon"
contains "and in seconds" "$out" "time=noon: expected seconds since 1970"
machine=microvm,acpi=off,rtc=off
boot wall
contains "without a clock the image says what it needs" "$out" "give time=SECONDS"
contains "and begins in 1970" "$(told)" "0.0"
machine=microvm,acpi=off

# Random numbers.
expect random $well "guest: canary" "random numbers come"
first=$out
boot random
is "six different ones in two boots" \
	"$(printf '%s\n%s\n' "$first" "$out" | grep '^guest: ' | sort -u | wc -l)" 6
cpu=qemu64
boot random
exits "without entropy nothing starts" $panic
contains "and the image says why" "$out" "panic: no entropy: the processor has no rdrand"
cpu=max

# The command line.
guest options
boot options "ip=10.0.0.2/24 empty= twice=1 twice=2   number=42 word unheard=of"
exits "options are read" $well
is "the first one wins, no value is no option, unknown ones are reported" "$(printf '%s' "$out" | tr -d '\r')" \
	"guest: ip is 10.0.0.2/24
guest: gateway is not there
guest: empty is 
guest: twice is 1
guest: word is not there
guest: number is 42
respin: unknown option ignored: word
respin: unknown option ignored: unheard"
boot options "number=18446744073709551616"
contains "a number that is too large is refused" "$out" "expected a decimal number"
boot options "long=$(printf %4000d 0)"
contains "so is a line that is too long" "$out" "the command line has more than"
exits "which is no panic" $refused
lacks "and has no backtrace" "$out" backtrace
for word in stat.pull=a state.plul=b sttae.pull=c state.pulll=d; do
	boot options "$word"
	exits "a mistake in $word is refused" $refused
	contains "... with what it is likely to mean" "$out" \
		"respin: refused: ${word%=*}=: there is no such option; did you mean state.pull=?"
done
boot options "nodes=10 number=7 numb=8 state.pull"
contains "what is near to nothing, or no option, is not refused" "$out" "unknown option ignored: state.pull"

# Memory.
expect big $panic "panic: too little memory: the image needs" "too little memory is noticed"
contains "and how much it takes" "$out" "needs 66 MiB, boot with more"
memory=80
boot big
exits "enough memory is enough" $well
memory=32
expect take $well "guest: took what there was" "memory is given out, zero and aligned"
boot take "more=1"
exits "where there is no more of it" $panic
contains "the image says what it takes" "$out" "too little memory: the image needs 33 MiB"
boot take "more=1000000000000"
contains "even for a size beyond all bounds" "$out" "too little memory: the image needs 9"
reboot=-no-fd-bootchk # that is, nothing
boot take "reset=1"
reboot=-no-reboot
exits "a machine that was reset gives out zeros, too" $well
is "in both its lives" "$(printf '%s' "$out" | tr -d '\r' | grep guest:)" "guest: took what there was
guest: reset
guest: took what there was"

# The network device, on QEMU's own network.
guest net
network="-netdev user,id=n0,restrict=on -device virtio-net-device,netdev=n0,mac=52:54:00:12:34:56"
# shellcheck disable=SC2086 # words
boot net "" -global virtio-mmio.force-legacy=false $network
exits "frames are sent and received" $well
contains "with the device's address" "$out" "guest: address 52:56"
contains "and an interrupt ends the sleep" "$out" "guest: answered"
# shellcheck disable=SC2086
boot net "" $network
exits "a device with the legacy interface is refused" $panic
contains "with what to do" "$out" "-global virtio-mmio.force-legacy=false"
boot net
contains "so is a machine without one" "$out" "panic: no network device 0"

# Two of them, each at the other end of the other's wire.
wires="-netdev dgram,id=a,local.type=unix,local.path=a.sock,remote.type=unix,remote.path=b.sock
	-netdev dgram,id=b,local.type=unix,local.path=b.sock,remote.type=unix,remote.path=a.sock"
pair="-global virtio-mmio.force-legacy=false $wires
	-device virtio-net-device,netdev=a,mac=52:54:00:00:00:0a
	-device virtio-net-device,netdev=b,mac=52:54:00:00:00:0b"
guest nets
# shellcheck disable=SC2086
boot nets "" $pair
exits "two devices carry frames" $well
contains "they are numbered as they were given" "$out" "guest: 2 devices, 0a and 0b"
contains "a frame on either ends a sleep" "$out" "guest: awake"
contains "held frames wait, even in a full queue" "$out" "guest: 128 held, then sent"
# shellcheck disable=SC2086
boot nets "open=twice" $pair
contains "none is opened twice" "$out" "panic: network device 1 is already open"
# shellcheck disable=SC2086
boot nets "open=third" $pair
contains "nor one that is not there" "$out" "panic: no network device 2"
many=
for i in 1 2 3; do
	many="$many -netdev user,id=m$i,restrict=on -device virtio-net-device,netdev=m$i"
done
# shellcheck disable=SC2086
boot nets "" $pair $many
contains "more than four are too many" "$out" "panic: the machine has 5 network devices"

# The disk.
guest disk
seq 0 8191 | awk '{ for (i = 0; i < 32; i++) printf "sector %08d\n", $1 }' >expected
# disk DO BLOCKDEV [DEVICE-OPTION...]
disk() {
	what=$1
	node=$2
	device=virtio-blk-device,drive=d${3:+,$3}
	boot disk "do=$what" -global virtio-mmio.force-legacy=false -blockdev "$node" -device "$device"
}
file='"node-name": "d", "driver": "file", "filename": "disk.img"'
truncate -s 4M disk.img
disk all "{$file}"
exits "a disk is written and read" $well
contains "it has its size" "$out" "guest: 8192 sectors"
contains "many requests at a time" "$out" "guest: a full queue was met"
ok "the host reads what was written" cmp disk.img expected
truncate -s 0 disk.img
truncate -s 4M disk.img
disk all "{$file}" write-cache=off
exits "a disk without a cache needs no flush" $well
ok "the host reads what was written there" cmp disk.img expected

# what is told of a disk on which some things fail
fails() {
	told | tr '\n' ';'
}
beyond="beyond refused;across refused;around refused;nothing done;"
disk each "{$file, \"read-only\": true}"
is "a read-only disk refuses to be written" "$(fails)" "8192 sectors, read-only;read done;\
write refused;other read done;other write refused;flush done;$beyond"
ok "and is as it was" cmp disk.img expected
inject() {
	echo "{\"node-name\": \"d\", \"driver\": \"blkdebug\", \"image\": {\"driver\": \"file\",
		\"filename\": \"disk.img\"}, \"inject-error\": [{\"event\": \"none\", \"once\": false, $1}]}"
}
disk each "$(inject '"iotype": "read", "sector": 8')"
is "a sector that can't be read is told" "$(fails)" "8192 sectors;read refused;write done;\
other read done;other write done;flush done;$beyond"
disk each "$(inject '"iotype": "write", "sector": 8')"
is "so is one that can't be written" "$(fails)" "8192 sectors;read done;write refused;\
other read done;other write done;flush done;$beyond"
disk each "$(inject '"iotype": "flush"')"
is "and a flush that fails" "$(fails)" "8192 sectors;read done;write done;other read done;\
other write done;flush refused;$beyond"
boot disk
is "without a disk there is none" "$(fails)" "no disk, read refused;"
disk each "{$file}" physical_block_size=4096,logical_block_size=4096
contains "a disk of larger sectors is refused" "$out" "give QEMU logical_block_size=512"
# shellcheck disable=SC2086
boot disk "" $pair -blockdev "{$file}" -device virtio-blk-device,drive=d
exits "a disk goes with network devices" $well

finish
