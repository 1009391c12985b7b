# SPDX-License-Identifier: Apache-2.0
# What has to be installed, in one place, for ./run and test/run. Debian's names;
# docs/dependencies.md says what each is for. To be sourced by bash.
# shellcheck shell=bash
source "$(dirname "${BASH_SOURCE[0]}")/progress.sh"

BUILD_PACKAGES=(
	cmake gcc libc6-dev ninja-build pkg-config
	libbpf-dev libbpfcc-dev libcap-ng-dev libelf-dev libjson-c-dev libmicrohttpd-dev libmnl-dev libncurses-dev libpcap0.8-dev
	libseccomp-dev libsmartcols-dev libzstd-dev linux-libc-dev nettle-dev zlib1g-dev
)
# The parser of HTTP: llhttp from Debian 13 on, its predecessor before.
if apt-cache show libllhttp-dev >/dev/null 2>&1; then
	BUILD_PACKAGES+=(libllhttp-dev)
else
	BUILD_PACKAGES+=(libhttp-parser-dev)
fi
# Beside those: tools the tests compare us with, and the man page's compiler.
TEST_PACKAGES=(
	abigail-tools bash-completion bind9-dnsutils bpftool bpftrace chromium chromium-driver clang clangd curl dnsmasq-base
	ethtool fish g++ gojq iperf3 iproute2 iputils-arping iputils-ping libhtp-dev man-db nghttp2-client nginx-light nmap openssl
	procps prometheus python3 python3-bpfcc python3-jsonschema python3-prometheus-client scdoc strace systemd
	tcpdump tmux tshark util-linux wrk xz-utils zsh
)
# For what Debian does not package of test/net/browser.sh; it comes with other packages of node, too.
command -v npm >/dev/null || TEST_PACKAGES+=(npm)
# In prometheus until Debian 12, and then in a package of its own.
command -v promtool >/dev/null || ! apt-cache show promtool >/dev/null 2>&1 ||
	TEST_PACKAGES+=(promtool)
# Only for test/debian/run, which makes roots of other releases.
DEBIAN_PACKAGES=(mmdebstrap)
# To try other kernels (test/kernels): an emulator, what shares a folder with it, and
# what its first file system is made of.
KERNEL_PACKAGES=(busybox-static cpio kmod perl-base qemu-system-x86)

# Says which of the packages are not installed; nothing where there is no dpkg.
packages_missing() {
	command -v dpkg-query >/dev/null || return 0
	comm -23 <(printf '%s\n' "$@" | sort) \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
			sed -n 's/^installed //p' | sort -u)
}

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs what is missing, and touches apt only if something is.
packages_install() {
	local missing
	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} != 0 ] || return 0
	echo "installing: ${missing[*]}" >&2
	as_root true # asks for a password, if it must, before there is a line to disturb
	quietly "updating package lists" as_root apt-get update -qq
	quietly "installing packages" as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
