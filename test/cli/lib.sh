# SPDX-License-Identifier: Apache-2.0
# For the scripts here: a folder that goes away, beside the checks of test/assert.sh.
# Source it first; end with "finish".
# shellcheck shell=bash disable=SC2034

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${SKBSCOPE_BUILD:-$SOURCE/build}
SKBSCOPE=$BUILD/skbscope
source "$SOURCE/test/assert.sh"
source "$SOURCE/test/images.sh"
WORK=$(mktemp -d)
chmod 755 "$WORK"
NEVER=$WORK/never
mkfifo "$NEVER"
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
	share_images
	mount -t tmpfs -o mode=755 skbscope-test /run # who else runs skbscope is no matter of ours
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
