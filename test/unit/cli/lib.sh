# SPDX-License-Identifier: Apache-2.0
# For the scripts here: a folder that goes away, and checks that say what stopped
# being true. Source it first; end with "finish".
# shellcheck shell=bash disable=SC2034

set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE=$(cd "$HERE/../../.." && pwd)
BUILD=${SKBSCOPE_BUILD:-$SOURCE/build}
SKBSCOPE=$BUILD/skbscope
source "$SOURCE/test/patience.sh"
WORK=$(mktemp -d)
chmod 755 "$WORK"
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM HUP
export -n SKBSCOPE_PROGRAM_PATH NO_COLOR 2>/dev/null
unset SKBSCOPE_PROGRAM_PATH

# A script that attaches does so in a network namespace of its own, which the
# kernel clears up however the script ends.
own_network() {
	# The cache of whoever runs the tests is not theirs to fill.
	export XDG_CACHE_HOME=$WORK/cache
	[ "$(id -u)" = 0 ] && unshare --net --mount true 2>/dev/null || return 1
	if [ -z "${SKBSCOPE_OWN_NETWORK:-}" ]; then
		rm -rf "$WORK" # who takes over makes its own
		SKBSCOPE_OWN_NETWORK=1 exec unshare --net --mount --propagation private \
			--kill-child --fork bash "$0"
	fi
	ip link set lo up
	mount -t tmpfs -o mode=755 skbscope-test /var/cache
}

PASSED=0
FAILED=0

passed() { PASSED=$((PASSED + 1)); }

failed() { # SENTENCE [DETAIL…]
	FAILED=$((FAILED + 1))
	echo "FAILED $1"
	shift
	[ $# = 0 ] || printf '    %s\n' "$@"
}

equal() { # SENTENCE ACTUAL EXPECTED
	if [ "$2" = "$3" ]; then passed; else failed "$1" "it is '$2', not '$3'"; fi
}

contains() { # SENTENCE TEXT PART
	case $2 in
	*"$3"*) passed ;;
	*) failed "$1" "no '$3' in:" "$2" ;;
	esac
}

lacks() { # SENTENCE TEXT PART
	case $2 in
	*"$3"*) failed "$1" "there is '$3' in:" "$2" ;;
	*) passed ;;
	esac
}

check() { # SENTENCE COMMAND…
	local sentence=$1 output
	shift
	if output=$("$@" 2>&1); then passed; else failed "$sentence" "$output"; fi
}

# refused SENTENCE STATUS PART COMMAND…: exits with STATUS and says PART on stderr,
# nothing on stdout.
refused() {
	local sentence=$1 status=$2 part=$3 got
	shift 3
	limited 60 "$@" >"$WORK/stdout" 2>"$WORK/stderr"
	got=$?
	equal "$sentence: exit status" "$got" "$status"
	contains "$sentence" "$(cat "$WORK/stderr")" "$part"
	equal "$sentence: nothing on stdout" "$(cat "$WORK/stdout")" ""
}

finish() {
	echo "$PASSED passed, $FAILED failed"
	[ "$FAILED" = 0 ] && [ "$PASSED" != 0 ]
	exit
}
