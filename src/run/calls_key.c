/* SPDX-License-Identifier: Apache-2.0 */
#include "run/calls_key.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "streams/streams.h"

#define KEY_BYTES_MIN 16
#define KEY_BYTES_MAX 4096

static void hash(const uint8_t *bytes, size_t length, uint8_t out[WIRE_KEY_BYTES])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, length, bytes);
#if NETTLE_VERSION_MAJOR >= 4
	sha256_digest(&context, out);
#else
	sha256_digest(&context, SHA256_DIGEST_SIZE, out);
#endif
	explicit_bzero(&context, sizeof(context));
}
_Static_assert(WIRE_KEY_BYTES == SHA256_DIGEST_SIZE, "a key's size");

int key_file_read(const char *path, const char *option, uint8_t out[WIRE_KEY_BYTES],
		  struct skbscope_error *error)
{
	uint8_t bytes[KEY_BYTES_MAX];
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_USAGE, "cannot read the key '%s'",
				  path);
	n = read(fd, bytes, sizeof(bytes));
	if (n < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_USAGE, "cannot read the key '%s'",
				  path);
	if (n < KEY_BYTES_MIN)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "the key of %s, '%s', has %zd bytes; %d are the fewest", option,
				 path, n, KEY_BYTES_MIN),
			    "make one: head -c 32 /dev/urandom >NEW");
	hash(bytes, (size_t)n, out);
	explicit_bzero(bytes, sizeof(bytes));
	return 0;
}

int calls_key_read(const char *path, uint8_t out[WIRE_KEY_BYTES], struct skbscope_error *error)
{
	if (path)
		return key_file_read(path, "--consumer-key", out, error);
	if (getrandom(out, WIRE_KEY_BYTES, 0) != WIRE_KEY_BYTES)
		return fail_errno(error, errno, SKBSCOPE_STAGE_OBSERVE, "cannot make a key");
	return 0;
}

const char *calls_header_name(const char *column)
{
	return strncmp(column, "header:", 7) == 0 && column[7] ? column + 7 : NULL;
}

/* As the process that reads HTTP has it, which refuses them, too. */
static bool is_secret(const char *name)
{
	return header_is_secret(name);
}

int calls_columns_check(const struct list *columns, struct skbscope_error *error)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	if (columns->count > RECORD_COLUMNS)
		return fail(error, E2BIG, SKBSCOPE_STAGE_USAGE,
			    "there are %zu --column; %u at most", columns->count, RECORD_COLUMNS);
	for (size_t i = 0; i < columns->count; i++) {
		const char *name = calls_header_name(columns->items[i]);

		if (!name || strlen(name) >= WIRE_NAME_ROOM || name[strspn(name, letters)])
			return hint(error,
				    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "'%s' is no column",
					 columns->items[i]),
				    "--column header:NAME shows a header of requests, as "
				    "header:user-agent");
		if (is_secret(name))
			return fail(error, EPERM, SKBSCOPE_STAGE_USAGE,
				    "the header '%s' holds what nobody else may know, and is never "
				    "shown",
				    name);
	}
	return 0;
}
