# SPDX-License-Identifier: Apache-2.0
# What every network test needs: namespaces that vanish with it, quiet interfaces,
# skbscope in the background with its readings in a file, and checks that say what
# stopped being true (test/assert.sh). Source it first; end with "finish".
# shellcheck shell=bash disable=SC2034

shopt -s nullglob

# A test runs as the first process of namespaces of its own: processes, network,
# mounts and /run. However it ends, SIGKILL included, the kernel clears up.
if [ -z "${SKBSCOPE_NET_TEST:-}" ] || [ $$ != 1 ]; then
	export SKBSCOPE_NET_TEST=$$ # no other test on this machine has that number
	[ "$(id -u)" = 0 ] || { echo "skipped: namespaces and tc need root"; exit 77; }
	unshare --net --mount --pid --fork true 2>/dev/null ||
		{ echo "skipped: this kernel or container grants no namespaces"; exit 77; }
	exec unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private \
		bash "$0" "$@"
fi

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE=$(cd "$HERE/../.." && pwd)
BUILD=${SKBSCOPE_BUILD:-$SOURCE/build}
TOOLS=$BUILD/test/net
SKBSCOPE=$BUILD/skbscope
. "$SOURCE/test/assert.sh"
. "$SOURCE/test/images.sh"

mount -t tmpfs -o mode=755 skbscope-test /run
mount -t tmpfs -o mode=755 skbscope-test /var/cache # images are kept for root there
share_images
WORK=/run/test
export TMPDIR=/run/tmp
mkdir -p /run/netns "$WORK"
mkdir -m 1777 "$TMPDIR"
mkfifo "$WORK/never"
NEVER=$WORK/never
trap 'exit 1' INT TERM HUP

# The hooks this kernel has, by its own word rather than skbscope's. What is tried with
# each is tried with those; what is about tcx asks has_tcx.
if "$TOOLS/tcx" list lo >/dev/null 2>&1; then HOOKS=(tcx clsact); else
	HOOKS=(clsact)
	echo "skipped: ${0##*/} by tcx: this kernel has no tcx"
fi
has_tcx() { [ "${HOOKS[0]}" = tcx ]; }

# Kernel objects are known by their names, and there is one kernel for all: what is
# nt_something in the programs gets a prefix that is this test's alone, and is
# nt_something again in what skbscope and the kernel say.
PROGRAMS=$WORK/programs
PREFIX=n
for ((rest = SKBSCOPE_NET_TEST, i = 0; i < 3; rest /= 36, i++)); do
	digits=0123456789abcdefghijklmnopqrstuvwxyz
	PREFIX+=${digits:rest % 36:1}
