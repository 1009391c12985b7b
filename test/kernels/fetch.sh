# SPDX-License-Identifier: Apache-2.0
# Gets Debian's kernels as packages, unpacked and never installed. apt works in a root
# of its own inside the cache, so this machine's list of sources stays as it is.
# To be sourced by bash; needs CACHE.
# shellcheck shell=bash

DEBIAN=http://deb.debian.org/debian
SECURITY=http://deb.debian.org/debian-security
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Where each line of kernels lives. What version that is today, the meta-package
# says: exact versions come and go.
kernel_source() { # KERNEL
	case $1 in
	5.10) echo "$SECURITY bullseye-security" ;;
	6.1) echo "$SECURITY bookworm-security" ;;
	6.12) echo "$SECURITY trixie-security" ;;
	newest) echo "$DEBIAN trixie-backports" ;;
	*) return 1 ;;
	esac
}

private_apt() { # DIRECTORY apt-get|apt-cache ARGUMENTS…
	local apt=$1/apt
	"$2" -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$apt/state" -o Dir::State::Status="$apt/status" \
		-o Dir::Cache="$apt/cache" -o Acquire::Languages=none \
		-o Acquire::GzipIndexes=true -o Acquire::Retries=2 -o Acquire::http::Timeout=30 \
		-o APT::Architecture=amd64 -o APT::Sandbox::User=root "${@:3}"
}

depends_on() { # DIRECTORY PACKAGE PATTERN
	private_apt "$1" apt-cache depends --no-recommends --no-suggests "$2" |
		sed -n "s/^ *Depends: \($3\)\$/\1/p"
}

# Makes apt's root in DIRECTORY, with one source; the registry has to answer.
private_root() { # DIRECTORY SOURCE
	mkdir -p "$1"/apt/{state/lists/partial,cache/archives/partial}
	: >"$1/apt/status"
	echo "deb [signed-by=$KEYRING] $2 main" >"$1/apt/sources.list"
	private_apt "$1" apt-get update --error-on=any
}

# Sets VERSION to what the meta-package names today.
resolve() { # DIRECTORY KERNEL
	private_root "$1" "$(kernel_source "$2")" || return
	VERSION=$(depends_on "$1" linux-image-cloud-amd64 'linux-image-[0-9].*' | head -n 1)
	VERSION=${VERSION#linux-image-}
	[ -n "$VERSION" ]
}

# Older kernels are one package; since 6.19 the image, its modules and their lists are more.
download() { # DIRECTORY VERSION
	local packages=("linux-image-$2") part unpacked=$1/$2.part
	mapfile -t -O 1 packages < <(depends_on "$1" "linux-image-$2" \
		"linux-\(base\|binary\|modules\)-$2")
	rm -rf "$unpacked" && mkdir -p "$unpacked/packages" || return
	(cd "$unpacked/packages" && private_apt "$1" apt-get download "${packages[@]}") || return
	for part in "$unpacked"/packages/*.deb; do
		dpkg-deb -x "$part" "$unpacked" || return
	done
	rm -r "$unpacked/packages"
	# Where modules are has changed too: let /lib and /usr/lib be one.
	[ -d "$unpacked/lib" ] || ln -s usr/lib "$unpacked/lib"
	depmod -b "$unpacked" "$2" || return
	mv "$unpacked" "$1/$2"
}

# fetch KERNEL: sets VERSION (of uname -r) and UNPACKED. Without the registry the last
# one that was fetched does; without that either, the status is 77.
fetch() {
	local directory=$CACHE/$1
	if resolve "$directory" "$1"; then
		UNPACKED=$directory/$VERSION
		[ -d "$UNPACKED" ] || download "$directory" "$VERSION" || return 77
	else
		VERSION=$(cat "$directory/latest" 2>/dev/null) || return 77
		UNPACKED=$directory/$VERSION
		[ -d "$UNPACKED" ] || return 77
		echo "the registry does not answer: $1 is the $VERSION fetched before" >&2
	fi
	echo "$VERSION" >"$directory/latest"
}

kernel_image() { # UNPACKED VERSION
	local image
	for image in "$1/boot/vmlinuz-$2" "$1/lib/modules/$2/vmlinuz"; do
		[ ! -e "$image" ] || { echo "$image"; return; }
	done
	echo "no kernel image in $1" >&2
	return 1
}
