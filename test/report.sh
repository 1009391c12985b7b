# SPDX-License-Identifier: Apache-2.0
# What came of a run: counting in ctest's report, what skbscope says of a machine, and
# tables of it in the documentation. To be sourced by bash.
# shellcheck shell=bash disable=SC2034

attribute() { # NAME FILE
	sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1
}

# count_tests REPORT: sets PASSED, FAILED and SKIPPED; fails if there is no report.
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

failing() { # REPORT: names
	sed -n 's/.*<testcase name="\([^"]*\)".* status="fail".*/\1/p' "$1" 2>/dev/null
}

# What skbscope finds here, and what the verifier makes of the bundled programs.
ask_skbscope() { # BUILD RESULTS
	local program
	"$1/skbscope" doctor -j >"$2/doctor.json" || true
	for program in $("$1/skbscope" list -j | gojq -r '.[].name'); do
		"$1/skbscope" check -j "$program" >"$2/check-$program.json" 2>/dev/null ||
			rm "$2/check-$program.json"
	done
}

# Prints "PROGRAM: FUNCTION<tab>INSTRUCTIONS", the verifier's count; 0 is not known.
verified() { # RESULTS
	gojq -r '.program as $p | .functions[] | "\($p): \(.function)\t" +
		(if .verified > 0 then "\(.verified)" else "not told" end)' "$1"/check-*.json
}

row() { # CELL…
	local cell
	printf '|'
	for cell; do printf ' %s |' "$cell"; done
	printf '\n'
}

# cells FUNCTION NAME: sets CELLS to what FUNCTION says of NAME for each of RESULTS.
cells() {
	local results value
	CELLS=()
	for results in "${RESULTS[@]}"; do
		value=$("$1" "$results" | awk -F '\t' -v name="$2" '$1 == name { print $2; exit }')
		CELLS+=("${value:-?}")
	done
}

# write_table FILE NAME FUNCTION: what the function prints, between two marks in the file:
# <!-- NAME… --> and <!-- end of NAME -->.
write_table() {
	local made
	made=$(mktemp)
	"$3" >"$made"
	if [ -s "$made" ]; then
		sed -i -e "/^<!-- $2/r $made" \
			-e "/^<!-- $2/,/^<!-- end of $2/{/^<!--/!d}" "$1"
	fi
	rm "$made"
}
