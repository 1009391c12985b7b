#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every program that the tests of this folder compile, with a precompiled header and
# without it: test-program-precompiled over what keep_programs.c keeps of them. What these
# tests themselves come to is not judged here.
set -u

programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
for test in "$SKBSCOPE_BUILD"/test/test-program-*; do
	case $test in
	*-precompiled | *-precompiled_kept) ;;
	*) SKBSCOPE_TEST_KEEP=$programs "$test" >/dev/null 2>&1 ;;
	esac
done
[ "$(find "$programs" -name '*.c' | wc -l)" -ge 100 ] || {
	echo "FAILED: fewer than 100 programs were kept"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}
SKBSCOPE_TEST_PROGRAMS=$programs "$SKBSCOPE_BUILD/test/test-program-precompiled"
