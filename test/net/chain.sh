#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Other people's filters, programs and qdiscs on the same hook survive everything
# we do there, and still see every packet.
. "$(dirname "$0")/lib.sh"
need_foreign

FRAMES=523
namespace near
namespace far
pair near out far in

# The classic "return 0" is TC_ACT_OK, which would end the chain here.
run_ok() { start "$PROGRAMS/verdict.c" -D VERDICT=TC_ACT_OK -i in "$@"; }

TRAFFIC=0
traffic() {
	TRAFFIC=$((TRAFFIC + 1))
	use near
	send out udp4 "$FRAMES" >"$WORK/sent"
	use far
}

before_and_behind() { # CASE: what both must have seen by now
	equal "$1: the one before saw every packet" "$(seen "$BEFORE")" $((FRAMES * TRAFFIC))
	equal "$1: the one behind saw every packet" "$(seen "$BEHIND")" $((FRAMES * TRAFFIC))
}

# --- clsact: filters of tc before and behind ours ----------------------------
use far
tc_far() { ip netns exec far tc "$@"; }
tc_far qdisc add dev in clsact
foreign_filter in ingress pass 1
BEFORE=$FOREIGN_ID
foreign_filter in ingress pass 65000
BEHIND=$FOREIGN_ID
theirs=$(hooked in)
qdisc=$(tc_far qdisc show dev in)
equal "the two foreign filters are there" "$(wc -l <<<"$theirs")" 2

case="clsact between tc filters"
run_ok --hook clsact && {
	equal "$case: three filters in all" "$(hooked in | wc -l)" 3
	traffic
	before_and_behind "$case"
	stop
	equal "$case: we counted every packet" "$(total nt_in)" "$FRAMES"
}
equal "$case: they are as they were" "$(hooked in)" "$theirs"
equal "$case: the qdisc is as it was" "$(tc_far qdisc show dev in)" "$qdisc"
traffic
before_and_behind "$case, after us"

case="clsact between tc filters, killed"
run_ok --hook clsact && {
	kill -KILL "$SCOPE"
	wait "$SCOPE" 2>/dev/null
	traffic
	before_and_behind "$case"
	check "$case: detach succeeds" "${IN[@]}" "$SKBSCOPE" detach
}
equal "$case: they are as they were" "$(hooked in)" "$theirs"
equal "$case: the qdisc is as it was" "$(tc_far qdisc show dev in)" "$qdisc"
equal "$case: detach a second time changes nothing" \
	"$("${IN[@]}" "$SKBSCOPE" detach -i in >/dev/null 2>&1 && hooked in)" "$theirs"

if has_tcx; then
	case="tcx before tc filters"
	run_ok --hook tcx && {
		traffic
		before_and_behind "$case"
		stop
		equal "$case: we counted every packet" "$(total nt_in)" "$FRAMES"
	}
	equal "$case: they are as they were" "$(hooked in)" "$theirs"
fi

case="clsact, enforced TC_ACT_OK"
run_ok --hook clsact --enforce && {
	foreign_filter in ingress pass 65100
	traffic
	before_and_behind "$case: we come after those that were there"
	equal "$case: the chain ends with us, as was asked" "$(seen "$FOREIGN_ID")" 0
	stop
	traffic
	equal "$case: and afterwards goes on" "$(seen "$FOREIGN_ID")" "$FRAMES"
	tc_far filter del dev in ingress prio 65100
}
equal "$case: they are as they were" "$(hooked in)" "$theirs"

case="clsact, somebody drops"
foreign_filter in ingress drop 7
run_ok --hook clsact && {
	traffic
	stop
	equal "$case: we counted every packet nevertheless" "$(total nt_in)" "$FRAMES"
	equal "$case: the drop saw every packet" "$(seen "$FOREIGN_ID")" "$FRAMES"
	equal "$case: and still dropped them" "$(seen "$BEHIND")" $((FRAMES * (TRAFFIC - 1)))
}

# The note of where to send a packet outlasts the program that made it.
tc_far filter del dev in ingress prio 7
foreign_filter in ingress redirect 7
sent_back() { ip -n far -s -j link show in | gojq '.[0].stats64.tx.packets'; }
for hook in "${HOOKS[@]}"; do
	case="$hook, somebody redirects without saying where to"
	before=$(sent_back)
	start "$PROGRAMS/change.c" -D CHANGE=8 -i in --hook "$hook" && {
		traffic
		stop
		equal "$case: we counted every packet" "$(total nt_in)" "$FRAMES"
		equal "$case: as redirected" "$(verdict 7)" "$FRAMES"
		equal "$case: and no packet goes where we would have sent it" "$(sent_back)" "$before"
	}
