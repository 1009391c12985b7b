# SPDX-License-Identifier: Apache-2.0
# What one test has compiled another need not: an image is found by all that it was made of, so
# those of a build are kept beside it. To be sourced by tests in bash whose /var/cache is their own.
# shellcheck shell=bash

IMAGES=/var/cache/skbscope/images

share_images() {
	mkdir -p -m 755 "$BUILD/test" "$BUILD/test/images" "${IMAGES%/*}" "$IMAGES" &&
		mount --bind "$BUILD/test/images" "$IMAGES"
}

# For tests of the cache, and of what is said of a compilation: empty, and theirs alone.
own_images() {
	umount "$IMAGES" 2>/dev/null
	rm -rf "$IMAGES"
}
