# SPDX-License-Identifier: Apache-2.0
# Makes the table in docs/kernels.md from what the guests left behind. To be sourced by
# bash; needs CACHE.
# shellcheck shell=bash

attribute() { # NAME FILE
	sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1
}

# count_tests REPORT: sets PASSED, FAILED and SKIPPED.
count_tests() {
	local head status=1
	PASSED=0 FAILED=0 SKIPPED=0
	[ -s "$1" ] || return
	head=$(mktemp)
	tr '\n' ' ' <"$1" | sed 's/<testcase.*//' >"$head"
	FAILED=$(attribute failures "$head")
	SKIPPED=$(($(attribute skipped "$head") + $(attribute disabled "$head")))
	PASSED=$(($(attribute tests "$head") - FAILED - SKIPPED)) && status=0
	rm "$head"
	return $status
}

# What the tests left out, by their own words: "REASON<tab>CASES" lines.
left_out() { # RESULTS
	sed -n 's/^skipped: \(.*: \)\{0,1\}//p' "$1/tests.log" 2>/dev/null | sort | uniq -c |
		sed 's/^ *\([0-9]*\) \(.*\)/\2\t\1/'
}

failing() { # REPORT: names
	sed -n 's/.*<testcase name="\([^"]*\)".* status="fail".*/\1/p' "$1" 2>/dev/null
}

# Prints "FEATURE<tab>yes|no" lines, one for each thing doctor knows of a kernel.
features() { # RESULTS
	jq -r '.[] | select(.section == "kernel" and .name != "release") |
		"\(.name)\t\(if .present then "yes" else "no" end)"' "$1/doctor.json"
}

# Prints "PROGRAM: FUNCTION<tab>INSTRUCTIONS", the verifier's count; 0 is not known.
verified() { # RESULTS
	jq -r '.program as $p | .functions[] | "\($p): \(.function)\t" +
		(if .verified > 0 then "\(.verified)" else "not told" end)' "$1"/check-*.json
}

row() { # TITLE CELL…
	local cell
	printf '|'
	for cell; do printf ' %s |' "$cell"; done
	printf '\n'
}

cells() { # FUNCTION NAME: sets CELLS to what each kernel's FUNCTION says of NAME
	local results value
	CELLS=()
	for results in "${RESULTS[@]}"; do
		value=$("$1" "$results" | awk -F '\t' -v name="$2" '$1 == name { print $2; exit }')
		CELLS+=("${value:-?}")
	done
}

suite_results() { # RESULTS
	count_tests "$1/tests.xml" &&
		printf 'passed\t%s\nfailed\t%s\nskipped\t%s\n' "$PASSED" "$FAILED" "$SKIPPED"
	printf 'minutes\t%s\n' "$(awk '{ printf "%.0f", $1 / 60 }' "$1/seconds")"
	printf 'tried on\t%s\n' "$(date -u -r "$1/seconds" +%F)"
}

table() {
	local name results kernel CELLS RESULTS=() titles=()
	for kernel in 5.10 6.1 6.12 newest; do
		results=$CACHE/$kernel/results
		[ -s "$results/doctor.json" ] && [ -s "$results/seconds" ] || continue
		RESULTS+=("$results")
		titles+=("$(sed 's/-cloud-amd64//' "$results/version")")
	done
	[ ${#RESULTS[@]} != 0 ] || return
	row "" "${titles[@]}"
	row --- "${titles[@]/*/---}"
	features "${RESULTS[-1]}" | cut -f 1 | while IFS= read -r name; do
		cells features "$name"
		row "$name" "${CELLS[@]}"
	done
	verified "${RESULTS[-1]}" | cut -f 1 | while IFS= read -r name; do
		cells verified "$name"
		row "instructions verified, $name" "${CELLS[@]}"
	done
	for name in passed failed skipped minutes "tried on"; do
		cells suite_results "$name"
		row "tests: $name" "${CELLS[@]}"
	done
	for results in "${RESULTS[@]}"; do left_out "$results"; done | cut -f 1 | sort -u |
		while IFS= read -r name; do
			cells left_out "$name"
			row "cases left out: $name" "${CELLS[@]/\?/0}"
		done
	for results in "${RESULTS[@]}"; do
		failing "$results/tests.xml" | sed "s/^/\n- fails on $(cat "$results/version"): /"
	done
}

all_done() {
	local kernel
	for kernel in 5.10 6.1 6.12 newest; do
		[ -s "$CACHE/$kernel/results/tests.xml" ] || return
	done
}

# write_table FILE: between the two marks in it.
write_table() {
	local made
	made=$(mktemp)
	table >"$made"
	if [ -s "$made" ]; then
		sed -i -e "/^<!-- the table/r $made" \
			-e '/^<!-- the table/,/^<!-- end/{/^<!--/!d}' "$1"
	fi
	rm "$made"
}
