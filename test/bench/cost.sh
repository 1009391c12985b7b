#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What each bundled program costs a packet in the kernel, by the kernel's own run-time
# statistics, beside a program that does nothing; how much stack and table memory it takes;
# and what a packet costs its sender and the reader with nobody there, with talkers, and with
# tcpdump writing it to /dev/null.
#
# usage: cost.sh [--write] [PACKETS [ROUNDS]]  (default 200000 and 3, or SKBSCOPE_BENCH_ROUNDS)
#
# Prints figures and judges none of them: docs/benchmarks.md says how to read them. With --write
# the table of programs goes into docs/programs.md.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

WRITE=
[ "${1:-}" != --write ] || { WRITE=$SOURCE/docs/programs.md && shift; }
PACKETS=${1:-$([ -n "${SKBSCOPE_BENCH_ROUNDS:-}" ] && echo 1009 || echo 200000)}
ROUNDS=${2:-${SKBSCOPE_BENCH_ROUNDS:-3}}
KINDS=(tcp4 tcp6 udp4 icmp4)
FLOWS=100

namespace near
namespace far
pair near out far in

STATISTICS=/proc/sys/kernel/bpf_stats_enabled
WERE_ON=$(cat "$STATISTICS" 2>/dev/null) || { echo "skipped: this kernel does not count the run time of programs"; exit 77; }
trap 'echo "$WERE_ON" >"$STATISTICS"' EXIT

listens() { grep -q 'attached to\|listening on' "$ERRORS"; }
start_reader() { # COMMAND…: at the receiving end
	ERRORS=$WORK/err
	: >"$ERRORS" # not of the one before
	use far
	"${IN[@]}" env --default-signal=INT "$@" >/dev/null 2>"$ERRORS" &
	READER=$!
	use near
	within 30 listens
}
end_reader() {
	kill -INT "$READER" 2>/dev/null
	wait "$READER"
}

# "RUNS NS" of all programs that the reader holds.
runs() {
	cat "/proc/$READER/fdinfo/"* 2>/dev/null |
		awk '/^run_cnt:/ { n += $2 } /^run_time_ns:/ { t += $2 } END { print n + 0, t + 0 }'
}

EMPTY='int nothing(struct __sk_buff *skb) { return -1; }'
program_words() { if [ "$1" = empty ]; then PROGRAM=(-e "$EMPTY"); else PROGRAM=("$1"); fi; }
# One for egress alone can be on ingress as well.
is_for_egress() {
	[ "$("$SKBSCOPE" show -j "$1" 2>/dev/null | gojq '.egress != null and .ingress == null')" = true ]
}

# A line "KIND NS" for each kind, into PROGRAM.all.
measure_program() { # PROGRAM
	local kind n0 t0 n1 t1
	program_words "$1"
	! is_for_egress "$1" || PROGRAM+=(-Q in)
	start_reader "$SKBSCOPE" run "${PROGRAM[@]}" -i in || { end_reader; return 1; }
	for kind in "${KINDS[@]}"; do
		read -r n0 t0 < <(runs)
		send out "$kind" "$PACKETS" -f $FLOWS >/dev/null
		read -r n1 t1 < <(runs)
		[ "$n1" -gt "$n0" ] || { end_reader; return 1; }
		echo "$kind $(((t1 - t0) / (n1 - n0)))" >>"$WORK/$1.ns"
	done
	end_reader
}

