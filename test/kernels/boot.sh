# SPDX-License-Identifier: Apache-2.0
# Boots a kernel in qemu and brings back what the command in it said and how it ended.
# To be sourced by bash; needs QEMU and ACCELERATOR (emulator.sh), and a folder WORK.
# shellcheck shell=bash

HELPERS=() # processes to end with this one, the last first
CPUS=$(($(nproc) < 8 ? $(nproc) : 8))
MEGABYTES=$((2048 + 1024 * CPUS)) # an overlay, and as many tests at once

find_virtiofsd() {
	VIRTIOFSD=/usr/lib/qemu/virtiofsd
	[ -x "$VIRTIOFSD" ]
}

share() { # DIRECTORY SOCKET: serves it; its process is the last of HELPERS
	"$VIRTIOFSD" -f --socket-path="$2" -o source="$1" -o sandbox=chroot -o cache=always \
		>"$2.log" 2>&1 &
	HELPERS+=($!)
	local tries
	for ((tries = 0; tries < 50; tries++)); do
		[ ! -S "$2" ] || return 0
		sleep 0.1
	done
	cat "$2.log" >&2
	return 1
}

end_helpers() {
	local i
	for ((i = ${#HELPERS[@]} - 1; i >= 0; i--)); do
		kill "${HELPERS[i]}" 2>/dev/null
		wait "${HELPERS[i]}" 2>/dev/null
	done
	HELPERS=()
}

# With its ticks left to the guest, one interrupt that the emulator loses (seen once in a
# few hours with two processors) is the last: it sleeps for ever. A timer that comes by
# itself, 250 times a second, wakes it.
TICKS="nohz=off highres=off"

# boot IMAGE INITRD RESULTS SECONDS: the command's own status; 124 if the time ran out,
# 125 if the guest ended without having one to tell (a panic, say). Leaves kernel.log
# and output.log in RESULTS.
boot() {
	local sockets=$WORK/sockets status=125
	mkdir "$sockets"
	: >"$3/output.log"
	if share / "$sockets/root" && share "$3" "$sockets/results"; then
		timeout --foreground -k 5 "$4" "${QEMU[@]}" -nodefaults -no-user-config -display none \
			-M q35 "${ACCELERATOR[@]}" -smp "$CPUS" -m "$MEGABYTES" -no-reboot \
			-object "memory-backend-memfd,id=memory,size=${MEGABYTES}M,share=on" \
			-numa node,memdev=memory \
			-chardev socket,id=root,path="$sockets/root" \
			-device vhost-user-fs-pci,chardev=root,tag=root \
			-chardev socket,id=results,path="$sockets/results" \
			-device vhost-user-fs-pci,chardev=results,tag=results \
			-serial "file:$3/kernel.log" -serial "file:$3/output.log" \
			-serial "file:$sockets/status" -kernel "$1" -initrd "$2" \
			-append "console=ttyS0 panic=-1 oops=panic quiet mitigations=off nokaslr 8250.nr_uarts=4 tsc=reliable $TICKS" &
		HELPERS+=($!)
		wait $! # in the background, so that this shell hears signals meanwhile
		[ $? != 124 ] || status=124
		status=$(sed -n 's/^status \([0-9]*\).*/\1/p' "$sockets/status" | grep . || echo $status)
	fi
	end_helpers
	rm -r "$sockets"
	return "$status"
}
