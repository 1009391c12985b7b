/* SPDX-License-Identifier: Apache-2.0 */
/* Which files the compiler read: LLVM opens each include through open(). */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "worker/interpose.h"

#define MAX_FILES 65536

/* The first file of every compilation; before it the driver looks around. */
#define FIRST "include/linux/kconfig.h"

static struct {
	bool watching, started;
	char **names;
	size_t count;
} files;

static bool has_started(const char *path)
{
	const size_t length = strlen(path), first = strlen(FIRST);

	if (length >= first && strcmp(path + length - first, FIRST) == 0)
		files.started = true;
	return files.started;
}

static void remember(const char *path, int fd)
{
	struct stat status;
	char **names;

	if (!has_started(path) || files.count >= MAX_FILES || fstat(fd, &status) < 0 ||
	    !S_ISREG(status.st_mode))
		return;
	for (size_t i = 0; i < files.count; i++)
		if (strcmp(files.names[i], path) == 0)
			return;
	names = reallocarray(files.names, files.count + 1, sizeof(*names));
	if (!names)
		return;
	files.names = names;
	names[files.count] = strdup(path);
	if (names[files.count])
		files.count++;
}

static int watched_open(const char *path, int flags, mode_t mode)
{
	static int (*next)(const char *, int, ...);
	int fd;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "open");
	fd = next(path, flags, mode);
	if (fd >= 0 && files.watching)
		remember(path, fd);
	return fd;
}

static mode_t mode_argument(int flags, va_list list)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

INTERPOSE int open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = mode_argument(flags, list);
	va_end(list);
	return watched_open(path, flags, mode);
}

INTERPOSE int open64(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = mode_argument(flags, list);
	va_end(list);
	return watched_open(path, flags, mode);
}

void files_watch(bool on)
{
	files.watching = on;
}

const char *const *files_opened(size_t *count)
{
	*count = files.count;
	return (const char *const *)files.names;
}
