# SPDX-License-Identifier: Apache-2.0
# Which qemu to use, and how: the installed one, or a newer one out of this machine's
# backports where that is better, unpacked beside the kernels and never installed.
# To be sourced by bash after fetch.sh; needs CACHE and a folder WORK.
# shellcheck shell=bash

QEMU=(qemu-system-x86_64)

qemu_version() { # COMMAND…: its first number
	"$@" --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\).*/\1/p'
}

# One that was unpacked runs here with all of its libraries, and finds its firmware;
# a PC's own is in another package, which came with the installed one.
use_unpacked() { # DIRECTORY
	local program=$1/usr/bin/qemu-system-x86_64 version
	version=$(qemu_version "$program") && [ "${version:-0}" -ge 10 ] || return
	QEMU=("$program" -L "$1/usr/share/qemu" -L /usr/share/seabios)
}

# qemu 7.2 emulates one processor at a time, and that slowly (see accelerator); the
# backports of the release that has it have one that does better.
choose_qemu() {
	local version directory=$CACHE/qemu release unpacked part
	version=$(qemu_version "${QEMU[@]}")
	[ "${version:-0}" -lt 10 ] || return 0
	unpacked=$directory/unpacked
	use_unpacked "$unpacked" && return
	release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	echo "fetching a newer qemu from $release-backports" >&2
	private_root "$directory" "$DEBIAN $release-backports" 2>/dev/null &&
		rm -rf "$unpacked" && mkdir -p "$unpacked/packages" &&
		(cd "$unpacked/packages" &&
			private_apt "$directory" apt-get download qemu-system-{x86,data}) || {
		echo "there is none; the installed one is slower" >&2
		return 0
	}
	for part in "$unpacked"/packages/*.deb; do
		dpkg-deb -x "$part" "$unpacked" || return
	done
	rm -r "$unpacked/packages"
	use_unpacked "$unpacked" || echo "it does not run here; the installed one is slower" >&2
	return 0
}

# Ten seconds to get as far as looking for a root that is not there.
trial_boot() { # IMAGE FLAGS…
	local log=$WORK/trial.log
	timeout --foreground -k 1 10 "${QEMU[@]}" -nodefaults -no-user-config -display none \
		-M q35 "${@:2}" -smp 2 -m 512 -no-reboot -kernel "$1" \
		-append "console=ttyS0 panic=-1" -serial "file:$log" >/dev/null 2>&1
	grep -q 'Unable to mount root fs' "$log"
}

# Sets the flags of the accelerator, and how many times as long tests may take with it.
# /dev/kvm says little: some machines have it and emulate the guest's kernel at a
# snail's pace, or not at all.
accelerator() { # IMAGE
	if [ -w /dev/kvm ] && trial_boot "$1" -accel kvm -cpu host,-arch-capabilities; then
		ACCELERATOR=(-accel kvm -cpu host,-arch-capabilities)
		SPEED=kvm SLOWNESS=2
		return
	fi
	# qemu 7.2 leaves rubbish in the flags after cmpxchg16b, and two threads of it trip
	# over code that patches itself; with one thread the guest still has its CPUs.
	ACCELERATOR=(-accel tcg,thread=multi -cpu max,la57=off)
	SPEED="emulated by qemu $(qemu_version "${QEMU[@]}")" SLOWNESS=20
	[ "$(qemu_version "${QEMU[@]}")" -ge 10 ] ||
		ACCELERATOR=(-accel tcg,thread=single -cpu max,la57=off,-cx16)
}
