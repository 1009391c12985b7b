/* SPDX-License-Identifier: Apache-2.0 */
/* Making, opening and filling directories of one user. */
#include "base/private_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

/* Those above the last may be for others to read: the compiler runs as another user,
 * and some of what is kept below them is for it. */
static int make_directories(const char *path, mode_t mode)
{
	AUTO(freep) char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *slash = copy + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(copy, geteuid() == 0 ? 0755 : 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(copy, mode) < 0 && errno != EEXIST ? -errno : 0;
}

static bool is_private(int fd, mode_t type)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type &&
	       (status.st_uid == 0 || status.st_uid == geteuid()) &&
	       !(status.st_mode & (S_IWGRP | S_IWOTH));
}

int private_dir_open(const char *path, mode_t mode)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	AUTO(closep) int fd = open(path, flags);

	if (fd < 0 && errno == ENOENT && mode) {
		int r = make_directories(path, mode);

		if (r < 0)
			return r;
		fd = open(path, flags);
	}
	if (fd < 0)
		return -errno;
	return is_private(fd, S_IFDIR) ? TAKE_FD(fd) : -EPERM;
}

int private_dir_read(int directory, const char *name, size_t limit, struct buffer *out)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	AUTO(closep) int fd = openat(directory, name, flags);

	if (fd < 0)
		return -errno;
	return is_private(fd, S_IFREG) ? read_descriptor(fd, limit, out) : -EPERM;
}

int private_dir_write(int directory, const char *name, const char *temporary,
		      const struct buffer *bytes)
{
	AUTO(closep) int fd = -1;
	int r;

	unlinkat(directory, temporary, 0);
	fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, bytes->data, bytes->length);
	if (r == 0 && renameat(directory, temporary, directory, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(directory, temporary, 0);
	return r;
}

int private_dir_cache(struct buffer *out)
{
	const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");

	if (geteuid() == 0)
		buffer_string(out, "/var/cache/skbscope");
	else if (cache && cache[0] == '/')
		buffer_printf(out, "%s/skbscope", cache);
	else if (home && home[0] == '/')
		buffer_printf(out, "%s/.cache/skbscope", home);
	else
		return -ENOENT;
	return out->failed ? -ENOMEM : 0;
}
