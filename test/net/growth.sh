#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Nothing accumulates: not in the kernel over many runs, not in the process over
# many readings or many edits. (Ten thousand swaps: test/program/swap_growth.c.)
#
# usage: growth.sh [RUNS [SAVES]]
. "$(dirname "$0")/lib.sh"

RUNS_MADE=${1:-$(repeats 60 5)}
SAVES=${2:-$(repeats 150 7)}
FIRST=$(repeats 20 5) # until it has what it keeps
namespace near
use near
IN+=("$TOOLS/small_pages") # memory in use is told to a page

# Ours, exactly.
inventory() {
	echo "programs and maps $(kernel_objects | wc -l)," \
		"hooks $(hooked lo | wc -l)," \
		"processes $(pgrep -c skbscope)," \
		"files $(find /run -type f ! -path "$WORK/*" | wc -l)"
}

# Everybody's: others on this machine load programs, too, so it may be some more,
# but never so many as all the runs together had.
everything() {
	{
		bpftool link show
		bpftool prog show
		bpftool map show
		bpftool btf show
	} 2>/dev/null | grep -c '^[0-9]*:'
}

start_sending lo udp4 3000

for hook in "${HOOKS[@]}"; do # what is set up once and for all
	once "$PROGRAMS/count.c" -i lo --hook "$hook"
	equal "the first run by $hook succeeds" "$STATUS" 0
done
within 5 no_kernel_objects
before=$(inventory)
everything_before=$(everything)
succeeded=0
for ((i = 0; i < RUNS_MADE; i++)); do
	hook=${HOOKS[i % ${#HOOKS[@]}]}
	once "$PROGRAMS/count.c" -i lo --hook "$hook"
	[ "$STATUS" = 0 ] && succeeded=$((succeeded + 1))
done
equal "every run succeeded" "$succeeded" "$RUNS_MADE"
within 5 eval '[ "$(inventory)" = "$before" ]'
equal "after $RUNS_MADE runs there is no more of ours than before" "$(inventory)" "$before"
check "after $RUNS_MADE runs the kernel holds about what it held" \
	within 10 eval "[ \$(everything) -lt $((everything_before + 3 * RUNS_MADE)) ]"

# With all of its descendants: while watching, a compiler waits.
tree() { # OF A PROCESS: it and its descendants
	local child
	echo "$1"
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree "$child"; done
}
anonymous_kb() {
	local process
	for process in $(tree "$SCOPE"); do cat "/proc/$process/status" 2>/dev/null; done |
		awk '/^RssAnon:/ { kb += $2 } END { print kb }'
}
descriptors() {
	local process
	for process in $(tree "$SCOPE"); do find "/proc/$process/fd" -type l; done 2>/dev/null | wc -l
}
# fewest COMMAND…: of several looks, because while skbscope reads it has some more.
fewest() {
	for _ in 1 2 3 4 5; do
		"$@"
		sleep 0.013
	done | sort -n | head -n 1
}
has_readings() { [ "$(wc -l <"$READINGS")" -ge "$1" ]; }

for hook in "${HOOKS[@]}"; do
	case="$hook, 200 readings"
	start "$PROGRAMS/count.c" -i lo --hook "$hook" --interval "$(ms 20)" --per-cpu || continue
	within 10 has_readings 20
	early_kb=$(anonymous_kb) early_fds=$(fewest descriptors)
	within 20 has_readings 120
	middle_kb=$(anonymous_kb)
	within 20 has_readings 220
	late_kb=$(anonymous_kb) late_fds=$(fewest descriptors)
	stop
	check "$case: no more descriptors than at first ($early_fds, then $late_fds)" \
		test "$late_fds" -le "$early_fds"
	# A buffer that a busy machine makes it need once is kept; what leaks grows both times.
	first=$((middle_kb - early_kb)) second=$((late_kb - middle_kb))
	check "$case: memory does not go on growing ($early_kb kB, $middle_kb kB, $late_kb kB)" \
		test $((first < second ? first : second)) -le 32
	nothing_left "$case" lo
done

# Nothing is being compiled: there is skbscope, and the compiler that waits.
is_settled() { [ "$(tree "$SCOPE" | wc -l)" = 2 ] && [ "$(anonymous_kb)" -gt 10000 ]; }
# ... and nothing was about to be: more than a moment between two compilations later.
is_still_settled() {
	is_settled || return
	read -rt 0.2 <>"$NEVER"
	is_settled
}
settled() { within 5 is_still_settled; }
swaps() { grep -c 'live after' "$ERRORS"; }
save_until() { # GENERATION
	local next
	while next=$(($(swaps) + 2)) && [ "$next" -le "$1" ] && ! gone "$SCOPE"; do
		sed "s/define VERSION .*/define VERSION $((next % 4000))/" "$PROGRAMS/edit.c" >"$WORK/next.c"
		mv "$WORK/next.c" "$WORK/edit.c"
		within 5 eval "[ \$(swaps) -ge $((next - 1)) ]" || return 1
	done
}

cp "$PROGRAMS/edit.h" "$WORK"
cp "$PROGRAMS/edit.c" "$WORK/edit.c"
for hook in "${HOOKS[@]}"; do
	case="$hook, $SAVES saves"
	start "$WORK/edit.c" -i lo --hook "$hook" --interval 500ms --watch --no-cache ||
		continue
	check "$case: a compiler gets ready" settled
	check "$case: the first are live" save_until "$FIRST"
	check "$case: it waits again" settled
	early_kb=$(anonymous_kb) early_fds=$(fewest descriptors)
	early_objects=$(kernel_objects | wc -l)
	check "$case: all are live" save_until $((SAVES + FIRST))
	check "$case: it still waits" settled
	within 5 eval "[ \$(kernel_objects | wc -l) -le $early_objects ]"
	equal "$case: as many kernel objects as at first" "$(kernel_objects | wc -l)" "$early_objects"
	equal "$case: as many descriptors" "$(fewest descriptors)" "$early_fds"
	late_kb=$(anonymous_kb)
	check "$case: no more memory than at first ($early_kb kB, then $late_kb kB)" \
		test $((late_kb - early_kb)) -le 512
	stop
	nothing_left "$case" lo
done

stop_sending
finish
