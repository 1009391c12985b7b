/* SPDX-License-Identifier: Apache-2.0 */
/* gzip and zstd, a bounded piece at a time. */
#ifndef CAPTURE_UNPACK_H
#define CAPTURE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

struct stream;
struct unpack;

/* By the first bytes of a file; NULL: neither of them. Static. */
const char *unpack_name(const uint8_t *data, size_t length);

/* The bytes are the beginning, which was read already. */
int unpack_new(const uint8_t *data, size_t length, struct unpack **out,
	       struct skbscope_error *error);
void unpack_free(struct unpack *unpack);
const char *unpack_format(const struct unpack *unpack);

/* Unpacked bytes, 0 at the end, -EAGAIN, or an error. */
int64_t unpack_read(struct unpack *unpack, struct stream *stream, void *data, size_t length,
		    struct skbscope_error *error);
/* Bytes that were read from the descriptor and not unpacked yet. */
size_t unpack_waiting(const struct unpack *unpack);

#endif
