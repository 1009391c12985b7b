# SPDX-License-Identifier: Apache-2.0
# Makes the table in docs/distributions.md from what whole runs of test/run left in
# .cache/debian/RELEASE/results. To be sourced by bash, with test/report.sh.
# shellcheck shell=bash disable=SC2034

# A folder for what a run comes to; nothing where this is no Debian.
debian_results() {
	(. /etc/os-release && [ "$ID" = debian ] &&
		echo ".cache/debian/$VERSION_CODENAME/results")
}

# The first number with dots in what a command says.
version_of() { "$@" 2>/dev/null | grep -Eo '[0-9]+(\.[0-9]+)+' | head -n 1; }

# Prints "THING<tab>VERSION" lines.
debian_versions() { # BUILD
	local worker
	worker=$("$1/skbscope-compile" --version)
	printf 'Debian\t%s\n' "$(cat /etc/debian_version)"
	printf 'libbcc\t%s\n' "$(version_of echo "${worker#*libbcc}")"
	printf 'LLVM\t%s\n' "${worker##*LLVM }"
	printf 'libbpf\t%s\n' "$(version_of pkg-config --modversion libbpf)"
	printf 'libsmartcols\t%s\n' "$(version_of pkg-config --modversion smartcols)"
	printf 'gcc\t%s\n' "$(version_of gcc -dumpfullversion)"
	printf 'clang\t%s\n' "$(version_of clang -dumpversion)"
	printf 'kernel it ran on\t%s\n' "$(uname -r)"
}

versions_of() { cat "$1/versions"; }

compiler_facts() { # RESULTS
	gojq -r '.[] | select(.name == "libbcc shortcuts") |
		"libbcc asks the worker, not /proc/kallsyms\t\(if .present then "yes" else "no" end)"' \
		"$1/doctor.json"
}

suite_facts() { # RESULTS
	local preset
	for preset in release asan; do
		count_tests "$1/$preset.xml" &&
			printf '%s\t%s / %s / %s\n' $preset "$PASSED" "$FAILED" "$SKIPPED"
	done
	cat "$1/clang"
	printf 'tried on\t%s\n' "$(date -u -r "$1/clang" +%F)"
}

# Where less is known than the table says already, it stays as it is.
debian_table_is_due() {
	local own
	own=$(debian_results) && [ -s "$own/clang" ] && [ "$(debian_releases | wc -l)" -gt 1 ]
}

debian_releases() { # of which there is a whole run, oldest first
	local results
	for results in .cache/debian/*/results; do
		[ ! -s "$results/clang" ] || printf '%s\t%s\n' \
			"$(versions_of "$results" | sed -n 's/^Debian\t//p')" "$results"
	done | sort -V | cut -f 2
}

table() {
	local name results RESULTS CELLS titles=()
	mapfile -t RESULTS < <(debian_releases)
	for results in "${RESULTS[@]}"; do
		titles+=("$(basename "$(dirname "$results")")")
	done
	row "" "${titles[@]}"
	row --- "${titles[@]/*/---}"
	while IFS= read -r name; do
		cells versions_of "$name"
		row "$name" "${CELLS[@]}"
	done < <(cut -f 1 "${RESULTS[-1]}/versions")
	while IFS= read -r name; do
		cells compiler_facts "$name"
		row "$name" "${CELLS[@]}"
	done < <(compiler_facts "${RESULTS[-1]}" | cut -f 1)
	while IFS= read -r name; do
		cells verified "$name"
		row "instructions verified, $name" "${CELLS[@]}"
	done < <(verified "${RESULTS[-1]}" | cut -f 1)
	cells suite_facts release
	row "tests: passed / failed / skipped" "${CELLS[@]}"
	cells suite_facts asan
	row "with sanitizers: passed / failed / skipped" "${CELLS[@]}"
	cells suite_facts clang
	row "clang, warnings as errors" "${CELLS[@]}"
	cells suite_facts "tried on"
	row "tried on" "${CELLS[@]}"
	for results in "${RESULTS[@]}"; do
		for name in release asan; do
			failing "$results/$name.xml" |
				sed "s|^|\n- fails on $(basename "$(dirname "$results")"), $name: |"
		done
	done
}
