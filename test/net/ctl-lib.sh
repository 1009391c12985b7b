# SPDX-License-Identifier: Apache-2.0
# What tests of "skbscope ctl" need beside lib.sh.
# shellcheck shell=bash disable=SC2034

ctl() { # WORDS…: sets STATUS, OUTPUT and SAID
	"${AS[@]}" "$SKBSCOPE" ctl "$@" >"$WORK/ctl" 2>"$WORK/ctl.err"
	STATUS=$? OUTPUT=$(<"$WORK/ctl") SAID=$(<"$WORK/ctl.err")
}
AS=()
ctl_is() { # SENTENCE STATUS WORDS-SAID ARGUMENTS…
	ctl "${@:4}"
	equal "$1: status" "$STATUS" "$2" || echo "$SAID"
	contains "$1: what is said" "$SAID" "$3"
}
listed() { # FILTER, of ctl list
	ctl list -j
	gojq -r "$1" <<<"$OUTPUT"
}
