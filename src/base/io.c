/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files and descriptors, always with a limit; the clock. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

/* The kernel's own files look regular; reading one can wait, or take away what it gives. */
static bool is_kernels(const struct statfs *system)
{
	static const unsigned long magics[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC,          TRACEFS_MAGIC,       DEBUGFS_MAGIC,
		SECURITYFS_MAGIC, CGROUP_SUPER_MAGIC,   CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC,
		PSTOREFS_MAGIC,   EFIVARFS_MAGIC,       SELINUX_MAGIC,       SMACK_MAGIC,
		BINFMTFS_MAGIC,   RDTGROUP_SUPER_MAGIC, AUTOFS_SUPER_MAGIC,
	};

	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if ((unsigned long)system->f_type == magics[i])
			return true;
	return false;
}

/* Nobody can put a link into the way to another's pipe: it is this very name's. */
static bool is_behind_link(const char *path, const struct stat *status)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	AUTO(closep) int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	struct stat direct;

	return fd < 0 || fstat(fd, &direct) < 0 || direct.st_ino != status->st_ino ||
	       direct.st_dev != status->st_dev;
}

/* A stranger's pipe with a name could keep us waiting, and so could one that a stranger's
 * link leads to; one without has been handed to us. */
static bool is_our_pipe(const char *path, const struct statfs *system, const struct stat *status)
{
	if (!S_ISFIFO(status->st_mode))
		return false;
	return system->f_type == PIPEFS_MAGIC ||
	       ((status->st_uid == 0 || status->st_uid == geteuid()) &&
		!is_behind_link(path, status));
}

int open_regular(const char *path, bool pipes)
{
	AUTO(closep) int place = open(path, O_PATH | O_CLOEXEC);
	struct statfs system;
	struct stat status;
	char name[64];
	int fd;

	if (place < 0 || fstat(place, &status) < 0 || fstatfs(place, &system) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (S_ISREG(status.st_mode) ? is_kernels(&system)
				    : !pipes || !is_our_pipe(path, &system, &status))
		return -EINVAL;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
	/* Without O_NONBLOCK, a pipe nobody writes to would hold us forever. */
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFL, 0);
	return fd;
}

/* A lease is not given while somebody has the file open for writing, and while we have it
 * nobody gets to open it so. */
bool file_is_whole(int fd)
{
	fcntl(fd, F_SETSIG, SIGURG);
	return fcntl(fd, F_SETLEASE, F_RDLCK) == 0 || errno != EAGAIN;
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

int write_failure(int fd)
{
	int code = errno ? errno : EIO;
	struct pollfd polled = { .fd = fd };

	return poll(&polled, 1, 0) == 1 && polled.revents & POLLERR ? EPIPE : code;
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
