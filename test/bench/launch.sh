#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From launch to the first packet counted, side by side: skbscope, compiling and from
# its cache, python3-bpfcc, clang with tc, and bpftrace. Rows are measured in turn
# within each round, so a busy machine slows all of them.
#
# usage: launch.sh [ROUNDS]    (default 11, or SKBSCOPE_BENCH_ROUNDS)
#
# Prints figures and judges none of them: docs/benchmarks.md says how to read them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
own_images

ROUNDS=${1:-${SKBSCOPE_BENCH_ROUNDS:-11}}
LAUNCH=$BENCH/launch
FIRST=$BUILD/test/bench/first
PROGRAM=$WORK/packet_count.c
PLAIN=$WORK/packet_count.bpf.c

find_python
find_clang
command -v bpftrace >/dev/null || LEFT_OUT[bpftrace]="apt-get install bpftrace"

[[ " ${HOOKS[*]} " == *" tcx "* ]] || LEFT_OUT[in_use]="this kernel has no tcx"
[ -e "$TOOLS/foreign-pass.o" ] || LEFT_OUT[in_use]="apt-get install clang, and build anew"

# --- the rows ------------------------------------------------------------------

OURS=(very_first skbscope shown cached in_use clsact)
ROWS=("${OURS[@]}" python clang bpftrace)
TITLE=(
	[very_first]="skbscope run, nothing in its cache"
	[skbscope]="  --no-cache, any further program"
	[shown]="  until its reading is printed"
	[cached]="skbscope run, the image in its cache"
	[in_use]="  where tcx is in use already"
	[clsact]="  with --hook clsact, as tc"
	[python]="python3-bpfcc, full headers"
	[clang]="clang -O2 -target bpf, tc filter add"
	[bpftrace]="bpftrace, an empty program"
)

own_table "$SOURCE/programs/packet_count.c" >"$PROGRAM"
own_table "$LAUNCH/packet_count.bpf.c" >"$PLAIN"
first() { "$FIRST" -m "$TABLE" -e "$WORK/$1.err" "${@:2}"; } # ROW …
# Then, as a user's next launch has it, the header is there for the rows that follow.
HEADER="$IMAGES/*.header"
measure_very_first() {
	rm -f "$IMAGES"/*
	first very_first "$SKBSCOPE" run -q "$PROGRAM" -i in || return
	"$SKBSCOPE" run -q "$PROGRAM" -i in --duration 10s >/dev/null 2>&1 &
	for ((i = 0; i < 200; i++)); do
		! compgen -G "$HEADER" >/dev/null || break
		sleep 0.05
	done
	kill $!
	wait $! 2>/dev/null
	compgen -G "$HEADER" >/dev/null || echo "no precompiled header for the rows below" >&2
	return 0
}
measure_skbscope() { first skbscope "$SKBSCOPE" run -q --no-cache "$PROGRAM" -i in; }
measure_shown() {
	first shown -o '"value":' "$SKBSCOPE" run -q --no-cache -j --interval 1ms "$PROGRAM" -i in
}
measure_cached() { # the very first filled the cache
	first cached "$SKBSCOPE" run -q "$PROGRAM" -i in
}
# The first tcx program of a machine waits in the kernel for a grace period of RCU
# before it sees packets; any further one, on whatever interface, and clsact do not.
measure_in_use() {
	foreign_tcx lo ingress pass
	first in_use "$SKBSCOPE" run -q "$PROGRAM" -i in
	local status=$?
	kill "$FOREIGN"
	wait "$FOREIGN" 2>/dev/null
	return "$status"
}
measure_clsact() { first clsact "$SKBSCOPE" run -q --hook clsact "$PROGRAM" -i in; }
measure_python() { first python "$PYTHON" "$LAUNCH/packet_count.py" "$PROGRAM" in "$TABLE"; }
measure_clang() {
	tc qdisc add dev in clsact # not part of the time
	first clang sh -c "${CLANG[*]} -c '$PLAIN' -o '$WORK/packet_count.o' &&
		exec tc filter add dev in ingress bpf da obj '$WORK/packet_count.o' sec tc"
	local status=$?
	tc qdisc del dev in clsact
	return "$status"
}
# bpftrace has no tc programs: its own start is all there is to compare.
measure_bpftrace() { first bpftrace -o up bpftrace -e 'BEGIN { printf("up\n"); }'; }

make_network
measure_rounds "$ROUNDS"
stop_sending

# --- saying it -------------------------------------------------------------------

mb() { awk -v kb="$1" 'BEGIN { if (kb > 0) printf "%.1f", kb / 1024; else printf "-" }'; }
# Of a command that ended at once nothing is known.
llvm() { awk '{ said = $2 > 0 ? $5 : "-" } END { print said }' "$WORK/$1.all"; }

echo "From launch to the first packet counted, milliseconds; $ROUNDS rounds"
machine
echo "Memory in MB: of the command while it counts, and the peak of its largest process"
echo
printf '%-38s %8s %8s %8s %9s %6s %6s %5s\n' "" median fastest slowest resident Pss peak LLVM
for row in "${ROWS[@]}"; do
	measured "$row" || continue
	printf '%-38s %8.1f %8.1f %8.1f %9s %6s %6s %5s\n' "${TITLE[$row]}" "$(median "$row")" \
		"$(fastest "$row")" "$(slowest "$row")" "$(mb "$(median "$row" 2)")" \
		"$(mb "$(median "$row" 3)")" "$(mb "$(median "$row" 4)")" \
		"$(llvm "$row")"
done
echo
ratio "python3-bpfcc over skbscope, expected at least 15" python skbscope
ratio "skbscope over clang with tc, expected at most 1.1" skbscope clang
ratio "  the very first" very_first clang
ratio "clang with tc over skbscope from its cache, both by clsact, expected at least 5" clang clsact
ratio "  where tcx is in use already" clang in_use
ratio "  as the first tcx program of the machine" clang cached
ratio "bpftrace over skbscope" bpftrace skbscope
measured skbscope &&
	echo "the running inspector, expected under 8 MB resident without LLVM:" \
		"$(mb "$(median skbscope 2)") MB, LLVM mapped: $(llvm skbscope)"
say_left_out
exit "$FAILURE"
