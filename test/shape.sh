# SPDX-License-Identifier: Apache-2.0
# Comparing what a document shows with what was printed, where figures differ from one run to
# the next. To be sourced by bash, behind test/assert.sh; needs WORK.
# shellcheck shell=bash

# Figures, units and the time are N, kinds of hooks H; spaces do not count, nor how long a bar is.
shape() {
	sed -E 's/[0-9]{2}:[0-9]{2}:[0-9]{2}/T/g; s/\((tcx|clsact)\)/(H)/g; s/IPv([46])/IP\1/g
		s/(IP)([46])/\1v\2/g; s/[0-9][0-9.]*[kMG]?( (KiB|MiB|GiB|B|ms|s|us|ns)\b)?/N/g
		s/(reading|row|file)s\b/\1/g; s/\b(faster|slower) than/other than/; s/[^ ]*\/(flows\.c:)/\1/; s/ *\*+$//; s/[ \t]+/ /g; s/^ //; s/ $//'
}

# Each line that the document shows is one of what was printed.
printed() { # WHERE SHOWN OUTPUT
	local line whole=$FAILED
	shape <<<"$3" >"$WORK/shape"
	while read -r line; do
		[ -z "$line" ] || grep -qxF -- "$line" "$WORK/shape" ||
			failed "$1: prints what is shown" "no '$line' in:" "$3"
	done < <(shape <<<"$2")
	[ "$FAILED" != "$whole" ] || passed "$1: prints what is shown"
}
