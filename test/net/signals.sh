#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# However it is told to stop, or loses its reader or its disk: the last reading is
# printed where it can be, and nothing stays attached.
. "$(dirname "$0")/lib.sh"

FRAMES=223
namespace near
use near

{ cat "$PROGRAMS/count.c"; echo "#include \"$HOLD\""; } >"$WORK/held.c"

for hook in "${HOOKS[@]}"; do
	for signal in INT TERM HUP; do
		case="$hook, SIG$signal"
		# So long an interval that only a final reading can show the packets.
		start "$PROGRAMS/count.c" -i lo --hook "$hook" --interval 60s || continue
		send lo udp4 "$FRAMES" >/dev/null
		stop "$signal"
		equal "$case: a normal end" "$STATUS" 0
		equal "$case: the final reading has every packet" "$(total nt_in)" "$FRAMES"
		nothing_left "$case" lo
	done

	case="$hook, SIGINT twice"
	if start "$PROGRAMS/count.c" -i lo --hook "$hook"; then
		kill -INT "$SCOPE"
		kill -INT "$SCOPE" 2>/dev/null
		wait_for_end
		nothing_left "$case" lo
	fi

	for signal in INT HUP; do
		case="$hook, SIG$signal over and over"
		start "$PROGRAMS/count.c" -i lo --hook "$hook" || continue
		while [ -e "/proc/$SCOPE/exe" ]; do kill "-$signal" "$SCOPE"; done 2>/dev/null
		wait_for_end
		equal "$case: a normal end" "$STATUS" 0
		nothing_left "$case" lo
	done

	case="$hook, SIGTERM while compiling"
	launch "$WORK/held.c" -i lo --hook "$hook"
	hold "$case: it compiles"
	stop TERM
	exec 8>&-
	nothing_left "$case" lo

	case="$hook, the reader goes"
	limited 20 "${IN[@]}" "$SKBSCOPE" run -j "$PROGRAMS/count.c" -i lo --hook "$hook" \
		--interval 10ms 2>"$WORK/pipe.err" | head -n 1 >"$WORK/pipe.out"
	STATUS=${PIPESTATUS[0]}
	check "$case: it ends by itself" test "$STATUS" -lt 124
	equal "$case: the reader got its line" "$(wc -l <"$WORK/pipe.out")" 1
	nothing_left "$case" lo

	case="$hook, a full disk"
	limited 20 "${IN[@]}" "$SKBSCOPE" run -j "$PROGRAMS/count.c" -i lo --hook "$hook" \
		--interval 10ms >/dev/full 2>"$WORK/full.err"
	equal "$case: fails" "$?" 1
	contains "$case: and says why" "$(cat "$WORK/full.err")" "No space left"
	nothing_left "$case" lo

	case="$hook, a disk that fills up"
	mkdir "$WORK/tiny"
	mount -t tmpfs -o size=16k tiny "$WORK/tiny"
	limited 20 "${IN[@]}" "$SKBSCOPE" run "$PROGRAMS/count.c" -i lo --hook "$hook" \
		--interval 10ms >"$WORK/tiny/readings" 2>"$WORK/full.err"
	equal "$case: fails" "$?" 1
	check "$case: after it wrote what it could" test -s "$WORK/tiny/readings"
	contains "$case: and says why" "$(cat "$WORK/full.err")" "No space left"
	umount "$WORK/tiny"
	rmdir "$WORK/tiny"
	nothing_left "$case" lo

	case="$hook, a closed stdout"
	limited 20 "${IN[@]}" "$SKBSCOPE" run -j "$PROGRAMS/count.c" -i lo --hook "$hook" \
		--interval 10ms >&- 2>"$WORK/closed.err"
	STATUS=$?
	check "$case: fails instead of hanging or crashing" test "$STATUS" -ge 1 -a "$STATUS" -le 2
	check "$case: and says why" test -s "$WORK/closed.err"
	nothing_left "$case" lo

	case="$hook, closed stdin and stderr"
	limited 20 "${IN[@]}" "$SKBSCOPE" run --once -j "$PROGRAMS/count.c" -i lo --hook "$hook" \
		<&- 2>&- >"$WORK/closed.out"
	equal "$case: does not matter" "$?" 0
	equal "$case: the reading is whole" \
		"$(gojq -r .program "$WORK/closed.out")" count
	nothing_left "$case" lo
done

finish
