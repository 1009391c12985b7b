# SPDX-License-Identifier: Apache-2.0
# Makes the tables in docs/kernels.md and docs/programs.md from what the guests left behind. To be sourced by
# bash, with test/report.sh; needs CACHE.
# shellcheck shell=bash

# What the tests left out, by their own words: "REASON<tab>CASES" lines.
left_out() { # RESULTS
	sed -n 's/^skipped: \(.*: \)\{0,1\}//p' "$1/tests.log" 2>/dev/null | sort | uniq -c |
		sed 's/^ *\([0-9]*\) \(.*\)/\2\t\1/'
}

# Prints "FEATURE<tab>yes|no" lines, one for each thing doctor knows of a kernel.
features() { # RESULTS
	gojq -r '.[] | select(.section == "kernel" and .name != "release") |
		"\(.name)\t\(if .present then "yes" else "no" end)"' "$1/doctor.json"
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

# Prints "PROGRAM<tab>INSTRUCTIONS": of its function that the verifier walked longest.
walked() { # RESULTS
	gojq -r '"\(.program)\t\([.functions[].verified] | max)"' "$1"/check-*.json
}

table_of_programs() {
	local name results kernel CELLS RESULTS=() titles=()
	for kernel in 5.10 6.1 6.12 newest; do
		results=$CACHE/$kernel/programs
		[ -s "$results/check-talkers.json" ] || continue
		RESULTS+=("$results")
		titles+=("$(sed 's/-cloud-amd64//' "$results/version")")
	done
	[ ${#RESULTS[@]} != 0 ] || return
	row program "${titles[@]}"
	row --- "${titles[@]/*/---:}"
	walked "${RESULTS[-1]}" | cut -f 1 | while IFS= read -r name; do
		cells walked "$name"
		row "$name" "${CELLS[@]}"
	done
}

all_verified() {
	local kernel
	for kernel in 5.10 6.1 6.12 newest; do
		[ -s "$CACHE/$kernel/programs/check-talkers.json" ] || return
	done
}

all_done() {
	local kernel
	for kernel in 5.10 6.1 6.12 newest; do
		[ -s "$CACHE/$kernel/results/tests.xml" ] || return
	done
}
