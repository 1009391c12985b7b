#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The labs' pages say what is so: every command in them is run as it stands there, by somebody who
# has solved the lab, with the labs' network up.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: attaching needs root and a namespace"; exit 77; }

mkdir -p "$WORK/bin" "$WORK/home"
cd "$WORK/home" || exit 1
TALK=$WORK/talk
cat >"$WORK/bin/skbscope" <<SHIM
#!/bin/bash
echo \$\$ >"$WORK/pid"
exec env --default-signal=INT "$SKBSCOPE" "\$@" 2>>"$TALK"
SHIM
printf '#!/bin/sh\nexec "$@"\n' >"$WORK/bin/sudo"
chmod +x "$WORK"/bin/*
PATH=$WORK/bin:$PATH
trap '"$SKBSCOPE" lab net down -q; rm -rf "$WORK"' EXIT

solve() { # FOLDER of a lab
	local name=${1##*/}
	mkdir -p "$name"
	cp "$SOURCE/test/labs/${name:0:2}/solution"/*.c "$name"
}
for folder in "$SOURCE"/docs/labs/[0-9]*; do solve "$folder"; done
mkdir class
cp -r 01-count-packets class/ada

# FILE:LINE, a tab and the command.
commands() {
	awk '/^```/ { on = $0 == "```sh"; next } on { print FILENAME ":" FNR "\t" $0 }' "$@"
}
attached() { [[ $(<"$TALK") == *"attached to"* ]]; }
ended() { ! kill -0 "$RUNNING" 2>/dev/null; }
attached_or_ended() { attached || ended; }
packets() { cut -d' ' -f1 /sys/class/net/lab0/statistics/rx_packets; }

start() { # COMMAND
	: >"$TALK"
	bash -c "$1" >"$WORK/stdout" 2>"$WORK/stderr" &
	RUNNING=$!
	within 20 attached_or_ended
}
stop() {
	attached && kill -INT "$(<"$WORK/pid")" 2>/dev/null
	within 60 ended || kill "$RUNNING"
	wait "$RUNNING"
}
run_one() { # WHERE COMMAND
	local status pid
	case $2 in
	"sudo podman "* | "sudo setpriv "*) # an image, and a user, of the reader's
		check "$1: it can be read" bash -n <(echo "$2")
		return ;;
	*"skbscope ctl "*) # of the run in front of it
		start "$LIVE"
		pid=$(<"$WORK/pid")
		bash -c "$2" >"$WORK/asked"
		status=$?
		echo "$pid" >"$WORK/pid"
		stop ;;
	*)
		[[ $2 != *" start 1"* ]] || rm -r 01-count-packets
		[[ $2 != *" run "* ]] || LIVE=$2
		start "$2"
		stop
		status=$?
		solve 01-count-packets ;;
	esac
	equal "$1: '$2' ends as it should" "$status" 0 || cat "$TALK" "$WORK/stdout"
}

SEEN=$'\n' LIVE=
"$SKBSCOPE" lab net up -q
while IFS=$'\t' read -r where command <&3; do
	[[ $SEEN != *$'\n'"$command"$'\n'* ]] || continue
	SEEN+=$command$'\n'
	[[ $command != *"net up" ]] || "$SKBSCOPE" lab net down -q
	[[ $command != *"net down" ]] || "$SKBSCOPE" lab net up -q 2>/dev/null
	run_one "${where#"$SOURCE/"}" "$command"
	[[ $command != *"net down" ]] || "$SKBSCOPE" lab net up -q
done 3< <(commands "$SOURCE"/docs/labs/README.md "$SOURCE"/docs/labs/*/README.md)

# The pages are of the labs that there are.
for page in "$SOURCE"/docs/labs/[0-9]*/README.md; do
	name=${page%/README.md} name=${name##*/}
	equal "$name: its first line has its number" "$(sed -n '1s/: .*//p' "$page")" "# Lab $((10#${name:0:2}))"
	title=$(sed -n '1s/^[^:]*: //p' "$page")
	check "$name: its title is in the labs' page" grep -qF "| $((10#${name:0:2})) | $title |" "$SOURCE/docs/labs/README.md"
	for part in "The idea" "The task" "What to notice" "skbscope lab grade" "skbscope lab net up"; do
		check "$name: its page has: $part" grep -qF "$part" "$page"
	done
done
finish
