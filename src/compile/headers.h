/* SPDX-License-Identifier: Apache-2.0 */
/* Finding header trees. What each offers: docs/headers.md. */
#ifndef COMPILE_HEADERS_H
#define COMPILE_HEADERS_H

#include <skbscope/error.h>
#include <skbscope/image.h>

#define HEADER_FLAGS_MAX 4

struct header_tree {
	enum skbscope_headers kind;    /* never AUTO */
	char *path;                    /* the root that BCC_KERNEL_SOURCE must name; owned */
	char *flags[HEADER_FLAGS_MAX]; /* for the compiler, before the user's; owned */
	size_t flag_count;
	char *note; /* for people: which headers these are ("Debian 6.1.0-56-amd64"); owned */
};

/* Each fills *tree (cleared by the caller) or fails with -ENOENT and a hint that
 * names what to install. */
int headers_uapi(struct header_tree *tree, struct skbscope_error *error);
int headers_kernel(struct header_tree *tree, struct skbscope_error *error);
int headers_directory(const char *path, struct header_tree *tree, struct skbscope_error *error);
/* That kind's; of AUTO it is where that begins. */
int headers_find(enum skbscope_headers kind, const char *directory, struct header_tree *tree,
		 struct skbscope_error *error);
void header_tree_clear(struct header_tree *tree); /* for AUTO() too */

/* Where headers_kernel() looks; a test gives other places. */
struct kernel_places {
	const char *modules;    /* /lib/modules */
	const char *sources;    /* /usr/src */
	const char *archive;    /* /sys/kernel/kheaders.tar.xz */
	const char *cache;      /* the archive is unpacked below it; made if missing */
	const char *release;    /* uname -r */
	const char *build;      /* uname -v: tells two builds of one release apart */
	const char *os_release; /* /etc/os-release */
	const char *packages;   /* /var/lib/dpkg/info */
};
int headers_kernel_in(const struct kernel_places *places, struct header_tree *tree,
		      struct skbscope_error *error);

/* The headers that a kernel carries in itself (CONFIG_IKHEADERS), unpacked once; writes the
 * unpacked tree's path. A tree that another user could have written to is never used. */
int kheaders_unpack(const struct kernel_places *places, char *path, size_t size,
		    struct skbscope_error *error);

#endif
