/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header trees: finding them, and telling from a failed compilation whether
 * another one would help. What each tree offers: docs/headers.md.
 */
#ifndef COMPILE_HEADERS_H
#define COMPILE_HEADERS_H

#include <stdbool.h>

#include <skbscope/diagnostics.h>
#include <skbscope/image.h>

#include "base/buffer.h"
#include "base/span.h"

struct header_tree {
	enum skbscope_headers kind; /* never AUTO */
	char *path;                 /* the root that BCC_KERNEL_SOURCE must name; owned */
	char **flags;               /* compiler flags this tree needs, before the user's; owned */
	size_t flag_count;
	char *note; /* for people: which headers these are ("Debian 6.1.0-56-amd64"); owned */
};

/* Each fills *tree (cleared by the caller) or fails with -ENOENT and a hint that
 * names what to install. */
int headers_uapi(struct header_tree *tree, struct skbscope_error *error);
int headers_kernel(struct header_tree *tree, struct skbscope_error *error);
int headers_directory(const char *path, struct header_tree *tree, struct skbscope_error *error);
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
};
int headers_kernel_in(const struct kernel_places *places, struct header_tree *tree,
		      struct skbscope_error *error);

/* What would make a program compile that the small tree refused. The cheaper comes
 * first: a program that still needs something with kernel types needs the kernel's
 * own tree. */
enum headers_need {
	HEADERS_NEED_NOTHING,      /* the program itself is at fault */
	HEADERS_NEED_KERNEL_TYPES, /* a kernel struct that BTF has, or a rarer uapi name */
	HEADERS_NEED_KERNEL,       /* a header that only the kernel's own tree has */
};
enum headers_need headers_need(const struct skbscope_diagnostics *diagnostics);

/* C declarations, from the running kernel's BTF (/sys/kernel/btf/vmlinux), of the
 * structs that the small tree leaves incomplete. -ENOENT where the kernel has no
 * BTF. The worker finds the text through the macro SKBSCOPE_KERNEL_TYPES, which
 * the tree's headers include; see programs/kernel/README.md. */
int kernel_types_generate(struct buffer *out, struct skbscope_error *error);
struct btf;
int kernel_types_write(const struct btf *btf, struct buffer *out, struct skbscope_error *error);

/* Whether kernel_types_generate() would define struct NAME on some kernel. */
bool kernel_types_offers(struct span name);
/* Whether the running kernel has a struct NAME at all; true where nobody can say. */
bool kernel_types_known(const char *name);

#endif
