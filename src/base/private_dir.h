/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories that nobody but root and the effective user can have written to, because
 * what is found in them is acted on with that user's rights. Everything goes through a
 * descriptor, so that a directory that is exchanged later changes nothing.
 */
#ifndef BASE_PRIVATE_DIR_H
#define BASE_PRIVATE_DIR_H

#include <sys/types.h>

#include "base/buffer.h"

/* A descriptor, or a negative errno: -EPERM if others could have written to it. With a
 * mode, the directory and those above it are made where they are missing. */
int private_dir_open(const char *path, mode_t mode);

/* A regular file in it that is as private; others are -EPERM. Appends to out. */
int private_dir_read(int directory, const char *name, size_t limit, struct buffer *out);
/* In place of an older file, whole or not at all; temporary is its name meanwhile. */
int private_dir_write(int directory, const char *name, const char *temporary,
		      const struct buffer *bytes);

/* Appends where the effective user's files that can be made anew are kept:
 * /var/cache/skbscope for root, whatever the environment says, below $XDG_CACHE_HOME or
 * ~/.cache for others; -ENOENT where there is no home. */
int private_dir_cache(struct buffer *out);

#endif
