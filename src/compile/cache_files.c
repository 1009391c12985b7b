/* SPDX-License-Identifier: Apache-2.0 */
/* What a compilation depended on, and whether it is still the same. */
#include "compile/cache_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"

#define FILE_MAX_BYTES (64u << 20)

/* Which of two libraries of one name is loaded; the worker's environment is empty. */
static const char *const linker_files[] = { "/etc/ld.so.cache", "/etc/ld.so.preload" };

static uint64_t nanoseconds(struct timespec time)
{
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t cache_files_clock_ns(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return nanoseconds(now);
}

static struct cache_identity identity_of(const struct stat *status)
{
	return (struct cache_identity){
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

static bool is_missing(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* The path comes from a process that ran a stranger's program, and opening some
 * devices does something: first it is only looked at. */
static int open_regular(const char *path, struct stat *status)
{
	AUTO(closep) int place = open(path, O_PATH | O_CLOEXEC);
	char name[64];
	int fd;

	if (place < 0 || fstat(place, status) < 0)
		return -errno;
	if (!S_ISREG(status->st_mode) || status->st_size > (off_t)FILE_MAX_BYTES)
		return -EINVAL;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static bool hash_content(const char *path, struct stat *status, uint8_t hash[CACHE_HASH_BYTES])
{
	AUTO(buffer_free) struct buffer content = { 0 };
	AUTO(closep) int fd = open_regular(path, status);
	struct stat after;

	if (fd < 0 || read_descriptor(fd, FILE_MAX_BYTES, &content) < 0 || fstat(fd, &after) < 0)
		return false;
	*status = after;
	cache_hash(buffer_text(&content), content.length, hash);
	return true;
}

/* A file that changes in the same tick of the clock as it was read in would look
 * as it does now for ever. */
static bool is_settled(const struct stat *status, uint64_t since_ns)
{
	return nanoseconds(status->st_ctim) < since_ns;
}

bool cache_file_take(struct cache_file *file, uint64_t since_ns)
{
	struct stat status;

	switch (file->role) {
	case FILE_MISSED:
		return is_missing(file->path);
	case FILE_LIBRARY:
		if (stat(file->path, &status) < 0 || !S_ISREG(status.st_mode))
			return false;
		break;
	case FILE_READ:
		if (!hash_content(file->path, &status, file->hash))
			return false;
		break;
	default:
		return false;
	}
	file->identity = identity_of(&status);
	return is_settled(&status, since_ns);
}

static bool same_content(struct cache_file *file, uint64_t since_ns, bool *refreshed)
{
	uint8_t hash[CACHE_HASH_BYTES];
	struct stat status;

	if (!hash_content(file->path, &status, hash) || memcmp(hash, file->hash, sizeof(hash)) != 0)
		return false;
	if (is_settled(&status, since_ns)) {
		file->identity = identity_of(&status);
		*refreshed = true;
	}
	return true;
}

bool cache_file_holds(struct cache_file *file, uint64_t since_ns, bool *refreshed)
{
	struct cache_identity now;
	struct stat status;

	if (file->role == FILE_MISSED)
		return is_missing(file->path);
	if (stat(file->path, &status) < 0)
		return false;
	now = identity_of(&status);
	if (memcmp(&now, &file->identity, sizeof(now)) == 0)
		return true;
	return file->role == FILE_READ && now.size == file->identity.size &&
	       now.mode == file->identity.mode && now.user == file->identity.user &&
	       now.group == file->identity.group && same_content(file, since_ns, refreshed);
}

bool cache_file_is_the_programs(const struct cache_file *file)
{
	for (size_t i = 0; i < sizeof(linker_files) / sizeof(linker_files[0]); i++)
		if (strcmp(file->path, linker_files[i]) == 0)
			return false;
	return file->role != FILE_LIBRARY;
}

static int compare(const void *a, const void *b)
{
	const struct cache_file *one = a, *two = b;
	int order = (one->role > two->role) - (one->role < two->role);

	return order ? order : strcmp(one->path, two->path);
}

static size_t entries_of(const char *list, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += list[i] == '\0';
	return count;
}

bool cache_files_take(const char *list, size_t length, uint64_t since_ns, struct arena *arena,
		      struct cache_file **files, size_t *count)
{
	const size_t more = sizeof(linker_files) / sizeof(linker_files[0]);
	struct file_list rest = { list, length };
	struct cache_file *all =
		ARENA_ARRAY(arena, struct cache_file, entries_of(list, length) + more);
	size_t total = 0, kept = 0;

	if (!all)
		return false;
	while (file_list_next(&rest, &all[total].role, &all[total].path))
		if (all[total++].role == FILE_LOST)
			return false;
	for (size_t i = 0; i < more; i++) {
		all[total].role = is_missing(linker_files[i]) ? FILE_MISSED : FILE_READ;
		all[total++].path = linker_files[i];
	}
	qsort(all, total, sizeof(*all), compare);
	for (size_t i = 0; i < total; i++) {
		if (kept && compare(&all[kept - 1], &all[i]) == 0)
			continue;
		all[kept] = all[i];
		if (!cache_file_take(&all[kept++], since_ns))
			return false;
	}
	*files = all;
	*count = kept;
	return true;
}
