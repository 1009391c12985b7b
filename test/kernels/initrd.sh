# SPDX-License-Identifier: Apache-2.0
# The initial root file system of a guest: busybox, the few modules it takes to reach
# this machine's root, and what to run there. To be sourced by bash; needs a folder WORK.
# shellcheck shell=bash

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The modules the root needs, in the order in which they can be inserted. Newer kernels
# have some built in and compress the others, which busybox cannot undo.
early_modules() { # UNPACKED VERSION INTO
	local number=100 module path
	for module in virtio_pci virtiofs overlay; do
		modprobe -d "$1" -S "$2" --show-depends "$module" || return
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
		number=$((number + 1))
		case $path in
		*.xz) xz -dc "$path" >"$3/$number.ko" ;;
		*.zst) zstd -qdc "$path" >"$3/$number.ko" ;;
		*) cp "$path" "$3/$number.ko" ;;
		esac
	done
}

# make_initrd UNPACKED VERSION FILE COMMAND…: the command travels in a file, which
# sets no limit to its quoting or length. The file may have other names, in the caches of
# worktrees that run kernels at the same time: it is replaced, not written over.
make_initrd() {
	local tree=$WORK/initrd status=0
	mkdir "$tree" || return
	mkdir -p "$tree"/{bin,modules,proc,sys,dev,lower,over,root}
	cp "$(command -v busybox)" "$tree/bin/busybox"
	install -m 755 "$HERE"/guest/{init,settle} "$tree/"
	printf '%s\n' "$1/lib/modules" >"$tree/modules.path"
	printf '%q ' "${@:4}" >"$tree/command"
	early_modules "$1" "$2" "$tree/modules" &&
		(cd "$tree" && find . | cpio --quiet -o -H newc | gzip -1) >"$3.new" &&
			mv "$3.new" "$3" || status=1
	rm -r "$tree"
	return $status
}
