#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An event of 24 bytes for each packet: what it costs in the kernel and who reads it, and what
# is lost at full speed, beside python3-bpfcc's two kinds of buffers and tcpdump. All are at the
# receiving end of the same veth in turn, and get the same traffic from two senders.
#
# usage: events.sh [PACKETS [ROUNDS]]    (default 1000000 and 3, or SKBSCOPE_BENCH_ROUNDS)
#
# Prints figures and judges none of them: docs/benchmarks.md says how to read them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PACKETS=${1:-$([ -n "${SKBSCOPE_BENCH_ROUNDS:-}" ] && echo 10023 || echo 1000000)}
ROUNDS=${2:-${SKBSCOPE_BENCH_ROUNDS:-3}}
TITLE[table]="skbscope run"
TITLE[json]="skbscope run -j"
TITLE[ring]="the same, a table declared as a ring"
TITLE[pyperf]="python3-bpfcc, perf buffer"
TITLE[pyring]="python3-bpfcc, ring buffer"
TITLE[tcpdump]="tcpdump -w /dev/null"
ROWS=(table json ring pyperf pyring tcpdump)
OURS=(table json ring)

# The program's name is the test's alone, so that the kernel can be asked what it costs.
FUNCTION=${PREFIX}submit
PROGRAM=$WORK/submit.c
sed "s/^int submit/int $FUNCTION/" "$BENCH/events/submit.c" >"$PROGRAM"
sed 's/^#include <uapi.linux.bpf.h>/#define RING\n&/' "$PROGRAM" >"$WORK/submit_ring.c"

# libbcc in python compiles with our small tree where there are no kernel headers.
find_python
if [ "${LEFT_OUT[python]:-}" ] && "$PYTHON" -c 'import bcc' 2>/dev/null; then
	unset 'LEFT_OUT[python]'
	HEADERS="skbscope's small tree"
	export BCC_KERNEL_SOURCE=$SOURCE/programs/kernel
fi
[ -z "${LEFT_OUT[python]:-}" ] || LEFT_OUT[pyperf]=${LEFT_OUT[python]} LEFT_OUT[pyring]=${LEFT_OUT[python]}
has_tcx || LEFT_OUT[pyperf]="this kernel has no tcx" LEFT_OUT[pyring]="this kernel has no tcx"
command -v tcpdump >/dev/null || LEFT_OUT[tcpdump]="apt-get install tcpdump"
command -v bpftool >/dev/null || echo "left out: ns a run in the kernel: apt-get install bpftool"

namespace near
namespace far
pair near out far in

