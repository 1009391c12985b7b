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
#include <limits.h>
#include <link.h>
#include <search.h>
#include <stdio.h>
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

static struct {
	const char *redirected;
	int fd;
	const char *path, *tree;
	const struct buffer *entries;
} special = { .fd = -1 };

void opened_files_redirect(const char *path, int fd)
{
	special.redirected = path;
	special.fd = fd;
}

void opened_files_tree(const char *tree)
{
	special.tree = tree;
}

void opened_files_stand_in(const char *path, const struct buffer *entries)
{
	special.path = path;
	special.entries = entries;
}

/* One file has one name: with the tree's in front, which the compiler takes where it is no
 * longer in the tree, or was when a header was precompiled, it is the same as without it. */
static const char *name_in_tree(const char *path)
{
	const size_t length = special.tree ? strlen(special.tree) : 0;

	return length && strncmp(path, special.tree, length) == 0 && path[length] == '/'
		       ? path + length + 1
		       : path;
}

/* The way to it: the compiler's user may not be able to walk to the tree. */
static const char *way_to(const char *path, char way[PATH_MAX])
{
	const char *name = name_in_tree(path);

	return name != path && snprintf(way, PATH_MAX, WORKER_TREE "/%s", name) < PATH_MAX ? way
											   : path;
}

static void save(const struct names *names, enum file_role role, struct buffer *out)
{
	for (size_t i = 0; i < names->count; i++) {
		buffer_append(out, &(char){ (char)role }, 1);
		buffer_append(out, names->items[i], strlen(names->items[i]) + 1);
	}
}

void opened_files_save(struct buffer *out)
{
	save(&files.opened, FILE_READ, out);
	save(&files.missed, FILE_MISSED, out);
}

static bool stands_in(const char *path)
{
	if (!special.path || strcmp(path, special.path) != 0)
		return false;
	files.started = true;
	for (size_t at = 0; at < special.entries->length;) {
		const char *entry = special.entries->data + at;

		if (entry[0] == FILE_READ)
			names_add(&files.opened, entry + 1);
		else if (entry[0] == FILE_MISSED)
			names_add(&files.missed, entry + 1);
		at += strlen(entry) + 1;
	}
	return true;
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

	if (!stands_in(path) && has_started(path) && fstat(fd, &status) == 0 &&
	    S_ISREG(status.st_mode))
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

/* A source may name what makes whoever opens it wait (a pipe, a file with a lease), or does
 * something by being opened (a device): a look comes first. Only root's pipes are waited for. */
static int open_source(const char *path, int flags)
{
	const int place = next(path, O_PATH | O_CLOEXEC, 0);
	char name[sizeof(WORKER_PATH_PREFIX) + 16];
	struct stat status;
	int fd = -1, code = ENXIO;

	if (place < 0)
		return -1;
	snprintf(name, sizeof(name), WORKER_PATH_PREFIX "%d", place);
	if (fstat(place, &status) < 0) {
		code = errno;
	} else if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
		fd = next(name, flags | O_NONBLOCK, 0);
		code = errno;
	} else if (S_ISFIFO(status.st_mode) && status.st_uid == 0) {
		fd = next(name, flags, 0);
		code = errno;
	}
	close(place);
	errno = code;
	return fd;
}

/* None is created: there is no mode. */
INTERPOSE int open(const char *path, int flags, ...)
{
	char way[PATH_MAX];
	int fd, code;

	if (special.redirected && strcmp(path, special.redirected) == 0)
		return fcntl(special.fd, F_DUPFD_CLOEXEC, 0);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "open");
	fd = files.recording ? open_source(way_to(path, way), flags)
			     : next(way_to(path, way), flags, 0);
	code = errno;
	if (files.recording && fd >= 0)
		remember(name_in_tree(path), fd);
	else if (files.recording)
		remember_missed(name_in_tree(path));
	errno = code;
	return fd;
}

INTERPOSE int open64(const char *path, int flags, ...) __attribute__((alias("open")));

/* stat() itself has other names in older C libraries, where a directory that
 * appears is not noticed; a file that appears always is. */
INTERPOSE int stat(const char *restrict path, struct stat *restrict status)
{
	char way[PATH_MAX];
	int r = fstatat(AT_FDCWD, way_to(path, way), status, 0), code = errno;

	if (r < 0 && files.recording)
		remember_missed(name_in_tree(path));
	errno = code;
	return r;
}

static time_t began; /* at the latest, libraries were mapped by then */

static void begin(void)
{
	if (!began)
		began = time(NULL);
}

void opened_files_record(bool on)
{
	begin();
	files.recording = on;
}

void opened_files_note(const char *path)
{
	begin();
	names_add(access(path, R_OK) == 0 ? &files.opened : &files.missed, path);
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

/* An upgrade came while a worker waited: what is there now did not make the image. */
static bool is_another_now(const char *library)
{
	struct stat status;

	return stat(library, &status) < 0 || status.st_ctim.tv_sec >= began;
}

static int put_library(struct dl_phdr_info *info, size_t size, void *out)
{
	(void)size;
	if (info->dlpi_name[0] != '/')
		return 0;
	files.lost |= is_another_now(info->dlpi_name);
	buffer_append(out, &(char){ FILE_LIBRARY }, 1);
	buffer_append(out, info->dlpi_name, strlen(info->dlpi_name) + 1);
	return 0;
}

static int look_at_library(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	return info->dlpi_name[0] == '/' && is_another_now(info->dlpi_name);
}

bool opened_files_libraries_changed(void)
{
	begin();
	return dl_iterate_phdr(look_at_library, NULL) != 0;
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
