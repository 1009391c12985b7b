#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# systemd/skbscope@.service, run by systemd itself, which is the first process of a namespace
# here: with the rights and the confinement that the unit gives, and no others, every bundled
# program attaches, compiler and server work, and a run that is killed leaves nothing and comes back.
. "$(dirname "$0")/lib.sh"
SYSTEMD=/lib/systemd/systemd
for needed in $SYSTEMD "$BUILD/skbscope-serve" "$BUILD/libskbscope.so"; do
	[ -x "$needed" ] || { echo "skipped: there is no $needed"; exit 77; }
done
CGROUPS=$(findmnt -nro TARGET -t cgroup2 | head -n 1)
CGROUP=$CGROUPS/skbscope-test-$SKBSCOPE_NET_TEST
remove_cgroups() { find "$CGROUPS"/skbscope-test-* -depth -type d -exec rmdir {} + 2>/dev/null; }
[ -n "$CGROUPS" ] && remove_cgroups # of those who were killed; what is in use stays
mkdir "$CGROUP" 2>/dev/null || { echo "skipped: systemd needs a cgroup2 of its own"; exit 77; }
trap remove_cgroups EXIT

# --- a host with a systemd that knows nothing but our unit ---------------------------

namespace host
namespace beside
pair beside out host in
ip -n host link add uplink type veth peer name uplink netns beside
ip -n host addr add 192.0.2.1/24 dev uplink
ip -n beside addr add 192.0.2.2/24 dev uplink
ip -n host link set uplink up
ip -n beside link set uplink up
within 5 carrier host uplink

PREFIX_DIR=$WORK/prefix
UNITS=$WORK/units
ETC=$WORK/etc
mkdir "$UNITS" "$ETC" "$WORK/none"
check "it installs" cmake --install "$BUILD" --prefix "$PREFIX_DIR"
sed "s@ExecStart=.*/bin/skbscope@ExecStart=$PREFIX_DIR/bin/skbscope@
	s@ExecStopPost=.*/bin/skbscope@ExecStopPost=$PREFIX_DIR/bin/skbscope@
	s@/etc/skbscope/@$ETC/@; s@^RestartSec=.*@RestartSec=100ms@
	s@^StandardOutput=.*@&\nStandardError=append:$WORK/journal@" \
	"$PREFIX_DIR/lib/systemd/system/skbscope@.service" >"$UNITS/skbscope@.service"
for target in sysinit basic shutdown network rescue halt; do
	printf '[Unit]\nDefaultDependencies=no\n' >"$UNITS/$target.target"
done
: >"$WORK/journal"

# It writes to nothing of the machine's: not to /etc, and no sysctl.
cat >"$WORK/boot" <<END
echo \$\$ >$CGROUP/cgroup.procs
exec unshare --cgroup --pid --mount --mount-proc --uts --ipc --fork --kill-child sh -c '
	for fixed in /etc /proc/sys; do mount --bind \$fixed \$fixed; mount -o remount,ro,bind \$fixed; done
	while umount -R /sys/fs/cgroup 2>/dev/null; do :; done
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_UNIT_PATH=$UNITS \
		SYSTEMD_GENERATOR_PATH=$WORK/none SYSTEMD_ENVIRONMENT_GENERATOR_PATH=$WORK/none \
		$SYSTEMD --system --unit=basic.target --log-target=console'
END
use host
"${IN[@]}" bash "$WORK/boot" >"$WORK/console" 2>&1 </dev/null &
BOOTED=$!
first() { pgrep -P "$BOOTED" -x systemd; }
# It answers only those of its own namespace of processes.
control() { nsenter -t "$(first)" -p -m -C systemctl --no-pager --quiet "$@"; }
within 20 control show -P Version >/dev/null 2>&1 || {
	echo "skipped: systemd does not start here: $(tail -n 3 "$WORK/console")"
	kill -KILL "$BOOTED"
	wait "$BOOTED"
	exit 77
}
shut_down() {
	[ "$FAILED" = 0 ] || cat "$WORK/console" "$WORK/journal"
	kill -KILL "$(first)"
	wait "$BOOTED" 2>/dev/null
}
of_unit() { control show -P "$2" "skbscope@$1"; }
main() { pgrep -x skbscope | head -n 1; } # MainPID is a number of the other namespace
status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

# --- one program --------------------------------------------------------------------

