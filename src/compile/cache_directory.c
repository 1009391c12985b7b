/* SPDX-License-Identifier: Apache-2.0 */
/* Entries as files: found, written whole, and the oldest thrown out. */
#include "compile/cache_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/private_dir.h"
#include "compile/cache_entry.h"

#define UNFINISHED ".new-" /* and process, and number */
#define NAME_SIZE (2 * CACHE_HASH_BYTES + 16)

/* Whoever writes an entry needs milliseconds. */
#define UNFINISHED_MAX_NS (UINT64_C(600) * 1000000000)

/* How many are thrown out at once beyond what is needed, so that a full cache does
 * not count itself at every store: one eighth. */
#define SLACK(bound) ((bound) - (bound) / 8)

static const char *const suffixes[] = {
	[CACHE_IMAGE] = ".image",
	[CACHE_PRECOMPILED] = ".header",
	[CACHE_FILTER] = ".filter",
};

static void entry_name(const struct cache_key *key, char name[NAME_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < CACHE_HASH_BYTES; i++) {
		name[2 * i] = digits[key->bytes[i] >> 4];
		name[2 * i + 1] = digits[key->bytes[i] & 0xf];
	}
	strcpy(name + 2 * CACHE_HASH_BYTES, suffixes[key->kind]);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool entry_kind(const char *suffix, uint32_t *kind)
{
	for (*kind = 0; *kind < sizeof(suffixes) / sizeof(suffixes[0]); ++*kind)
		if (strcmp(suffix, suffixes[*kind]) == 0)
			return true;
	return false;
}

static bool entry_key(const char *name, struct cache_key *key)
{
	if (strlen(name) < 2 * CACHE_HASH_BYTES ||
	    !entry_kind(name + 2 * CACHE_HASH_BYTES, &key->kind))
		return false;
	for (size_t i = 0; i < CACHE_HASH_BYTES; i++) {
		int high = digit(name[2 * i]), low = digit(name[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

const char *cache_directory_trouble(int code)
{
	switch (code) {
	case -ENOENT:
		return "there is no home directory for it";
	case -EPERM:
		return "its directory belongs to another user, or others can write to it";
	case -ELOOP:
	case -ENOTDIR:
		return "its path is not a directory";
	case -EACCES:
		return "its directory is not accessible";
	case -EROFS:
		return "its file system is read-only";
	case -ENOSPC:
	case -EDQUOT:
		return "its file system is full";
	case -EFBIG:
		return "the image is too large for it";
	case -ENOMEM:
		return "out of memory";
	default:
		return "its directory cannot be read or written";
	}
}

int cache_directory_look(int directory, const struct cache_key *key, struct buffer *out)
{
	char name[NAME_SIZE];

	entry_name(key, name);
	return private_dir_read(directory, name, CACHE_ENTRY_MAX_BYTES, out);
}

int cache_directory_read(int directory, const struct cache_key *key, struct buffer *out)
{
	char name[NAME_SIZE];
	int r = cache_directory_look(directory, key, out);

	entry_name(key, name);
	if (r == 0) /* used now; what is read-only keeps its age */
		utimensat(directory, name, NULL, AT_SYMLINK_NOFOLLOW);
	return r;
}

bool cache_directory_has(int directory, const struct cache_key *key)
{
	char name[NAME_SIZE];

	entry_name(key, name);
	return faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int cache_directory_remove(int directory, const struct cache_key *key)
{
	char name[NAME_SIZE];

	entry_name(key, name);
	return unlinkat(directory, name, 0) < 0 ? -errno : 0;
}

static int last_used_first(const void *a, const void *b)
{
	const struct cache_item *one = a, *two = b;

	return (one->used_ns < two->used_ns) - (one->used_ns > two->used_ns);
}

static void make_room(int directory)
{
	AUTO(freep) struct cache_item *items = NULL;
	uint64_t bytes = 0;
	size_t count;

	if (cache_directory_scan(directory, &items, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		bytes += items[i].bytes;
	if (count <= CACHE_MAX_ENTRIES && bytes <= CACHE_MAX_BYTES)
		return;
	while (count > SLACK(CACHE_MAX_ENTRIES) || bytes > SLACK(CACHE_MAX_BYTES)) {
		cache_directory_remove(directory, &items[--count].key);
		bytes -= items[count].bytes;
	}
}

int cache_directory_write(int directory, const struct cache_key *key, const struct buffer *bytes)
{
	static unsigned int number;
	char name[NAME_SIZE], unfinished[64];
	int r;

	if (bytes->length > CACHE_ENTRY_MAX_BYTES)
		return -EFBIG;
	entry_name(key, name);
	snprintf(unfinished, sizeof(unfinished), UNFINISHED "%d-%u", (int)getpid(),
		 __atomic_fetch_add(&number, 1, __ATOMIC_RELAXED));
	r = private_dir_write(directory, name, unfinished, bytes);
	if (r == 0)
		make_room(directory);
	return r;
}

static void remove_unfinished(int directory, const char *name, uint64_t now_ns)
{
	struct stat status;

	if (strncmp(name, UNFINISHED, strlen(UNFINISHED)) == 0 &&
	    fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (uint64_t)status.st_mtim.tv_sec * 1000000000u + UNFINISHED_MAX_NS < now_ns)
		unlinkat(directory, name, 0);
}

int cache_directory_scan(int directory, struct cache_item **out, size_t *count)
{
	AUTO(buffer_free) struct buffer items = { 0 };
	AUTO(closedirp) DIR *stream = NULL;
	uint64_t now_ns = clock_wall_ns();
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *file;

	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream) {
		int code = errno;

		closep(&fd);
		return -code;
	}
	while ((file = readdir(stream))) {
		struct cache_item item = { .path = NULL };
		struct stat status;

		if (!entry_key(file->d_name, &item.key)) {
			remove_unfinished(directory, file->d_name, now_ns);
			continue;
		}
		if (fstatat(directory, file->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		    S_ISDIR(status.st_mode))
			continue;
		item.bytes = (uint64_t)status.st_size;
		item.used_ns = (uint64_t)status.st_mtim.tv_sec * 1000000000u +
			       (uint64_t)status.st_mtim.tv_nsec;
		buffer_append(&items, &item, sizeof(item));
	}
	if (items.failed)
		return -ENOMEM;
	*count = items.length / sizeof(**out);
	*out = (struct cache_item *)(void *)TAKE(items.data);
	if (*count)
		qsort(*out, *count, sizeof(**out), last_used_first);
	return 0;
}
