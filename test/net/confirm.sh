#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --confirm-within: an enforced run that nobody confirms in time is passive, and packets that it
# dropped arrive; one that is confirmed goes on, and no way of ending it is lost meanwhile.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl-lib.sh"

P=$PROGRAMS/set.c
NETS=${PREFIX}nets
namespace far
use far

dump() { bpftool -j map dump name "$PREFIX$1" 2>/dev/null | gojq -c '.[].formatted // .[]'; }
told() { grep -qF -- "$1" "$ERRORS"; }

dropping=("$P" -i lo --enforce --interval "$(ms 20)" --set "$NETS[127.0.0.0/8]={action=SHOT}")
refused() { # SENTENCE WORDS ARGUMENTS…
	"$SKBSCOPE" run "${@:3}" >/dev/null 2>"$WORK/refused"
	equal "$1: misuse" "$?" 2
	contains "$1: what is said" "$(<"$WORK/refused")" "$2"
}
refused "nothing to confirm" "how long --enforce lasts" "$P" -i lo --confirm-within 1s
"$TOOLS/frames" make "$WORK/made.pcap" 5
refused "a capture" "a capture has none" "$P" -r "$WORK/made.pcap" --enforce --confirm-within 1s

start "${dropping[@]}" --confirm-within "$(ms 2000)" </dev/null || finish
contains "it is said how" "$(<"$ERRORS")" "unless confirmed: skbscope ctl confirm"
equal "it waits" "$(listed '.[0] | .enforced, .confirm_by_ns > 0' | xargs)" "true true"
before=$(delivered)
datagrams 127.0.0.1 23
check "what is set to be dropped is" within 5 eval '[ "$(verdict 2)" -ge 23 ]'
equal "and does not arrive" "$(delivered)" "$before"
check "nobody confirms: it is passive" within 20 told "it is passive again; until then SHOT to 23 packets"
datagrams 127.0.0.1 23
check "counts go on, of the answers of the stack, too" within 5 eval '[ "$(verdict 2)" = 69 ]'
equal "and packets arrive" "$(delivered)" $((before + 23))
equal "readings say so" "$(last .enforced)" false
equal "rows go on" "$(dump nets | gojq .value.hits)" 69
ctl_is "it is too late to confirm" 1 "too late: set is passive again" confirm
stop
equal "a normal end" "$STATUS" 0

start "${dropping[@]}" --watch --confirm-within "$(ms 2000)" </dev/null || finish
echo "/* edited */" >>"$P"
check "an edit meanwhile" within 10 is_version 2
check "has the same deadline" within 20 told "it is passive again"
check "a version more" within 5 is_version 3
echo "/* edited again */" >>"$P"
check "an edit after it" within 10 is_version 4
equal "is passive" "$(last .enforced)" false
stop

start "${dropping[@]}" --confirm-within "$(ms 2000)" </dev/null || finish
ctl_is "confirmed" 0 "set stays enforced" confirm
ctl_is "once" 1 "does not wait to be confirmed" confirm
from=$(last .monotonic_ns)
check "the deadline passes" within 20 eval '[ "$(last .monotonic_ns)" -gt $((from + 2100000000 * SLOWNESS)) ]'
equal "it stays enforced" "$(last .enforced)" true
before=$(delivered)
datagrams 127.0.0.1 23
check "and drops" within 5 eval '[ "$(verdict 2)" -ge 23 ]'
equal "what is set to be dropped" "$(delivered)" "$before"
stop
start "${dropping[@]}" --confirm-within 10m </dev/null || finish
ctl_is "stopped while it waits" 0 "has ended with status 0" stop
wait_for_end
nothing_left "stopped while it waits" lo

cat >"$PROGRAMS/writes.c" <<-END
	#include <uapi/linux/bpf.h>
	int ${PREFIX}writes(struct __sk_buff *skb) { skb->mark = 23; return -1; }
END
start "$PROGRAMS/writes.c" -i lo --enforce --confirm-within "$(ms 500)" </dev/null || finish
wait_for_end
equal "what cannot be passive ends" "$STATUS" 1
contains "and says why" "$(<"$ERRORS")" "as it cannot be passive: "
nothing_left "it" lo

screen "$P" -i lo --enforce --confirm-within 10m
check "on a terminal it is said how" within 5 shows 'press Enter'
echo >&7
check "Enter confirms" within 5 shows 'confirmed: it stays enforced'
leave

chmod 777 /run/skbscope
launch "$P" -i lo --enforce --confirm-within 10m </dev/null
wait_for_end
equal "where nobody could confirm: status" "$STATUS" 1
contains "where nobody could confirm it is refused" "$(<"$ERRORS")" "nobody could confirm it"
chmod 755 /run/skbscope
nothing_left "refused" lo
finish
