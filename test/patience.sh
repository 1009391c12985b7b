# SPDX-License-Identifier: Apache-2.0
# How long tests in bash wait, and how often they repeat what they do many times. An
# emulated processor (test/kernels) takes SLOWNESS times as long for everything.
# shellcheck shell=bash
SLOWNESS=${SKBSCOPE_TEST_SLOWNESS:-1}
SOAK=${SKBSCOPE_TEST_SOAK:-}

# repeats TIMES [LEAST]: of what is done many times to meet rare moments, or to grow. So
# often when tests soak (test/run --soak), else a tenth of it.
repeats() {
	local fewer=$(($1 / (SOAK ? SLOWNESS : SLOWNESS > 10 ? SLOWNESS : 10))) least=${2:-11}
	[ "$least" -lt "$1" ] || least=$1
	echo $((fewer > least ? fewer : least))
}

# A machine that has other things to do is no failure: what is waited for comes, and then nobody
# waits any longer. Whoever waits in vain has that many seconds.
AT_LEAST=30

# limited SECONDS COMMAND…: killed after that, or after twice the time of a wait if that is more.
limited() {
	timeout -s KILL $((($1 > 2 * AT_LEAST ? $1 : 2 * AT_LEAST) * SLOWNESS)) "${@:2}"
}

# What is waited for whatever happens is generous for a processor already.
PAUSE=$(((SLOWNESS + 1) / 2))

# As long as so many milliseconds, as an option's value.
ms() { # MILLISECONDS
	echo "$(($1 * PAUSE))ms"
}

# Asking takes its time from what is asked for.
POLL=$(awk -v pause="$PAUSE" 'BEGIN { print 0.02 * pause }')

# within SECONDS COMMAND…: the command succeeds before the time is up. Kernel
# objects go in their own time, after a grace period or two. Between two looks the shell
# itself waits, for a word from a pipe that nobody speaks into (NEVER): a process for it
# would take more time than the wait.
within() {
	local deadline=$((${EPOCHREALTIME/./} + ($1 > AT_LEAST ? $1 : AT_LEAST) * SLOWNESS * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
		read -rt "$POLL" <>"$NEVER" || :
	done
}
