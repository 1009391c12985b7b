#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whatever a program answers, nothing happens to the packet unless --enforce was
# given; what it would have answered is counted.
. "$(dirname "$0")/lib.sh"

PACKETS=23
namespace near
use near

# reaching SENTENCE NUMBER: so many of the packets sent to each address are delivered.
reaching() {
	local address before
	for address in 127.0.0.1 ::1; do
		before=$(delivered)
		datagrams "$address" "$PACKETS"
		equal "$case, $address: $1" $(($(delivered) - before)) "$2"
	done
}

# The last reading: ENFORCED, how many packets were COUNTED, how many got the verdict CODE,
# the NAMES of all verdicts and of the FUNCTIONS that gave them, what was MISSED.
read_verdicts() { # CODE
	read -r ENFORCED COUNTED GOT NAMES FUNCTIONS MISSED < <(last '[.enforced,
		([.tables.nt_in.rows[].value] | add),
		([.verdicts[] | select(.code == $code) | .packets] | add),
		([.verdicts[].verdict] | unique | join("+")),
		([.verdicts[].function] | unique | join("+")),
		([.tables.nt_missed.rows[]?.value] | add)] | map(tostring) | join(" ")' \
		--argjson code "$1")
}

for hook in "${HOOKS[@]}"; do
	for verdict in OK:0 SHOT:2 STOLEN:4 QUEUED:5 REDIRECT:7 TRAP:8; do
		case="$hook, TC_ACT_${verdict%:*} held back"
		start "$PROGRAMS/verdict.c" -D "VERDICT=${verdict#*:}" -i lo --hook "$hook" || continue
		reaching "every packet is delivered" "$PACKETS"
		stop
		read_verdicts "${verdict#*:}"
		equal "$case: the reading says it is passive" "$ENFORCED" false
		equal "$case: every packet's verdict is counted" "$GOT" "$COUNTED"
		check "$case: and they were at least those sent" test "$COUNTED" -ge $((2 * PACKETS))
		equal "$case: the verdict has its name" "$NAMES" "${verdict%:*}"
	done

	case="$hook, TC_ACT_SHOT enforced"
	if start "$PROGRAMS/verdict.c" -D VERDICT=TC_ACT_SHOT -i lo --hook "$hook" --enforce; then
		reaching "no packet is delivered" 0
		stop
		read_verdicts 2
		equal "$case: the reading says so" "$ENFORCED" true
		equal "$case: exactly those sent are counted" "$GOT" $((2 * PACKETS))
		reaching "afterwards they are delivered again" "$PACKETS"
	fi

	for verdict in STOLEN:4 TRAP:8; do
		case="$hook, TC_ACT_${verdict%:*} enforced"
		start "$PROGRAMS/verdict.c" -D "VERDICT=${verdict#*:}" -i lo --hook "$hook" --enforce ||
			continue
		reaching "no packet is delivered" 0
		stop
		read_verdicts "${verdict#*:}"
		equal "$case: it is counted as what it is" "$GOT $NAMES" "$((2 * PACKETS)) ${verdict%:*}"
	done

	case="$hook, a tail call's TC_ACT_SHOT held back"
	if start "$PROGRAMS/tail.c" -i lo --hook "$hook"; then
		reaching "every packet is delivered" "$PACKETS"
		stop
		read_verdicts 2
		equal "$case: the called function counted" "$GOT" "$COUNTED"
		equal "$case: the caller never went on" "$MISSED" 0
		equal "$case: the verdict is the called function's" "$FUNCTIONS" nt_drop
	fi

	case="$hook, a tail call's TC_ACT_SHOT enforced"
	if start "$PROGRAMS/tail.c" -i lo --hook "$hook" --enforce; then
		reaching "no packet is delivered" 0
		stop
		read_verdicts 2
		equal "$case: exactly those sent are counted" "$GOT" $((2 * PACKETS))
	fi
	nothing_left "$hook, after all of them" lo
done

finish