mkdir -m 755 "$WORK/own"
cp "$PROGRAMS/count.c" "$WORK/own"
own() { # [OPTIONS…]
	echo "OPTIONS=-i in --interval 50ms --listen 0.0.0.0:9464 --program-path $WORK/own $*" >"$ETC/count.conf"
}
own
chmod 755 "$WORK"
get() { "${IN[@]}" curl -sS --noproxy '*' --max-time 20 "$@"; }
healthy() { get -f -o "$WORK/answer" http://127.0.0.1:9464/healthz 2>"$WORK/answer"; }
metric() { get http://127.0.0.1:9464/metrics | sed -n "s/^skbscope_count_${PREFIX}in_total{.*} //p"; }
counted() { [ "$(metric)" = "$1" ]; }

check "it starts" control start skbscope@count
check "and answers" within 30 healthy
healthy || { shut_down; finish; }
use beside
sent=$(send out udp4 23)
use host
check "what was sent is a metric" within 20 counted "$sent" 
RUN=$(main)
SERVER=$(pgrep -P "$RUN" -x skbscope-serve)
check "the run is not root" eval '[ "$(status_of $RUN Uid | cut -f1)" != 0 ]'
equal "it has CAP_NET_ADMIN, CAP_PERFMON and CAP_BPF, and nothing else" \
	"$(status_of "$RUN" CapEff) $(status_of "$RUN" CapBnd)" "000000c000001000 000000c000001000"
equal "the server has none" "$(status_of "$SERVER" CapEff) $(status_of "$SERVER" CapAmb)" \
	"0000000000000000 0000000000000000"
equal "and its filter of system calls beside the unit's" \
	$(($(status_of "$SERVER" Seccomp_filters) - $(status_of "$RUN" Seccomp_filters))) 1
check "what was compiled is kept in its own cache" test -n "$(ls /var/cache/private/skbscope-count/skbscope)"

use beside
far() { get --connect-timeout 1 -f -o /dev/null http://192.0.2.1:9464/healthz; }
refute "others do not get there" far
mkdir "$UNITS/skbscope@count.service.d"
printf '[Service]\nIPAddressAllow=192.0.2.0/24\n' >"$UNITS/skbscope@count.service.d/allow.conf"
control daemon-reload
check "but those that a drop-in names" within 20 far
use host

# --- it is killed, reloaded, stopped --------------------------------------------------

is() { [ "$(of_unit count ActiveState)" = "$1" ]; }
another() { [ -n "$(main)" ] && [ "$(main)" != "$RUN" ] && healthy; }
for hook in "${HOOKS[@]}"; do
	own --hook "$hook"
	control restart skbscope@count
	check "$hook: it starts" within 30 healthy
	check "$hook: it is attached" within 10 eval '[[ $(hooked in) == *"$hook"*ingress* ]]'
	RUN=$(main)
	control kill --signal KILL skbscope@count
	check "$hook: killed, it comes back" within 30 another
	equal "$hook: once in each direction" "$(hooked in | wc -l)" 2
	control stop skbscope@count
	equal "$hook: it stops" "$(of_unit count ActiveState) $(of_unit count Result)" "inactive success"
	nothing_left "$hook" in
	printf '[Service]\nRestart=no\n' >"$UNITS/skbscope@count.service.d/once.conf"
	control daemon-reload
	control start skbscope@count
	check "$hook: it starts once more" within 30 healthy
	control kill --signal KILL skbscope@count
	check "$hook: killed, it stays so" within 10 is failed
	nothing_left "$hook, killed" in
	rm "$UNITS/skbscope@count.service.d/once.conf"
	control daemon-reload
done
refute "its directory is gone, too" test -e /run/skbscope-count

own
control start skbscope@count
check "it starts again" within 30 healthy
sed -i 's/(\*packets)++/*packets += 23/' "$WORK/own/count.c"
control reload skbscope@count
in_use() { "${IN[@]}" curl -sf http://127.0.0.1:9464/tables | gojq -e '.generation == 2' >/dev/null; }
check "reloaded, it runs what was saved" within 30 in_use
control stop skbscope@count

own -i later
control start skbscope@count
tried() { [ "$(of_unit count NRestarts)" -gt 2 ]; }
check "an interface that is not there is waited for" within 20 tried
ip -n host link add later type veth peer name behind
ip -n host link set behind up
ip -n host link set later up
check "and found" within 20 healthy
control stop skbscope@count

own --no-such-option
control start skbscope@count
check "wrong options end it" within 10 is failed
equal "and it is not tried again" "$(of_unit count NRestarts) $(of_unit count ExecMainStatus)" "0 2"

# --- all programs, and with less -------------------------------------------------------

mapfile -t names < <("$SKBSCOPE" list -j | gojq -r '.[].name')
units=()
mkdir "$UNITS/skbscope@.service.d" # so that what became of it is still known
printf '[Service]\nRemainAfterExit=yes\n' >"$UNITS/skbscope@.service.d/remain.conf"
control daemon-reload
for name in "${names[@]}"; do
	echo "OPTIONS=-i in --duration 50ms" >"$ETC/$name.conf"
	units+=("skbscope@$name")
done
check "there are programs" test ${#units[@]} -gt 10
control start "${units[@]}"
have_ended() { ! control show -P SubState "$@" | grep -qvE '^(exited|failed|)$'; }
check "all of them come to their end" within 60 have_ended "${units[@]}"
for name in "${names[@]}"; do
	equal "$name ends well" "$(of_unit "$name" SubState)" exited
	control stop "skbscope@$name"
done

mkdir "$UNITS/skbscope@tcp_health.service.d"
for less in BPF NET_ADMIN PERFMON; do
	printf '[Service]\nRestart=no\nCapabilityBoundingSet=~CAP_%s\nAmbientCapabilities=~CAP_%s\n' $less $less \
		>"$UNITS/skbscope@tcp_health.service.d/less.conf"
	control daemon-reload
	control start skbscope@tcp_health
	check "without CAP_$less it ends" within 20 have_ended skbscope@tcp_health
	equal "without CAP_$less it can do nothing" "$(of_unit tcp_health SubState)" failed
	control reset-failed skbscope@tcp_health
done

control kill --signal KILL 'skbscope@*' 2>/dev/null
shut_down
nothing_left "all" in
finish
