/* SPDX-License-Identifier: Apache-2.0 */
/* One input: what it was, and whether it still is. */
#include "compile/input.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"

static uint64_t nanoseconds(struct timespec time)
{
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static struct input_identity identity_of(const struct stat *status)
{
	return (struct input_identity){
		.device = (uint64_t)status->st_dev,
		.inode = (uint64_t)status->st_ino,
		.size = (uint64_t)status->st_size,
		.modified_ns = nanoseconds(status->st_mtim),
		.changed_ns = nanoseconds(status->st_ctim),
		.mode = (uint32_t)status->st_mode,
		.user = (uint32_t)status->st_uid,
		.group = (uint32_t)status->st_gid,
	};
}

struct input_identity input_identify(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? identity_of(&status) : (struct input_identity){ 0 };
}

/* Of what is not hashed the identity alone counts: it is large, or not the user's to read. */
bool input_is_hashed(const struct input *input)
{
	static const uint8_t none[CACHE_HASH_BYTES];

	return memcmp(input->hash, none, sizeof(none)) != 0;
}

static bool hash_content(const char *path, struct input_identity *identity,
			 uint8_t hash[CACHE_HASH_BYTES], size_t *left)
{
	AUTO(buffer_free) struct buffer content = { 0 };
	AUTO(closep) int fd = open_regular(path, false);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size > (off_t)*left ||
	    read_descriptor(fd, *left, &content) < 0 || fstat(fd, &status) < 0)
		return false;
	*left -= content.length;
	*identity = identity_of(&status);
	cache_hash(buffer_text(&content), content.length, hash);
	return true;
}

/* A file that changes in the same tick of the clock as it was read in would look as it
 * does now for ever. What is not there has no times, and needs none. */
static bool is_settled(const struct input *input, uint64_t since_ns)
{
	return input->identity.mode ? input->identity.changed_ns < since_ns
				    : input->role == INPUT_MISSED;
}

static bool is_same(const struct input *input, const struct input *known)
{
	return known && known->settled &&
	       memcmp(&input->identity, &known->identity, sizeof(known->identity)) == 0;
}

/* What the compiler missed but is there was not the user's to read, so it is not ours. */
void input_take(struct input *input, uint64_t since_ns, const struct input *known, size_t *left)
{
	bool readable = true;

	input->identity = input_identify(input->path);
	memset(input->hash, 0, sizeof(input->hash));
	if (is_same(input, known))
		memcpy(input->hash, known->hash, sizeof(input->hash));
	else if (S_ISREG(input->identity.mode) &&
		 (input->role == INPUT_PROGRAM || input->role == INPUT_READ))
		readable = hash_content(input->path, &input->identity, input->hash, left);
	input->settled = readable && is_settled(input, since_ns);
	input->known = input->settled;
}

bool input_holds(struct input *input, uint64_t now_ns, bool *refreshed)
{
	const struct input_identity *then = &input->identity;
	struct input now = { .role = input->role, .identity = input_identify(input->path) };
	size_t left = HASHED_MAX_BYTES;

	if ((input->settled || (S_ISREG(then->mode) && !input_is_hashed(input))) &&
	    memcmp(&now.identity, then, sizeof(*then)) == 0)
		return true;
	if (input->role == INPUT_LIBRARY || now.identity.mode != then->mode ||
	    now.identity.user != then->user || now.identity.group != then->group)
		return false;
	if (!S_ISREG(then->mode))
		return true;
	if (now.identity.size != then->size || !input_is_hashed(input) ||
	    !hash_content(input->path, &now.identity, now.hash, &left) ||
	    memcmp(now.hash, input->hash, sizeof(now.hash)) != 0)
		return false;
	if (is_settled(&now, now_ns)) {
		input->identity = now.identity;
		input->settled = true;
		*refreshed = true;
	}
	return true;
}
