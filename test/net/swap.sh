#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every packet is counted exactly once while the program that counts it is swapped
# for another hundreds of times, at full rate from every CPU, on either hook, on
# several interfaces in both directions.
#
# usage: swap.sh [SWAPS]    (300 unless given)
. "$(dirname "$0")/lib.sh"

SWAPS=${1:-$(repeats 300)}
namespace near
namespace far
pair near out far in
pair near out2 far in2

# versions NAME VERSION,LAYOUT…: the files that an editor would have left.
versions() {
	local version
	FILES=()
	for version in "${@:2}"; do
		mkdir -p "$WORK/$1/$version"
		sed "s/define VERSION 0/define VERSION ${version%,*}/
			s/define LAYOUT 0/define LAYOUT ${version#*,}/" \
			"$PROGRAMS/swap.c" >"$WORK/$1/$version/swap.c"
		FILES+=("$WORK/$1/$version/swap.c")
	done
}

# swap ARGUMENTS of swap.c…: in the background, like start.
swap() {
	RUNS=$((RUNS + 1))
	READINGS=$WORK/run-$RUNS.json
	ERRORS=$WORK/run-$RUNS.err
	"${IN[@]}" "$TOOLS/swap" "$@" >"$READINGS" 2>"$ERRORS" &
	SCOPE=$!
	within 20 attached_or_gone && ! gone "$SCOPE" && return
	failed "attaches: swap $*" "$(cat "$ERRORS")"
	return 1
}

swapped_or_gone() { grep -q swapped "$ERRORS" || gone "$SCOPE"; }

transmitted() { # COLUMN of /proc/net/dev NAMESPACE INTERFACE…
	nsenter "--net=/run/netns/$2" -- awk -v column="$1" -v interfaces=" ${*:3} " \
		'index(interfaces, " " substr($1, 1, length($1) - 1) " ") { total += $column }
		END { printf "%d\n", total }' /proc/net/dev
}

# A veth drops what the receiving CPU has no room for, behind the hook it leaves by and in
# front of the one it arrives at. What it counts as transmitted was received; whoever sent
# the rest is told of it on some kernels, and not on others.
received() { transmitted 11 near out out2; }
dropped() { transmitted 13 near out out2; }

begin_account() { RECEIVED=$(received) DROPPED=$(dropped); }

end_account() { # CASE
	RECEIVED=$(($(received) - RECEIVED)) DROPPED=$(($(dropped) - DROPPED))
	check "$1: $SENT sent are $RECEIVED received, with or without $DROPPED dropped" \
		test "$SENT" = "$RECEIVED" -o "$SENT" = $((RECEIVED + DROPPED))
}

flows() { [ "$(transmitted 11 near "$1")" -gt "$2" ]; } # INTERFACE BEFORE

# Full rate from every CPU, until it is ended; the swaps begin when it has.
declare -A FLOOD
flood() { # INTERFACE…
	local interface before
	for interface in "$@"; do
		before=$(transmitted 11 near "$interface")
		"${IN[@]}" "$TOOLS/send" -i "$interface" -t 2 -f 7 >"$WORK/sent.$interface" &
		FLOOD[$interface]=$!
		within 10 flows "$interface" "$before"
	done
	kill -USR1 "$SCOPE"
}

end_flood() { # sets SENT
	local interface
	SENT=0
	kill "${FLOOD[@]}"
	for interface in "${!FLOOD[@]}"; do
		wait "${FLOOD[$interface]}"
		SENT=$((SENT + $(cat "$WORK/sent.$interface")))
	done
	FLOOD=()
}

sum() { # JQ OF THE LAST READING'S NUMBERS
	last "[$1] | add // 0"
}

# The counters of successive readings, packet by packet, never go back.
never_back() { # JQ
	sed "s/$PREFIX/nt_/g" "$READINGS" | gojq -s "[.[] | [$1] | add // 0] | . == sort"
}

for hook in "${HOOKS[@]}"; do
	for kind in "same shape:1,0 2,0 3,0" "other layouts:1,0 2,1 3,2"; do
		case="$hook, ${kind%%:*}"
		# shellcheck disable=SC2086
		versions "${kind%%:*}" ${kind#*:}

		# Arrivals on two interfaces.
		use far
		begin_account
		swap -h "$hook" -i in -i in2 -n "$SWAPS" "${FILES[@]}" || continue
		use near
		flood out out2
		check "$case, arriving: $SWAPS swaps end" within 100 swapped_or_gone
		end_flood
		stop
		equal "$case, arriving: every swap succeeds" "$STATUS $(grep -c swapped "$ERRORS")" \
			"0 1"
		[ "$STATUS" = 0 ] || tail -n 5 "$ERRORS"
		end_account "$case, arriving"
		expected=$RECEIVED
		[ -z "${VERBOSE:-}" ] || echo "$case, arriving: $expected packets," \
			"$(tail -n 1 "$ERRORS")"
		check "$case, arriving: there is load ($expected packets)" \
			test "$expected" -gt $((SWAPS * 23))
		equal "$case, arriving: per CPU, each is counted once" "$(total nt_in)" "$expected"
		equal "$case, arriving: by a shared counter" "$(total nt_shared)" "$expected"
		equal "$case, arriving: by one of the versions" "$(total nt_versions)" "$expected"
		equal "$case, arriving: its verdict is counted once" \
			"$(sum '.verdicts[].packets')" "$expected"
		equal "$case, arriving: in the table that changes shape" \
			"$(sum '.tables.nt_flows.rows[].packets')" "$expected"
		equal "$case, arriving: every version had its share" \
			"$(last '[.tables.nt_versions.rows[] | select(.value > 0)] | length')" 3
		for table in nt_in nt_shared nt_versions; do
			equal "$case, arriving: no reading of $table is behind the one before" \
				"$(never_back ".tables.$table.rows[].value")" true
		done
		equal "$case, arriving: nor of the table that changes shape" \
			"$(never_back '.tables.nt_flows.rows[].packets')" true
		equal "$case, arriving: nor of the verdicts" \
			"$(never_back '.verdicts[].packets')" true
		use far
		nothing_left "$case, arriving" in in2

		# Departures, counted before any queue: not one may be missing.
		use near
		begin_account
		swap -h "$hook" -i out -i out2 -n "$SWAPS" "${FILES[@]}" || continue
		flood out out2
		check "$case, leaving: $SWAPS swaps end" within 100 swapped_or_gone
		end_flood
		stop
		equal "$case, leaving: every swap succeeds" "$STATUS $(grep -c swapped "$ERRORS")" \
			"0 1"
		[ "$STATUS" = 0 ] || tail -n 5 "$ERRORS"
		end_account "$case, leaving"
		expected=$((RECEIVED + DROPPED))
		equal "$case, leaving: each is counted once" "$(total nt_out)" "$expected"
		equal "$case, leaving: by a shared counter" "$(total nt_shared)" "$expected"
		equal "$case, leaving: by one of the versions" "$(total nt_versions)" "$expected"
		equal "$case, leaving: its verdict is counted once" \
			"$(sum '.verdicts[].packets')" "$expected"
		equal "$case, leaving: in the table that changes shape" \
			"$(sum '.tables.nt_flows.rows[].packets')" "$expected"
		nothing_left "$case, leaving" out out2
	done
done

finish