done
PREFIX+=_
cp -r "$HERE/programs" "$PROGRAMS"
sed -i "s/\bnt_/$PREFIX/g" "$PROGRAMS"/*.c
plain() { # TEXT
	[ -z "$1" ] || printf '%s\n' "${1//$PREFIX/nt_}"
}

SCOPE=

# --- namespaces and interfaces ----------------------------------------------

# IN holds the prefix that runs a command in the chosen namespace; empty: in the
# test's own. nsenter keeps the mounts, which "ip netns exec" would replace.
IN=()

use() { # NAMESPACE, or "home"
	if [ "$1" = home ]; then IN=(); else IN=(nsenter "--net=/run/netns/$1" --); fi
}

namespace() { # NAME
	ip netns add "$1"
	ip -n "$1" link set lo up
	# For interfaces to come: see pair.
	nsenter "--net=/run/netns/$1" -- sysctl -q net.ipv6.conf.default.disable_ipv6=1
}

# pair A-NAMESPACE A B-NAMESPACE B: a veth pair on which nothing moves by itself:
# no IPv6 of its own, so no neighbour or multicast chatter, and no ARP.
pair() {
	ip -n "$1" link add "$2" type veth peer name "$4" netns "$3"
	ip -n "$1" link set "$2" arp off multicast off up
	ip -n "$3" link set "$4" arp off multicast off up
	within 5 carrier "$1" "$2"
}

carrier() { # NAMESPACE INTERFACE
	[[ $(ip -n "$1" link show "$2") == *"state UP"* ]]
}

# send INTERFACE KIND FRAMES [OPTIONS of send.c]: prints how many went.
send() {
	"${IN[@]}" "$TOOLS/send" -i "$1" -k "$2" -n "$3" "${@:4}"
}

# Traffic in the background, until stop_sending, which sets SENT to how many went.
SENDER=
start_sending() { # INTERFACE KIND RATE
	"${IN[@]}" "$TOOLS/send" -i "$1" -k "$2" -r $(($3 / SLOWNESS)) >"$WORK/sent" &
	SENDER=$!
}

stop_sending() {
	kill "$SENDER"
	wait "$SENDER"
	SENT=$(cat "$WORK/sent")
}

# Datagrams of the kernel's own making, to a port of this namespace on which nobody
# listens: the IP stack counts what got as far as itself. That is behind every tc
# hook, where tcpdump is in front of them.
datagrams() { # ADDRESS NUMBER
	"${IN[@]}" bash -c "for ((i = 0; i < $2; i++)); do echo 23 >/dev/udp/$1/2323; done"
}

delivered() {
	"${IN[@]}" awk '/^Udp:/ && $3 != "NoPorts" { four = $3 } $1 == "Udp6NoPorts" { six = $2 }
		END { print four + six }' /proc/net/snmp /proc/net/snmp6
}

# --- skbscope ---------------------------------------------------------------

# start ARGUMENTS of "skbscope run"… (or COMMAND): in the background; returns once it is attached.
# SCOPE is its process, READINGS and ERRORS its output.
RUNS=0
start() {
	launch "$@"
	within 20 attached_or_gone && ! gone "$SCOPE" && return
	failed "attaches: skbscope run $*" "$(cat "$ERRORS")"
	kill -KILL "$SCOPE" 2>/dev/null
	wait "$SCOPE" 2>/dev/null
	return 1
}

attached_or_gone() { [[ $(<"$ERRORS") == *'attached to'* ]] || gone "$SCOPE"; }

# The same without waiting. Background processes of a script ignore SIGINT, and all that
# nohup starts SIGHUP, which a program may take for the user's wish: give them back.
launch() {
	RUNS=$((RUNS + 1))
	read_no_more
	READINGS=$WORK/run-$RUNS.json
	ERRORS=$WORK/run-$RUNS.err
	"${IN[@]}" env --default-signal=INT,QUIT,PIPE,HUP \
		"$SKBSCOPE" "${COMMAND:-run}" -j "$@" >"$READINGS" 2>"$ERRORS" &
	SCOPE=$!
}

# stop [SIGNAL]: and wait; STATUS is its exit status.
stop() {
	kill "-${1:-INT}" "$SCOPE" 2>/dev/null
	wait_for_end
}

wait_for_end() {
	if ! within 10 gone "$SCOPE"; then
		failed "skbscope ends within ten seconds of being told to" "$(cat "$ERRORS")"
		kill -KILL "$SCOPE"
	fi
	wait "$SCOPE" 2>/dev/null
	STATUS=$?
}

# hears SIGNAL…: one after the other, each when the one before was noticed.
hears() {
	local signal
	for signal; do
		kill "-$signal" "$SCOPE"
		check "SIG$signal is noticed" within 5 noticed
	done
}

noticed() {
	local name mask
	! gone "$SCOPE" || return 0
	while read -r name mask; do
		[ "$name" != ShdPnd: ] || ((16#$mask == 0)) || return 1
	done <"/proc/$SCOPE/status"
}

gone() { # PROCESS: it ended, though nobody may have waited for it yet
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ ${stat##*) } == [ZX]* ]]
}

# once ARGUMENTS…: "skbscope run --once" in the foreground; OUTPUT and ERRORS are its
# text, STATUS its exit status.
once() {
	limited 30 "${IN[@]}" "$SKBSCOPE" run --once --interval 20ms -j "$@" \
		>"$WORK/once.out" 2>"$WORK/once.err"
	STATUS=$?
	OUTPUT=$(plain "$(<"$WORK/once.out")")
	ERRORS=$(plain "$(<"$WORK/once.err")")
}

# Sets READING to the final one; one that is being written is none. This shell reads on
# where it was, and so takes no process to ask over and over; a copy of it would take what
# the others wait for. (To cut text in front of a pattern takes bash the square of its length.)
READING_OF=
reading() {
	local line lines
	if [ "$BASHPID" != $$ ]; then
		mapfile -t lines < <(tail -n 2 "$READINGS"; echo .)
		unset 'lines[-1]' # the dot, and what is in front of it without an end
		READING=${lines[*]: -1}
	else
		if [ "$READING_OF" != "$READINGS" ]; then
			read_no_more
			READING='' BEGUN=''
			[ -e "$READINGS" ] || return # whoever writes it has only been launched
			exec {READER}<"$READINGS"
			READING_OF=$READINGS
		fi
		while IFS= read -r line; do
			READING=$BEGUN$line BEGUN=''
		done <&"$READER"
		BEGUN+=$line
	fi
	READING=${READING//$PREFIX/nt_}
}

read_no_more() {
	[ -z "$READING_OF" ] || exec {READER}<&-
	READING_OF=
}

# last FILTER [JQ OPTIONS…]: of it.
last() {
	reading
	gojq -r "${@:2}" "$1" <<<"$READING"
}

# Asked over and over: of the text, which takes less time from what they wait for.
is_version() { reading && [[ $READING == *"\"generation\":$1,"* ]]; }
is_current() { reading && [[ $READING == *'"stale":null,'* ]]; }
is_stale() { reading && [[ $READING == *'"stale":"'* ]]; }

# Sets SUM to that of a table's values, which are numbers, in the final reading.
add_up() { # TABLE
	local table="\"$1\":{" parts value
	SUM=0
	reading
	[[ $READING == *"$table"* ]] || return
	mapfile -t parts <<<"${READING/"$table"/$'\n'}"
	value=${parts[1]%%']}'*}
	mapfile -t parts <<<"${value//',"value":'/$'\n'}"
	for value in "${parts[@]:1}"; do SUM=$((SUM + ${value%%[!0-9]*})); done
}

total() { # TABLE
	add_up "$1" && echo "$SUM"
}

adds_up_to() { # TABLE NUMBER
	add_up "$1" && [ "$SUM" = "$2" ]
}

reaches() { # TABLE NUMBER
	add_up "$1" && [ "$SUM" -ge "$2" ]
}

# How many packets got, or would have got, a verdict (a TC_ACT_* number).
verdict() { # CODE
	last '[.verdicts[] | select(.code == $code) | .packets] | add // 0' --argjson code "$1"
}

# A program that includes hold.h compiles until it is let go: it is a pipe.
HOLD=$PROGRAMS/hold.h
mkfifo -m 644 "$HOLD"

hold() { # SENTENCE [OTHER]: a compiler is held, and not that one; sets COMPILER
	exec 8<>"$HOLD"
	NOT=${2:-}
	check "$1" within 20 is_held
	COMPILER=$(held)
}

held() { # the compilers that have it open; so have this shell's own processes
	local process
	for process in $(find /proc/[0-9]*/fd -lname "$HOLD" 2>/dev/null); do
		process=${process#/proc/} process=${process%%/*}
		[ "$process" = "$NOT" ] || [ "$(<"/proc/$process/comm")" != skbscope-compil ] ||
			echo "$process"
	done 2>/dev/null
}

