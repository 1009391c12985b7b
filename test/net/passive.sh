#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whatever a program answers, nothing happens to the packet unless --enforce was
# given; what it would have answered is counted.
. "$(dirname "$0")/lib.sh"

PACKETS=23
namespace near
use near

for hook in "${HOOKS[@]}"; do
	for verdict in OK:0 SHOT:2 STOLEN:4 QUEUED:5 REDIRECT:7 TRAP:8; do
		for address in 127.0.0.1 ::1; do
			name=${verdict%:*}
			code=${verdict#*:}
			case="$hook, $address, TC_ACT_$name held back"
			start "$PROGRAMS/verdict.c" -D "VERDICT=$code" -i lo --hook "$hook" || continue
			before=$(delivered)
			datagrams "$address" "$PACKETS"
			equal "$case: every packet is delivered" $(($(delivered) - before)) "$PACKETS"
			stop
			equal "$case: the reading says it is passive" "$(last .enforced)" false
			equal "$case: every packet's verdict is counted" \
				"$(verdict "$code")" "$(total nt_in)"
			check "$case: and they were at least those sent" \
				test "$(total nt_in)" -ge "$PACKETS"
			equal "$case: the verdict has its name" \
				"$(last '[.verdicts[].verdict] | join(" ")')" "$name"
		done
	done

	for address in 127.0.0.1 ::1; do
		case="$hook, $address, TC_ACT_SHOT enforced"
		start "$PROGRAMS/verdict.c" -D VERDICT=TC_ACT_SHOT -i lo --hook "$hook" --enforce ||
			continue
		before=$(delivered)
		datagrams "$address" "$PACKETS"
		equal "$case: no packet is delivered" $(($(delivered) - before)) 0
		stop
		equal "$case: the reading says so" "$(last .enforced)" true
		equal "$case: exactly those sent are counted" "$(verdict 2)" "$PACKETS"
		datagrams "$address" "$PACKETS"
		equal "$case: afterwards they are delivered again" $(($(delivered) - before)) \
			"$PACKETS"
	done

	case="$hook, a tail call's TC_ACT_SHOT held back"
	if start "$PROGRAMS/tail.c" -i lo --hook "$hook"; then
		before=$(delivered)
		datagrams 127.0.0.1 "$PACKETS"
		equal "$case: every packet is delivered" $(($(delivered) - before)) "$PACKETS"
		stop
		equal "$case: the called function counted" "$(verdict 2)" "$(total nt_in)"
		equal "$case: the caller never went on" "$(total nt_missed)" 0
		equal "$case: the verdict is the called function's" \
			"$(last '.verdicts[] | select(.code == 2) | .function')" nt_drop
	fi

	case="$hook, a tail call's TC_ACT_SHOT enforced"
	if start "$PROGRAMS/tail.c" -i lo --hook "$hook" --enforce; then
		before=$(delivered)
		datagrams 127.0.0.1 "$PACKETS"
		equal "$case: no packet is delivered" $(($(delivered) - before)) 0
		stop
		equal "$case: exactly those sent are counted" "$(verdict 2)" "$PACKETS"
	fi
	nothing_left "$hook, after all of them" lo
done

finish