done
tc_far qdisc del dev in clsact

# --- tcx: other programs before and behind ours ------------------------------
if has_tcx; then
	foreign_tcx in ingress pass
	BEHIND=$FOREIGN_ID behind=$FOREIGN TRAFFIC=0
	case="tcx between tcx programs"
	run_ok --hook tcx && {
		foreign_tcx in ingress pass before
		BEFORE=$FOREIGN_ID before=$FOREIGN
		equal "$case: the hook has all three" \
			"$(hooked in | awk '{ print $4 }' | xargs)" "foreign nt_verdict foreign"
		traffic
		before_and_behind "$case"
		stop
		equal "$case: we counted every packet" "$(total nt_in)" "$FRAMES"
		equal "$case: theirs stay" "$(hooked in | awk '{ print $3 }' | xargs)" "$BEFORE $BEHIND"
		traffic
		before_and_behind "$case, after us"
		run_ok --hook tcx && {
			kill -KILL "$SCOPE"
			wait "$SCOPE" 2>/dev/null
			check "$case, killed: ours is gone" within 1 \
				eval '! hooked in | grep -q nt_verdict'
			traffic
			before_and_behind "$case, killed"
			check "$case, killed: detach succeeds" "${IN[@]}" "$SKBSCOPE" detach
			equal "$case, killed: theirs stay" \
				"$(hooked in | awk '{ print $3 }' | xargs)" "$BEFORE $BEHIND"
		}
		kill "$before"
	}
	kill "$behind"
	within 2 unhooked in

	case="tcx, somebody drops"
	foreign_tcx in ingress drop
	run_ok --hook tcx && {
		traffic
		stop
		equal "$case: we counted every packet nevertheless" "$(total nt_in)" "$FRAMES"
		equal "$case: the drop saw every packet" "$(seen "$FOREIGN_ID")" "$FRAMES"
	}
	kill "$FOREIGN"
	within 2 unhooked in
fi

# --- qdiscs -------------------------------------------------------------------
case="somebody's clsact without filters"
tc_far qdisc add dev in clsact
qdisc=$(tc_far qdisc show dev in)
run_ok --hook clsact && stop
equal "$case: survives our end" "$(tc_far qdisc show dev in)" "$qdisc"
run_ok --hook clsact && {
	kill -KILL "$SCOPE"
	wait "$SCOPE" 2>/dev/null
	"${IN[@]}" "$SKBSCOPE" detach 2>/dev/null
}
equal "$case: survives our death and detach" "$(tc_far qdisc show dev in)" "$qdisc"
check "$case: our filter does not" unhooked in
tc_far qdisc del dev in clsact

case="our clsact, taken into use by somebody"
run_ok --hook clsact && {
	check "$case: we added it" has_qdisc in
	foreign_filter in egress pass 5
	stop
	equal "$case: their filter stays" "$(hooked in)" "clsact egress $FOREIGN_ID foreign"
	tc_far qdisc del dev in clsact
}
run_ok --hook clsact && {
	foreign_filter in ingress pass 5
	kill -KILL "$SCOPE"
	wait "$SCOPE" 2>/dev/null
	"${IN[@]}" "$SKBSCOPE" detach 2>/dev/null
	equal "$case: and after our death" "$(hooked in)" "clsact ingress $FOREIGN_ID foreign"
	tc_far qdisc del dev in clsact
}

# --- our own kind -------------------------------------------------------------
for hook in "${HOOKS[@]}"; do
	case="two of us, $hook"
	run_ok --hook "$hook" || continue
	one=$SCOPE one_readings=$READINGS
	run_ok --hook "$hook" || continue
	traffic
	stop
	equal "$case: the second counted every packet" "$(total nt_in)" "$FRAMES"
	SCOPE=$one READINGS=$one_readings
	traffic
	check "$case: detach leaves the living alone" "${IN[@]}" "$SKBSCOPE" detach
	traffic
	stop
	equal "$case: the first counted on" "$(total nt_in)" $((FRAMES * 3))
	nothing_left "$case" in
done

finish
