#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From launch to the first packet counted, side by side: skbscope, python3-bpfcc,
# clang with tc, and bpftrace. Rows are measured in turn within each round, so a
# busy machine slows all of them.
#
# usage: launch.sh [ROUNDS]    (default 11, or SKBSCOPE_BENCH_ROUNDS)
#
# Prints figures and judges none of them: docs/benchmarks.md says how to read them.
. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"

ROUNDS=${1:-${SKBSCOPE_BENCH_ROUNDS:-11}}
LAUNCH=$SOURCE/test/bench/launch
FIRST=$BUILD/test/bench/first
PROGRAM=$SOURCE/programs/packet_count.c
PYTHON=/usr/bin/python3 # Debian's own: the one python3-bpfcc is installed for

# --- what can be measured here -----------------------------------------------

declare -A LEFT_OUT

# libbcc in the same process needs the headers of the running kernel. Where there
# are only another kernel's, they are put in their place for this script alone.
have_headers() {
	local directory release
	release=$(uname -r)
	for directory in "/lib/modules/$release" /lib/modules/*; do
		[ -e "$directory/build/include" ] || continue
		[ "$directory" != "/lib/modules/$release" ] || return 0
		mkdir "$WORK/modules"
		mkdir "$WORK/modules/$release"
		cp -P "$directory/build" "$WORK/modules/$release"
		[ ! -e "$directory/source" ] || cp -P "$directory/source" "$WORK/modules/$release"
		mount --bind "$WORK/modules" /lib/modules
		HEADERS="those of ${directory##*/}"
		return
	done
	return 1
}

HEADERS="its own"
if ! "$PYTHON" -c 'import bcc' 2>/dev/null; then
	LEFT_OUT[python]="apt-get install python3-bpfcc"
elif ! have_headers; then
	LEFT_OUT[python]="no kernel headers: apt-get install linux-headers-$(dpkg --print-architecture)"
fi
command -v clang >/dev/null || LEFT_OUT[clang]="apt-get install clang"
[ -e /usr/include/bpf/bpf_helpers.h ] || LEFT_OUT[clang]="apt-get install libbpf-dev"
command -v bpftrace >/dev/null || LEFT_OUT[bpftrace]="apt-get install bpftrace"

# --- the rows ------------------------------------------------------------------

ROWS=(skbscope shown python clang bpftrace)
declare -A TITLE=(
	[skbscope]="skbscope run"
	[shown]="  until its reading is printed"
	[python]="python3-bpfcc, full headers"
	[clang]="clang -O2 -target bpf, tc filter add"
	[bpftrace]="bpftrace, an empty program"
)

measure_skbscope() { "$FIRST" "$@" "$SKBSCOPE" run -q "$PROGRAM" -i in; }
measure_shown() { "$FIRST" "$@" -o '"value":' "$SKBSCOPE" run -q -j --interval 1ms "$PROGRAM" -i in; }
measure_python() {
	"$FIRST" "$@" "$PYTHON" "$LAUNCH/packet_count.py" "$PROGRAM" in
}
measure_clang() {
	tc qdisc add dev in clsact # not part of the time
	"$FIRST" "$@" sh -c "clang -O2 -g -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu \
		-c '$LAUNCH/packet_count.bpf.c' -o '$WORK/packet_count.o' &&
		exec tc filter add dev in ingress bpf da obj '$WORK/packet_count.o' sec tc"
	local status=$?
	tc qdisc del dev in clsact
	return "$status"
}
# bpftrace has no tc programs: its own start is all there is to compare.
measure_bpftrace() { "$FIRST" "$@" -o up bpftrace -e 'BEGIN { printf("up\n"); }'; }

# --- measuring -----------------------------------------------------------------

# The commands run in the script's own namespace: nothing but themselves is between
# the clock and them.
namespace near
ip netns attach home $$
sysctl -q net.ipv6.conf.default.disable_ipv6=1
pair near out home in

# Enough traffic that waiting for a packet is not what is measured.
use near
start_sending out udp4 5000
use home

status=0
round() { # NUMBER: 0 only warms the caches
	local row
	for row in "${ROWS[@]}"; do
		[ -z "${LEFT_OUT[$row]:-}" ] || continue
		if "measure_$row" -e "$WORK/$row.err" >"$WORK/measured"; then
			[ "$1" = 0 ] || cat "$WORK/measured" >>"$WORK/$row.all"
		else
			LEFT_OUT[$row]="failed: $(tail -n 3 "$WORK/$row.err")"
			case $row in skbscope | shown) status=1 ;; esac
		fi
	done
}

for ((i = 0; i <= ROUNDS; i++)); do round "$i"; done
stop_sending

# --- saying it -------------------------------------------------------------------

median() { # ROW COLUMN
	sort -n -k "$2,$2" "$WORK/$1.all" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}
fastest() { sort -n "$WORK/$1.all" | awk 'NR == 1 { print $1 }'; }
slowest() { sort -n "$WORK/$1.all" | awk 'END { print $1 }'; }
mb() { awk -v kb="$1" 'BEGIN { if (kb > 0) printf "%.1f", kb / 1024; else printf "-" }'; }
# Of a command that ended at once nothing is known.
llvm() { awk '{ said = $2 > 0 ? $5 : "-" } END { print said }' "$WORK/$1.all"; }
measured() { [ -s "$WORK/$1.all" ]; }

echo "From launch to the first packet counted, milliseconds; $ROUNDS rounds, $(uname -srm)," \
	"$(nproc) CPUs, $(date +%F)"
echo "Memory in MB: of the command while it counts, and the peak of its largest process"
echo "Kernel headers for python3-bpfcc: $HEADERS"
echo
printf '%-38s %8s %8s %8s %9s %6s %6s %5s\n' "" median fastest slowest resident Pss peak LLVM
for row in "${ROWS[@]}"; do
	measured "$row" || continue
	printf '%-38s %8.1f %8.1f %8.1f %9s %6s %6s %5s\n' "${TITLE[$row]}" "$(median "$row" 1)" \
		"$(fastest "$row")" "$(slowest "$row")" "$(mb "$(median "$row" 2)")" \
		"$(mb "$(median "$row" 3)")" "$(mb "$(median "$row" 4)")" \
		"$(llvm "$row")"
done
echo
ratio() { # SENTENCE A B: A's time over B's
	measured "$2" && measured "$3" || return
	awk -v a="$(median "$2" 1)" -v b="$(median "$3" 1)" -v c="$(fastest "$2")" \
		-v d="$(fastest "$3")" -v s="$1" \
		'BEGIN { printf "%s: %.1f (fastest of each: %.1f)\n", s, a / b, c / d }'
}
ratio "python3-bpfcc over skbscope, expected at least 15" python skbscope
ratio "skbscope over clang with tc, expected at most 2" skbscope clang
ratio "bpftrace over skbscope" bpftrace skbscope
measured skbscope &&
	echo "the running inspector, expected under 8 MB resident without LLVM:" \
		"$(mb "$(median skbscope 2)") MB, LLVM mapped: $(llvm skbscope)"
for row in "${ROWS[@]}"; do
	[ -z "${LEFT_OUT[$row]:-}" ] || echo "left out: ${TITLE[$row]}: ${LEFT_OUT[$row]}"
done
exit "$status"
