#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Counts equal what was sent and what tcpdump saw, on either hook, for either
# family, on lo and on veth, in both directions.
. "$(dirname "$0")/lib.sh"

FRAMES=2023
LENGTH=90

namespace near
namespace far
pair near out far in

# capture NAMESPACE INTERFACE DIRECTION FILE: tcpdump in the background, listening
# when this returns. CAPTURES collects the processes.
CAPTURES=()
capture() {
	rm -f "$4" "$4.err" # what the last one left there says that it listens
	: >"$4.err"
	nsenter "--net=/run/netns/$1" -- tcpdump -i "$2" -Q "$3" -s 96 -B 16384 --immediate-mode \
		-U -Z root -w "$4" 2>"$4.err" &
	CAPTURES+=($!)
	within 5 grep -q listening "$4.err"
}

captured() { # FILE
	awk '/packets captured/ { print $1 }' "$1.err"
}

has_captured() { # FILE: pcap's header and, for each frame, its own and its bytes
	[ "$(stat -c %s "$1")" -ge $((24 + FRAMES * (16 + LENGTH))) ]
}

end_captures() { # FILE…: lets each catch up first
	local file
	for file in "$@"; do within 10 has_captured "$file"; done
	kill -TERM "${CAPTURES[@]}"
	wait "${CAPTURES[@]}"
	CAPTURES=()
}

for hook in "${HOOKS[@]}"; do
	for kind in udp4 udp6; do
		case="$hook, $kind, lo"
		use near
		# On lo everything leaves, then arrives; libpcap shows only the arriving.
		capture near lo in "$WORK/in.pcap"
		start "$PROGRAMS/count.c" -i lo --hook "$hook" || continue
		sent=$(send lo "$kind" "$FRAMES" -l "$LENGTH")
		end_captures "$WORK/in.pcap"
		stop INT
		equal "$case: Ctrl-C is a normal end" "$STATUS" 0
		equal "$case: everything was sent" "$sent" "$FRAMES"
		equal "$case: tcpdump saw it arrive" "$(captured "$WORK/in.pcap")" "$FRAMES"
		equal "$case: ingress counted it exactly" "$(total nt_in)" "$FRAMES"
		equal "$case: egress counted it exactly" "$(total nt_out)" "$FRAMES"
		equal "$case: its bytes too" "$(total nt_bytes)" $((FRAMES * LENGTH))
		equal "$case: the reading names the hook" \
			"$(last '[.hooks[].hook] | unique | join(" ")')" "$hook"
		nothing_left "$case" lo

		case="$hook, $kind, veth ingress"
		use far
		capture far in in "$WORK/in.pcap"
		start "$PROGRAMS/count.c" -i in --hook "$hook" || continue
		use near
		sent=$(send out "$kind" "$FRAMES" -l "$LENGTH")
		end_captures "$WORK/in.pcap"
		stop INT
		use far
		equal "$case: everything was sent" "$sent" "$FRAMES"
		equal "$case: tcpdump saw it" "$(captured "$WORK/in.pcap")" "$FRAMES"
		equal "$case: counted exactly" "$(total nt_in)" "$FRAMES"
		equal "$case: its bytes too" "$(total nt_bytes)" $((FRAMES * LENGTH))
		equal "$case: nothing counted the other way" "$(total nt_out)" 0
		nothing_left "$case" in

		case="$hook, $kind, veth egress"
		use near
		capture near out out "$WORK/out.pcap"
		start "$PROGRAMS/count.c" -i out --hook "$hook" || continue
		sent=$(send out "$kind" "$FRAMES" -l "$LENGTH")
		end_captures "$WORK/out.pcap"
		stop INT
		equal "$case: everything was sent" "$sent" "$FRAMES"
		equal "$case: tcpdump saw it" "$(captured "$WORK/out.pcap")" "$FRAMES"
		equal "$case: counted exactly" "$(total nt_out)" "$FRAMES"
		equal "$case: nothing counted the other way" "$(total nt_in)" 0
		nothing_left "$case" out
	done
done

finish
