#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is told of an edited program and when: the truth, once, with what would help.
. "$(dirname "$0")/lib.sh"

namespace near
use near
P=$PROGRAMS/count.c
cp "$P" "$WORK/good.c"
CHANGES=0
changed() { # another text that compiles to the same
	CHANGES=$((CHANGES + 1))
	printf '%s\n/* change %s */\n' "$(cat "$WORK/good.c")" "$CHANGES"
}
is_version() { [ "$(last .generation)" = "$1" ]; }
is_stale() { [ "$(last .stale)" != null ]; }
is_current() { [ "$(last .stale)" = null ]; }
told() { grep -c "$1" "$ERRORS"; } # PART: on how many lines
watches() { start "$P" -i lo --interval 20ms --watch "$@"; }

# --- too few descriptors ----------------------------------------------------

sleep 0.05 # else it may have been saved while it was compiled: that is not kept
once "$P" -i lo # it is in the cache: a start takes no compiler
soft=$(ulimit -Sn)
for few in 17 19 20 22 24 28; do
	ulimit -Sn "$few"
	watches
	ulimit -Sn "$soft"
	changed >"$P"
	check "with $few descriptors it is told that something is amiss" within 5 is_stale
	contains "with $few descriptors: what" "$(last .stale)" "Too many open files"
	check "with $few descriptors: and what would help" grep -q "ulimit -n" "$ERRORS"
	refute "with $few descriptors nothing is said to be missing" \
		grep -E "install|does not compile" "$ERRORS"
	stop
	equal "with $few descriptors it ends well" "$STATUS" 0
	cp "$WORK/good.c" "$P"
	sleep 0.05
	once "$P" -i lo
done
ulimit -Sn 8
once "$P" -i lo
ulimit -Sn "$soft"
contains "nor does a verifier get the blame" "$(cat "$WORK/once.err")" "Too many open files"

finish
