# SPDX-License-Identifier: Apache-2.0
# Checks for tests in bash: each says which sentence stopped being true, and the test
# goes on. Source it first; end with "finish". VERBOSE=1 prints what is true as well.
# shellcheck shell=bash

set -u
source "$(dirname "${BASH_SOURCE[0]}")/patience.sh"
export LC_ALL=C.UTF-8 # skbscope writes ASCII in a locale without UTF-8

PASSED=0
FAILED=0

passed() { # SENTENCE
	PASSED=$((PASSED + 1))
	[ -z "${VERBOSE:-}" ] || echo "ok: $1"
}

failed() { # SENTENCE [DETAIL…]
	FAILED=$((FAILED + 1))
	echo "FAILED $1"
	shift
	[ $# = 0 ] || printf '    %s\n' "$@"
}

# check SENTENCE COMMAND…: the command succeeds. What is waited for says nothing, and this
# shell itself asks for it: a copy of it would forget what it read.
check() {
	local sentence=$1 output=
	shift
	if if [ "$1" = within ]; then "$@"; else output=$("$@" 2>&1); fi; then
		passed "$sentence"
	else
		failed "$sentence" "not so: $*" "$output"
	fi
}

refute() { # SENTENCE COMMAND…: it fails
	local sentence=$1 output
	shift
	if output=$("$@" 2>&1); then failed "$sentence" "but: $*" "$output"; else
		passed "$sentence"
	fi
}

equal() { # SENTENCE ACTUAL EXPECTED
	if [ "$2" = "$3" ]; then passed "$1"; else failed "$1" "it is '$2', not '$3'"; fi
	[ "$2" = "$3" ]
}

contains() { # SENTENCE TEXT PART
	case $2 in
	*"$3"*) passed "$1" ;;
	*) failed "$1" "no '$3' in:" "$2" ;;
	esac
}

lacks() { # SENTENCE TEXT PART
	case $2 in
	*"$3"*) failed "$1" "there is '$3' in:" "$2" ;;
	*) passed "$1" ;;
	esac
}

finish() {
	echo "$PASSED passed, $FAILED failed"
	[ "$FAILED" = 0 ] && [ "$PASSED" != 0 ]
	exit
}
