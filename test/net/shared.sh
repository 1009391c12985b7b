#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Several interfaces, one set of maps.
. "$(dirname "$0")/lib.sh"

namespace near
namespace far
pair near out far in
pair near out2 far in2

for hook in "${HOOKS[@]}"; do
	case="$hook, three interfaces"
	use far
	start "$PROGRAMS/count.c" -i lo -i in -i in2 --hook "$hook" || continue
	equal "$case: one map of each name" \
		"$(kernel_objects | grep -c map)" 3
	send lo udp4 101 >/dev/null
	send in2 udp6 7 >/dev/null
	use near
	send out udp4 203 >/dev/null
	send out2 tcp6 1009 >/dev/null
	stop
	equal "$case: arrivals on all are in one number" "$(total nt_in)" $((101 + 203 + 1009))
	equal "$case: departures too" "$(total nt_out)" $((101 + 7))
	equal "$case: each interface has a hook in each direction" \
		"$(last '[.hooks[] | "\(.interface)/\(.direction)"] | sort | join(" ")')" \
		"in/egress in/ingress in2/egress in2/ingress lo/egress lo/ingress"
	use far
	nothing_left "$case" lo in in2

	case="$hook, the same interface twice"
	once "$PROGRAMS/count.c" -i lo -i lo --hook "$hook"
	check "$case: refused" test "$STATUS" != 0
	contains "$case: and the interface is named" "$ERRORS" "'lo'"
	nothing_left "$case" lo
done

finish