# CPU time of a process in ns, of all its threads, in the kernel too.
cpu() { "$PYTHON" -c 'import sys, time
print(int(time.clock_gettime((~int(sys.argv[1]) << 3) | 2) * 1e9))' "$1"; }

# "RUNS NS" of the program, since it was loaded.
runs() {
	bpftool -j prog show 2>/dev/null |
		gojq -r --arg name "${FUNCTION:0:15}" '[.[] | select(.name == $name)][0] | "\(.run_cnt // 0) \(.run_time_ns // 0)"'
}

listens() { grep -q 'attached to\|listening on' "$ERRORS"; }
# What has come to rest: the reader's CPU time in a tenth of a second.
is_idle() {
	local before
	before=$(cpu "$SCOPE")
	read -r -t 0.1 <>"$NEVER"
	[ $(($(cpu "$SCOPE") - before)) -lt 5000000 ]
}

# Of a row: "MS CPU RECEIVED RUNS NS": how long it took to send, the reader's CPU time in ns,
# what it got, and what the kernel says of the program if it counts that. The reader's own words
# of what it got are in OUT and ERRORS; what ours shows goes nowhere.
OUT=$WORK/out
with_traffic() { # ROW WHERE PATTERN COMMAND…
	local start end before after costs
	ERRORS=$WORK/$1.err
	use far
	"${IN[@]}" env --default-signal=INT "${@:4}" >"$2" 2>"$ERRORS" &
	SCOPE=$!
	within 30 listens || return 1
	before=$(cpu "$SCOPE")
	use near
	start=$(date +%s%N)
	send out udp4 "$PACKETS" -l 60 -t 2 >/dev/null
	end=$(date +%s%N)
	within 20 is_idle
	after=$(cpu "$SCOPE")
	costs=$(runs)
	kill -INT "$SCOPE"
	wait "$SCOPE" || return 1
	echo "$(((end - start) / 1000000)) $((after - before))" \
		"$(cat "$OUT" "$ERRORS" 2>/dev/null | sed -En "s/$3/\\1/p" | tail -n 1)" "${costs:-0 0}"
}
ours() { with_traffic "$1" /dev/null '.*, ([0-9]+) events.*' "$SKBSCOPE" run -i in "${@:2}"; }
python() {
	with_traffic "$1" "$OUT" '^([0-9]+) [0-9]+$' \
		"$PYTHON" "$BENCH/events/reader.py" "$PROGRAM" in "$2" "$FUNCTION"
}
measure_table() { ours table "$PROGRAM"; }
measure_json() { ours json -j "$PROGRAM"; }
measure_ring() { ours ring "$WORK/submit_ring.c"; }
measure_pyperf() { python pyperf perf; }
measure_pyring() { python pyring ring; }
measure_tcpdump() {
	with_traffic tcpdump "$OUT" '^([0-9]+) packets captured$' tcpdump -i in -w /dev/null
}

# What a run costs is asked in a round of its own: counting it is not free.
STATISTICS=/proc/sys/kernel/bpf_stats_enabled
WERE_ON=$(cat "$STATISTICS" 2>/dev/null)
[ ! -w "$STATISTICS" ] || trap 'echo "$WERE_ON" >"$STATISTICS"' EXIT
[ ! -w "$STATISTICS" ] || echo 1 >"$STATISTICS"
for row in "${ROWS[@]}"; do
	[ -z "${LEFT_OUT[$row]:-}" ] || continue
	if ! "measure_$row" >"$WORK/$row.costs"; then
		LEFT_OUT[$row]="failed: $(tail -n 3 "$WORK/$row.err")"
		case " ${OURS[*]} " in *" $row "*) FAILURE=1 ;; esac
	fi
done
[ ! -w "$STATISTICS" ] || echo "$WERE_ON" >"$STATISTICS"
measure_rounds "$ROUNDS"

of_runs() { # ROW: ns in the kernel a packet
	awk '{ if ($4) printf "%.0f", $5 / $4; else printf "-" }' "$WORK/$1.costs"
}
an_event() { # ROW: the reader's CPU time in ns for each that it got, of the median round
	awk '$3 { print $2 / $3 }' "$WORK/$1.all" | sort -n | awk '{ v[NR] = $1 } END { printf "%.0f", v[int((NR + 1) / 2)] }'
}
lost() { # ROW: in % of all rounds
	awk -v n="$PACKETS" '{ got += $3; all += n } END { printf "%.2f", 100 - 100 * got / all }' "$WORK/$1.all"
}

machine
printf '%s packets of 60 bytes from two senders, %s rounds\n\n' "$PACKETS" "$ROUNDS"
printf '%-36s %12s %14s %8s %14s\n' "" "ns a run" "CPU ns a event" "lost %" "k packets/s"
for row in "${ROWS[@]}"; do
	measured "$row" || continue
	printf '%-36s %12s %14s %8s %14s\n' "${TITLE[$row]}" "$(of_runs "$row")" "$(an_event "$row")" \
		"$(lost "$row")" "$((PACKETS / ($(median "$row") + 1)))"
done
echo
over() { # SENTENCE A B
	measured "$2" && measured "$3" || return
	awk -v s="$1" -v a="$(an_event "$2")" -v b="$(an_event "$3")" \
		'BEGIN { if (b + 0) printf "%s: %.1f\n", s, a / b }'
}
echo "an event in the kernel, expected at most 300 ns: $(of_runs table)"
for other in pyperf pyring; do
	over "CPU of an event, ${TITLE[$other]} over skbscope run, expected at least 10" "$other" table
	over "CPU of an event, ${TITLE[$other]} over skbscope run -j, expected at least 10" "$other" json
done
echo "lost, expected none where tcpdump loses none: table $(lost table) %, JSON $(lost json) %"
say_left_out
check "ours can be measured" test "$FAILURE" = 0
finish
