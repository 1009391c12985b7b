#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Nothing accumulates: not in the kernel over many runs, not in the process over
# many readings.
. "$(dirname "$0")/lib.sh"

RUNS_MADE=${1:-60}
namespace near
use near

# Ours, exactly.
inventory() {
	echo "programs and maps $(kernel_objects | wc -l)," \
		"hooks $(hooked lo | wc -l)," \
		"processes $(pgrep -c skbscope)," \
		"files $(find /run -type f ! -path "$WORK/*" | wc -l)"
}

# Everybody's: others on this machine load programs, too, so it may be a few more,
# but never one for each run.
everything() {
	{
		bpftool link show
		bpftool prog show
		bpftool map show
		bpftool btf show
	} 2>/dev/null | grep -c '^[0-9]*:'
}

start_sending lo udp4 3000

once "$PROGRAMS/count.c" -i lo # what is set up once and for all
within 5 no_kernel_objects
before=$(inventory)
everything_before=$(everything)
succeeded=0
for ((i = 0; i < RUNS_MADE; i++)); do
	hook=tcx
	((i % 2)) && hook=clsact
	once "$PROGRAMS/count.c" -i lo --hook "$hook"
	[ "$STATUS" = 0 ] && succeeded=$((succeeded + 1))
done
equal "every run succeeded" "$succeeded" "$RUNS_MADE"
within 5 eval '[ "$(inventory)" = "$before" ]'
equal "after $RUNS_MADE runs there is no more of ours than before" "$(inventory)" "$before"
check "after $RUNS_MADE runs the kernel holds about what it held" \
	within 10 eval "[ \$(everything) -lt $((everything_before + RUNS_MADE / 2)) ]"

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

stop_sending
finish
