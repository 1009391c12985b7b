#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Kernels that lack tcx, clsact or both, made from this one by refusing or spoiling
# the system calls that ask for them (see without.c).
. "$(dirname "$0")/lib.sh"

namespace near
use near

lacking() { # WHAT… -- ARGUMENTS OF run…: like once, on such a kernel
	local what=()
	while [ "$1" != -- ]; do what+=("$1"); shift; done
	shift
	limited 30 "${IN[@]}" "$TOOLS/without" "${what[@]}" "$SKBSCOPE" run --once \
		--interval "$(ms 50)" -j "$PROGRAMS/count.c" -i lo "$@" \
		>"$WORK/once.out" 2>"$WORK/once.err"
	STATUS=$?
	OUTPUT=$(plain "$(<"$WORK/once.out")")
	ERRORS=$(plain "$(<"$WORK/once.err")")
}

hook_used() { gojq -r '[.hooks[].hook] | unique | join(" ")' <<<"$OUTPUT"; }

# That the simulation works at all is seen with tc.
refute "tc cannot add clsact where it is lacking" \
	"${IN[@]}" "$TOOLS/without" clsact tc qdisc add dev lo clsact
check "tc can where only tcx is lacking" \
	"${IN[@]}" "$TOOLS/without" tcx tc qdisc add dev lo clsact
"${IN[@]}" tc qdisc del dev lo clsact

start_sending lo udp4 3000

lacking tcx --
equal "without tcx: runs" "$STATUS" 0
equal "without tcx: on clsact" "$(hook_used)" clsact
check "without tcx: and counts" test "$(gojq '.tables.nt_in.rows[0].value' <<<"$OUTPUT")" -gt 0
nothing_left "without tcx" lo

lacking tcx -- --hook tcx
equal "without tcx, --hook tcx: fails" "$STATUS" 1
contains "without tcx, --hook tcx: says what is lacking" "$ERRORS" tcx
equal "without tcx, --hook tcx: prints no reading" "$OUTPUT" ""
nothing_left "without tcx, --hook tcx" lo

if has_tcx; then
	lacking clsact --
	equal "without clsact: runs" "$STATUS" 0
	equal "without clsact: on tcx" "$(hook_used)" tcx
	nothing_left "without clsact" lo
fi

lacking clsact -- --hook clsact
equal "without clsact, --hook clsact: fails" "$STATUS" 1
contains "without clsact, --hook clsact: says what is lacking" "$ERRORS" clsact
equal "without clsact, --hook clsact: prints no reading" "$OUTPUT" ""
nothing_left "without clsact, --hook clsact" lo

lacking tcx clsact --
equal "without either: fails" "$STATUS" 1
contains "without either: says that tcx is lacking" "$ERRORS" tcx
contains "without either: and clsact" "$ERRORS" clsact
equal "without either: prints no reading" "$OUTPUT" ""
nothing_left "without either" lo

doctor=$(limited 30 "${IN[@]}" "$TOOLS/without" tcx clsact "$SKBSCOPE" doctor 2>&1)
for feature in tcx clsact; do
	check "without either: doctor misses $feature" \
		grep -Eq "MISSING +$feature" <<<"$doctor"
done
lacks "without either: doctor offers no way out that is none" "$doctor" "clsact is used instead"
contains "without tcx: doctor says what happens instead" \
	"$(limited 30 "${IN[@]}" "$TOOLS/without" tcx "$SKBSCOPE" doctor 2>&1)" \
	"clsact is used instead"
equal "doctor misses none of what this kernel has" "$("$SKBSCOPE" doctor -j |
	gojq -r '.[] | select(.present and (.name == "tcx" or .name == "clsact")) | .name' | xargs)" \
	"${HOOKS[*]}"

stop_sending
finish
