#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Nothing accumulates: not in the kernel over many runs, not in the process over
# many readings.
. "$(dirname "$0")/lib.sh"

RUNS_MADE=${1:-60}
namespace near
use near

# Everything of ours there could be more of, as one line.
inventory() {
	echo "objects $(kernel_objects | wc -l)" \
		"links $(bpftool link show 2>/dev/null | grep -c '^[0-9]*:')" \
		"programs $(bpftool prog show | grep -c '^[0-9]*:')" \
		"maps $(bpftool map show | grep -c '^[0-9]*:')" \
		"hooks $(hooked lo | wc -l)" \
		"processes $(pgrep -c .)" \
		"files $(find /run -type f ! -path "$WORK/*" | wc -l)"
}

send lo udp4 0 -r 3000 >/dev/null &
sender=$!

once "$PROGRAMS/count.c" -i lo # what is set up once and for all
within 5 no_kernel_objects
before=$(inventory)
succeeded=0
for ((i = 0; i < RUNS_MADE; i++)); do
	hook=tcx
	((i % 2)) && hook=clsact
	once "$PROGRAMS/count.c" -i lo --hook "$hook"
	[ "$STATUS" = 0 ] && succeeded=$((succeeded + 1))
done
equal "every run succeeded" "$succeeded" "$RUNS_MADE"
as_before() { [ "$(inventory)" = "$before" ]; }
# Others on this machine load programs, too: their objects come and go.
check "after $RUNS_MADE runs the kernel holds what it held: $before" within 10 as_before
as_before || inventory

anonymous_kb() { awk '/^RssAnon:/ { print $2 }' "/proc/$SCOPE/status"; }
descriptors() { find "/proc/$SCOPE/fd" -type l | wc -l; }
has_readings() { [ "$(wc -l <"$READINGS")" -ge "$1" ]; }

for hook in tcx clsact; do
	case="$hook, 200 readings"
	start "$PROGRAMS/count.c" -i lo --hook "$hook" --interval 20ms --per-cpu || continue
	within 10 has_readings 20
	early_kb=$(anonymous_kb) early_fds=$(descriptors)
	within 20 has_readings 220
	late_kb=$(anonymous_kb) late_fds=$(descriptors)
	stop
	equal "$case: as many descriptors as at first" "$late_fds" "$early_fds"
	check "$case: no more memory than at first ($early_kb kB, then $late_kb kB)" \
		test $((late_kb - early_kb)) -le 64
	nothing_left "$case" lo
done

kill "$sender"
finish