of_kind() { # PROGRAM KIND: the median
	awk -v kind="$2" '$1 == kind { print $2 }' "$WORK/$1.ns" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# "VERIFIED STACK MEMORY", of the largest function and of all tables.
facts() { # PROGRAM
	program_words "$1"
	"$SKBSCOPE" check "${PROGRAM[@]}" -j 2>/dev/null | gojq -r '
		([.functions[].verified // 0] | max) as $verified | ([.functions[].stack // 0] | max) as $stack |
		([.tables[].memory_bytes // 0] | add // 0) as $memory | "\($verified) \($stack) \($memory)"'
}

mib() { awk -v n="$1" 'BEGIN { if (n >= 1048576) printf "%.1f MiB", n / 1048576; else printf "%.0f KiB", n / 1024 }'; }

programs_table() {
	local name verified stack memory cells
	echo "| program | ${KINDS[*]/%/ |} verified | stack | tables |"
	echo "| --- | ${KINDS[*]/*/---: |} ---: | ---: | ---: |"
	for name in empty $NAMES; do
		[ -s "$WORK/$name.ns" ] || continue
		read -r verified stack memory < <(facts "$name")
		cells=()
		for kind in "${KINDS[@]}"; do cells+=("$(of_kind "$name" "$kind") |"); done
		echo "| $name | ${cells[*]} $verified | $stack | $(mib "$memory") |"
	done
}

# --- the way of a packet, whoever listens

cpu() { "$PYTHON" -c 'import sys, time
print(int(time.clock_gettime((~int(sys.argv[1]) << 3) | 2) * 1e9))' "$1"; }

# "NS READER": ns until a packet is received, and of the reader's CPU.
measure_way() { # ROW COMMAND…
	local before=0 after=0 start end
	if [ $# -gt 1 ]; then
		start_reader "${@:2}" || { end_reader; return 1; }
		before=$(cpu "$READER")
	fi
	start=$(date +%s%N)
	send out tcp4 $((PACKETS * 5)) -f $FLOWS >/dev/null
	end=$(date +%s%N)
	if [ $# -gt 1 ]; then
		after=$(cpu "$READER")
		end_reader
	fi
	echo "$(((end - start) / (PACKETS * 5))) $(((after - before) / (PACKETS * 5)))"
}
measure_nobody() { measure_way nobody; }
measure_empty() { measure_way empty "$SKBSCOPE" run -e "$EMPTY" -i in; }
measure_talkers() { measure_way talkers "$SKBSCOPE" run talkers -i in; }
measure_tcpdump() { measure_way tcpdump tcpdump -i in -w /dev/null; }
TITLE[nobody]="nobody"
TITLE[empty]="skbscope run, a program that does nothing"
TITLE[talkers]="skbscope run talkers"
TITLE[tcpdump]="tcpdump -w /dev/null"
ROWS=(nobody empty talkers tcpdump)
OURS=(nobody empty talkers)
command -v tcpdump >/dev/null || LEFT_OUT[tcpdump]="apt-get install tcpdump"

# --- all of it

NAMES=$("$SKBSCOPE" list -j | gojq -r '.[].name')
echo 1 >"$STATISTICS"
for ((round = 0; round < ROUNDS; round++)); do
	for name in empty $NAMES; do
		measure_program "$name" || {
			failed "$name can be measured" "$(tail -n 3 "$ERRORS")"
			NAMES=$(grep -vxF "$name" <<<"$NAMES")
		}
	done
done
echo "$WERE_ON" >"$STATISTICS"
measure_rounds "$ROUNDS"

machine
echo "ns a packet on ingress, of $PACKETS packets of $FLOWS flows, median of $ROUNDS rounds"
echo
programs_table | tee "$WORK/table"
echo
printf '%-44s %12s %14s\n' "who listens" "ns a packet" "reader's CPU"
for row in "${ROWS[@]}"; do
	measured "$row" || continue
	printf '%-44s %12s %14s\n' "${TITLE[$row]}" "$(median "$row")" "$(median "$row" 2)"
done
echo
echo "talkers above the empty program, expected at most 100 ns:" \
	"$(($(of_kind talkers tcp4) - $(of_kind empty tcp4)))"
say_left_out
if [ "$WRITE" ]; then
	awk -v table="$WORK/table" -v where="$(machine)" '
		/^<!-- the table/ { print; print ""; print where; print ""
			while ((getline line <table) > 0) print line
			print ""; skip = 1 }
		/^<!-- end of the table/ { skip = 0 }
		!skip && !/^<!-- the table/ { print }' "$WRITE" >"$WORK/written" && cat "$WORK/written" >"$WRITE"
fi
check "ours can be measured" test "$FAILURE" = 0
finish
