/* SPDX-License-Identifier: Apache-2.0 */
/* gzip by zlib, zstd by libzstd. Members and frames may follow one another. */
#include "capture/unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/error.h"
#include "capture/stream.h"

#define PACKED (64u << 10)

struct unpack {
	const char *format;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool between; /* two members, or behind the last */
	bool full;    /* there was no room for more, of which some may be kept inside */
	uint8_t *packed;
	size_t capacity, next, end; /* of what was read and is still packed */
};

static bool is_gzip(const uint8_t *data, size_t length)
{
	return length >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

const char *unpack_name(const uint8_t *data, size_t length)
{
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };

	if (is_gzip(data, length))
		return "gzip";
	return length >= sizeof(zstd) && memcmp(data, zstd, sizeof(zstd)) == 0 ? "zstd" : NULL;
}

int unpack_new(const uint8_t *data, size_t length, struct unpack **out,
	       struct skbscope_error *error)
{
	struct unpack *unpack = calloc(1, sizeof(*unpack));
	bool ready = false;

	if (!unpack)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	unpack->format = unpack_name(data, length);
	unpack->between = true;
	unpack->capacity = length > PACKED ? length : PACKED;
	unpack->packed = malloc(unpack->capacity);
	if (unpack->packed && is_gzip(data, length)) {
		ready = inflateInit2(&unpack->gzip, MAX_WBITS + 16) == Z_OK;
	} else if (unpack->packed) {
		unpack->zstd = ZSTD_createDStream();
		ready = unpack->zstd;
	}
	if (!ready) {
		unpack_free(unpack);
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	}
	memcpy(unpack->packed, data, length);
	unpack->end = length;
	*out = unpack;
	return 0;
}

void unpack_free(struct unpack *unpack)
{
	if (!unpack)
		return;
	inflateEnd(&unpack->gzip);
	ZSTD_freeDStream(unpack->zstd);
	free(unpack->packed);
	free(unpack);
}

const char *unpack_format(const struct unpack *unpack)
{
	return unpack->format;
}

size_t unpack_waiting(const struct unpack *unpack)
{
	return unpack->end - unpack->next;
}

static int damaged(const struct unpack *unpack, const struct stream *stream, const char *why,
		   struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EBADMSG, SKBSCOPE_STAGE_READ,
			 "%s is damaged near byte %llu: its %s data cannot be unpacked (%s)",
			 stream_name(stream),
			 (unsigned long long)(stream->consumed - unpack_waiting(unpack)),
			 unpack->format, why),
		    "what came before it was read; %s -t says what is wrong with the file",
		    unpack->format);
}

/* 1: something is there to be unpacked; 0: the file ends. */
static int read_packed(struct unpack *unpack, struct stream *stream, struct skbscope_error *error)
{
	int64_t n;

	if (unpack->next < unpack->end)
		return 1;
	n = stream_read(stream, unpack->packed, unpack->capacity, error);
	if (n <= 0)
		return (int)n;
	unpack->next = 0;
	unpack->end = (size_t)n;
	return 1;
}

/* Packed bytes used, and unpacked ones made. */
static int unpack_gzip(struct unpack *unpack, const struct stream *stream, uint8_t *data,
		       size_t length, size_t *made, struct skbscope_error *error)
{
	z_stream *z = &unpack->gzip;
	int r;

	/* Tapes and some disks fill up with zeros, which gzip itself ignores. */
	if (unpack->between && unpack->packed[unpack->next] == 0) {
		unpack->next++;
		return 0;
	}
	if (unpack->between && inflateReset(z) != Z_OK)
		return damaged(unpack, stream, "zlib fails", error);
	unpack->between = false;
	z->next_in = unpack->packed + unpack->next;
	z->avail_in = (uInt)(unpack->end - unpack->next);
	z->next_out = data;
	z->avail_out = (uInt)length;
	r = inflate(z, Z_NO_FLUSH);
	unpack->next = unpack->end - z->avail_in;
	*made = length - z->avail_out;
	unpack->between = r == Z_STREAM_END;
	if (r == Z_BUF_ERROR)
		return 0;
	if (r == Z_OK || r == Z_STREAM_END || *made)
		return 0;
	return r == Z_MEM_ERROR ? fail_memory(error, SKBSCOPE_STAGE_READ)
				: damaged(unpack, stream, z->msg ? z->msg : zError(r), error);
}

/* A window that zstd itself unpacks only when asked to; the data may be whole. */
static int wants_memory(const struct stream *stream, struct skbscope_error *error)
{
	return hint(error,
		    fail(error, ENOMEM, SKBSCOPE_STAGE_READ,
			 "%s was packed with a window of more than 128 MiB", stream_name(stream)),
		    "unpack it first: zstd -d --long=31");
}

static int unpack_zstd(struct unpack *unpack, const struct stream *stream, uint8_t *data,
		       size_t length, size_t *made, struct skbscope_error *error)
{
	ZSTD_inBuffer in = { unpack->packed, unpack->end, unpack->next };
	ZSTD_outBuffer out = { data, length, 0 };
	size_t r = ZSTD_decompressStream(unpack->zstd, &out, &in);

	unpack->next = in.pos;
	*made = out.pos;
	unpack->between = r == 0;
	if (ZSTD_getErrorCode(r) == ZSTD_error_frameParameter_windowTooLarge)
		return wants_memory(stream, error);
	return ZSTD_isError(r) ? damaged(unpack, stream, ZSTD_getErrorName(r), error) : 0;
}

static int cut(const struct unpack *unpack, const struct stream *stream,
	       struct skbscope_error *error)
{
	return hint(error,
		    fail(error, ENODATA, SKBSCOPE_STAGE_READ,
			 "%s is cut: its %s data ends in the middle, after %llu bytes",
			 stream_name(stream), unpack->format, (unsigned long long)stream->consumed),
		    "what came before it was read; copy the file again, or wait until it is "
		    "written");
}

int64_t unpack_read(struct unpack *unpack, struct stream *stream, void *data, size_t length,
		    struct skbscope_error *error)
{
	size_t room = length < 1u << 20 ? length : 1u << 20, made = 0;

	while (!made) {
		size_t before;
		bool was_full = unpack->full;
		int r = was_full ? 1 : read_packed(unpack, stream, error);

		if (r == 0 && !unpack->between)
			r = cut(unpack, stream, error);
		if (r <= 0)
			return r;
		before = unpack->next;
		r = unpack->zstd ? unpack_zstd(unpack, stream, data, room, &made, error)
				 : unpack_gzip(unpack, stream, data, room, &made, error);
		if (r < 0)
			return r;
		if (!made && unpack->next == before && !was_full)
			return damaged(unpack, stream, "no progress", error);
		unpack->full = made == room && !unpack->between;
	}
	return (int64_t)made;
}