is_held() { [ -n "$(held)" ]; }

let_go() { # however often it is read, until at_rest
	exec 8>&-
	(while :; do : >"$HOLD"; done) &
	LETS_GO=$!
}

at_rest() {
	kill "$LETS_GO"
	wait "$LETS_GO"
} 2>/dev/null

# --- on a terminal ----------------------------------------------------------

# screen ARGUMENTS of "skbscope run": on a terminal, as text, until leave; TERMINAL is its process.
SCREEN=$WORK/typescript
screen() {
	rm -f "$WORK/hold" "$SCREEN"
	mkfifo "$WORK/hold"
	TERM=xterm "${IN[@]}" script -fqec "stty rows 40 columns 120; $SKBSCOPE run --plain $*" "$SCREEN" \
		<"$WORK/hold" >/dev/null 2>&1 &
	TERMINAL=$!
	exec 7>"$WORK/hold"
	check "attaches on a terminal" within 20 shows 'attached to'
}

shows() { grep -aq -- "$1" "$SCREEN"; }

on_terminal() { pgrep -f "^$SKBSCOPE run " | tail -n 1; }

leave() {
	kill -INT "$(on_terminal)" 2>/dev/null
	exec 7>&-
	wait "$TERMINAL" 2>/dev/null
}

# --- what is on the hooks ---------------------------------------------------

