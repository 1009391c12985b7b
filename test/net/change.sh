#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program that alters packets is not attached without --enforce: a verdict held
# back would not undo what it did.
. "$(dirname "$0")/lib.sh"

namespace near
use near

changes=(none "bpf_skb_store_bytes" "skb->mark" "a direct packet write" "bpf_clone_redirect"
	"skb->tc_index" "skb->priority" "bpf_skb_change_tail")

once "$PROGRAMS/change.c" -D CHANGE=0 -i lo
equal "the program without any change runs passively" "$STATUS" 0

for change in 1 2 3 4 5 6 7; do
	case=${changes[change]}
	once "$PROGRAMS/change.c" -D "CHANGE=$change" -i lo
	check "$case: refused without --enforce" test "$STATUS" != 0
	equal "$case: no reading is printed" "$OUTPUT" ""
	contains "$case: the refusal names --enforce" "$ERRORS" --enforce
	contains "$case: and the program's file" "$ERRORS" change.c
	[ "$change" = 4 ] && continue # would send packets round and round
	once "$PROGRAMS/change.c" -D "CHANGE=$change" -i lo --enforce
	equal "$case: runs with --enforce" "$STATUS" 0
done

# bpf_redirect only notes where to send the packet; the verdict does it.
start "$PROGRAMS/change.c" -D CHANGE=8 -i lo && {
	before=$(delivered)
	datagrams 127.0.0.1 23
	equal "bpf_redirect held back: every packet is delivered" $(($(delivered) - before)) 23
	stop
	equal "bpf_redirect held back: and counted" "$(verdict 7)" "$(total nt_in)"
}

nothing_left "after all of them" lo
finish
