/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files and descriptors, always with a limit; the clock. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Appends all that can be read, up to limit bytes; -EFBIG when there is more. */
int read_descriptor(int fd, size_t limit, struct buffer *out);
int read_file(const char *path, size_t limit, struct buffer *out);
/* Opens a regular file, or with pipes also one without a name, or root's or the user's that no
 * link leads to, and nothing else: what opening a device does is the device's business, and
 * a stranger's pipe, or a file of /proc, may let one wait. -EISDIR, -EINVAL. */
int open_regular(const char *path, bool pipes);
/* Whether nobody has it open for writing; what is read before the descriptor is closed is then
 * whole. Where a file system cannot tell, true. The one who waits to write it makes the kernel
 * send us SIGURG, which means nothing. */
bool file_is_whole(int fd);
/* Retries short writes and EINTR. */
int write_all(int fd, const void *data, size_t length);
/* Why a stream to fd failed, as of errno; the stream may have failed long before now.
 * EPIPE: its reader is gone. */
int write_failure(int fd);

uint64_t clock_monotonic_ns(void);
uint64_t clock_wall_ns(void);
uint64_t clock_file_ns(void); /* by which file systems go: a coarse one */

#endif