# Every program on an interface's hooks: "tcx|clsact DIRECTION ID NAME".
hooked() { # INTERFACE
	local direction
	plain "$("${IN[@]}" "$TOOLS/tcx" list "$1"
		has_no_qdisc "$1" || for direction in ingress egress; do
			"${IN[@]}" tc filter show dev "$1" "$direction" |
				sed -n "s/.* id \([0-9]*\) name \([^ ]*\) .*/clsact $direction \1 \2/p"
		done)" 2>/dev/null
}

unhooked() { [ -z "$(hooked "$1")" ]; }

has_qdisc() { # INTERFACE
	[[ $("${IN[@]}" tc qdisc show dev "$1") =~ clsact|ingress ]]
}

has_no_qdisc() { ! has_qdisc "$1"; }

# Kernel objects made from this test's programs.
kernel_objects() {
	local kind
	for kind in prog map; do
		bpftool "$kind" show | sed -n "s/^\([0-9]*\): .* name $PREFIX.*/$kind \1/p"
	done
}

no_kernel_objects() { [ -z "$(kernel_objects)" ]; }

ledger_is_empty() {
	local entries=(/run/skbscope/*)
	[ ${#entries[@]} = 0 ]
}

temporary_files() { find "$TMPDIR" -mindepth 1; }

no_worker() { # names are cut at 15 bytes
	local file name
	for file in /proc/[0-9]*/comm; do
		name=
		{ read -r name <"$file"; } 2>/dev/null
		[ "$name" != skbscope-compil ] || return 1
	done
}

# Nothing of ours is left: to be called when no skbscope runs.
nothing_left() { # SITUATION INTERFACE…
	local situation=$1 interface
	shift
	for interface in "$@"; do
		check "$situation: no program stays on $interface" within 2 unhooked "$interface"
		check "$situation: no qdisc stays on $interface" within 2 has_no_qdisc "$interface"
	done
	check "$situation: no program or map stays in the kernel" within 5 no_kernel_objects
	check "$situation: the ledger is empty" ledger_is_empty
	check "$situation: no compiler process stays" within 2 no_worker
	equal "$situation: no temporary file stays" "$(temporary_files)" ""
}

# --- other people's programs ------------------------------------------------

need_foreign() {
	[ -e "$TOOLS/foreign-pass.o" ] && return
	echo "skipped: clang was not there to build the other program"
	exit 77
}

# foreign_tcx INTERFACE DIRECTION pass|ok|drop|redirect [before|after]: sets FOREIGN_ID, and
# FOREIGN to the process that holds it.
foreign_tcx() {
	local said=$WORK/foreign.$RANDOM
	"${IN[@]}" "$TOOLS/tcx" hold "$1" "$2" "$TOOLS/foreign-$3.o" "${@:4}" >"$said" 2>&1 &
	FOREIGN=$!
	within 5 test -s "$said"
	FOREIGN_ID=$(cat "$said")
}

# foreign_filter INTERFACE DIRECTION pass|ok|drop|redirect PRIORITY: as anyone would with tc.
foreign_filter() {
	"${IN[@]}" tc filter add dev "$1" "$2" prio "$4" handle 0x17 bpf da \
		obj "$TOOLS/foreign-$3.o" sec tc
	FOREIGN_ID=$("${IN[@]}" tc -j filter show dev "$1" "$2" prio "$4" |
		gojq '.[] | select(.options.prog) | .options.prog.id')
}

# How many packets that program has seen.
seen() { # ID
	local map
	map=$(bpftool prog show id "$1")
	map=${map##*map_ids }
	bpftool map dump id "${map%%[!0-9]*}" | sed -n 's/.*"value": \([0-9]*\).*/\1/p'
}
