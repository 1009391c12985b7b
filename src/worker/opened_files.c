/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiler read, and what it looked for in vain: LLVM opens each include
 * through open(), after it asked stat() for the directory it may be in. A program
 * depends on both: a header that appears where an earlier directory of the search
 * path had none is another program.
 */
#include "worker/opened_files.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "worker/interpose.h"

#define MAX_FILES 65536

/* The first file of every compilation; before it the driver looks around. */
#define FIRST "include/linux/kconfig.h"

struct names {
	void *seen; /* tsearch(3): each name once */
	char **items;
	size_t count;
};

static struct {
	bool recording, started, lost;
	struct names opened, missed;
} files;

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void names_add(struct names *names, const char *path)
{
	char *copy, **items;

	if (tfind(path, &names->seen, compare))
		return;
	copy = names->count < MAX_FILES ? strdup(path) : NULL;
	items = copy ? reallocarray(names->items, names->count + 1, sizeof(*items)) : NULL;
	if (items)
		names->items = items;
	if (!items || !tsearch(copy, &names->seen, compare)) {
		files.lost = true;
		free(copy);
		return;
	}
	items[names->count++] = copy;
}

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

	if (has_started(path) && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		names_add(&files.opened, path);
}

/* Relative names are below the header tree; libbcc's own files are in memory. */
static void remember_missed(const char *path)
{
	const char memory[] = "/virtual/";

	if (path[0] != '/' || strncmp(path, WORKER_PATH_PREFIX, strlen(WORKER_PATH_PREFIX)) == 0 ||
	    (files.started && strncmp(path, memory, strlen(memory)) != 0))
		names_add(&files.missed, path);
}

static int (*next)(const char *, int, ...);

/* A source may name what makes whoever opens it wait (a pipe, a file with a lease), or do
 * something (a device). Only root's pipes are waited for. */
static int open_source(const char *path, int flags)
{
	int fd = next(path, flags | O_NONBLOCK, 0);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
		return fd;
	close(fd);
	if (S_ISFIFO(status.st_mode) && status.st_uid == 0)
		return next(path, flags, 0);
	errno = ENXIO;
	return -1;
}

/* None is created: there is no mode. */
INTERPOSE int open(const char *path, int flags, ...)
{
	int fd, code;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "open");
	fd = files.recording ? open_source(path, flags) : next(path, flags, 0);
	code = errno;
	if (files.recording && fd >= 0)
		remember(path, fd);
	else if (files.recording)
		remember_missed(path);
	errno = code;
	return fd;
}

INTERPOSE int open64(const char *path, int flags, ...) __attribute__((alias("open")));

/* stat() itself has other names in older C libraries, where a directory that
 * appears is not noticed; a file that appears always is. */
INTERPOSE int stat(const char *restrict path, struct stat *restrict status)
{
	int r = fstatat(AT_FDCWD, path, status, 0), code = errno;

	if (r < 0 && files.recording)
		remember_missed(path);
	errno = code;
	return r;
}

static time_t began; /* at the latest, libraries were mapped by then */

void opened_files_record(bool on)
{
	if (!began)
		began = time(NULL);
	files.recording = on;
}

/* What the names were in is left to the process that forgets, once. */
void opened_files_forget(void)
{
	memset(&files, 0, sizeof(files));
}

const char *const *opened_files(size_t *count)
{
	*count = files.opened.count;
	return (const char *const *)files.opened.items;
}

bool opened_file_is_header(const char *path)
{
	return strncmp(path, "/sys/", 5) != 0 &&
	       (strncmp(path, "/proc/", 6) != 0 ||
		strncmp(path, WORKER_PATH_PREFIX, strlen(WORKER_PATH_PREFIX)) == 0);
}

void opened_file_real_name(const struct worker_request *request, const char *path,
			   struct buffer *out)
{
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (path[0] != '/')
		buffer_printf(out, "%s/", request->paths[WORKER_PATH_HEADERS]);
	request_real_names(request, path, strlen(path), out);
}

static void put(const struct worker_request *request, enum file_role role,
		const struct names *names, struct buffer *out)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!opened_file_is_header(names->items[i]))
			continue;
		buffer_append(out, &(char){ (char)role }, 1);
		opened_file_real_name(request, names->items[i], out);
		buffer_append(out, "", 1);
	}
}

static int put_library(struct dl_phdr_info *info, size_t size, void *out)
{
	struct stat status;

	(void)size;
	if (info->dlpi_name[0] != '/')
		return 0;
	/* An upgrade came while a worker waited: what is there now did not make the image. */
	if (stat(info->dlpi_name, &status) < 0 || status.st_ctim.tv_sec >= began)
		files.lost = true;
	buffer_append(out, &(char){ FILE_LIBRARY }, 1);
	buffer_append(out, info->dlpi_name, strlen(info->dlpi_name) + 1);
	return 0;
}

void opened_files_write(const struct worker_request *request, struct buffer *out)
{
	const char lost[] = { FILE_LOST, '\0' };

	put(request, FILE_READ, &files.opened, out);
	put(request, FILE_MISSED, &files.missed, out);
	dl_iterate_phdr(put_library, out);
	if (files.lost)
		buffer_append(out, lost, sizeof(lost));
}
