/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files and descriptors, always with a limit; the clock. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

int read_descriptor(int fd, size_t limit, struct buffer *out)
{
	const size_t step = 64 * 1024;
	size_t total = 0;

	for (;;) {
		ssize_t n;

		buffer_reserve(out, step);
		if (out->failed)
			return -ENOMEM;
		n = read(fd, out->data + out->length, step);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > limit)
			return -EFBIG;
		out->length += (size_t)n;
		out->data[out->length] = '\0';
	}
}

int read_file(const char *path, size_t limit, struct buffer *out)
{
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : read_descriptor(fd, limit, out);
}

/* A stranger's pipe with a name could keep us waiting; one without has been handed to us. */
static bool is_our_pipe(int fd, const struct stat *status)
{
	struct statfs system;

	return S_ISFIFO(status->st_mode) &&
	       (status->st_uid == 0 || status->st_uid == geteuid() ||
		(fstatfs(fd, &system) == 0 && system.f_type == PIPEFS_MAGIC));
}

int open_regular(const char *path, bool pipes)
{
	AUTO(closep) int place = open(path, O_PATH | O_CLOEXEC);
	struct stat status;
	char name[64];
	int fd;

	if (place < 0 || fstat(place, &status) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!S_ISREG(status.st_mode) && !(pipes && is_our_pipe(place, &status)))
		return -EINVAL;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
	/* Without O_NONBLOCK, a pipe nobody writes to would hold us forever. */
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFL, 0);
	return fd;
}

int write_all(int fd, const void *data, size_t length)
{
	const char *next = data;

	while (length) {
		ssize_t n = write(fd, next, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		next += n;
		length -= (size_t)n;
	}
	return 0;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t clock_file_ns(void)
{
	return clock_ns(CLOCK_REALTIME_COARSE);
}
