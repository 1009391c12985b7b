#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bundled programs count what their own tests expect, and each of them has tests.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/../cli/lib.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }

TESTS=("$SOURCE"/programs/*.test)
OUTPUT=$(limited 200 "$SKBSCOPE" test "${TESTS[@]}" 2>&1)
equal "the tests of the bundled programs pass" $? 0 || echo "$OUTPUT"
for program in "$SOURCE"/programs/*.c; do
	check "${program##*/} has tests" test -e "${program%.c}.test"
done
finish
