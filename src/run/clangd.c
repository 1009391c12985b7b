/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root may be asked to write into a directory of somebody else's: no link is followed below it,
 * and what is there is replaced as a whole.
 */
#include "run/clangd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "compile/surroundings.h"
#include "run/program.h"

#define STAGE SKBSCOPE_STAGE_RENDER
#define FLAGS "compile_flags.txt"
#define DATABASE "compile_commands.json"
#define HEADERS ".skbscope"
#define TEMPORARY ".skbscope-new"

struct place {
	char path[PATH_MAX]; /* of the directory */
	int directory, headers;
};

static void place_clear(struct place *place)
{
	closep(&place->directory);
	closep(&place->headers);
}

static int replace_file(int directory, const char *name, const char *text, size_t length)
{
	AUTO(closep) int fd = -1;
	int r;

	if (unlinkat(directory, TEMPORARY, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(directory, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	r = fd < 0 ? -errno : write_all(fd, text, length);
	if (r == 0 && renameat(directory, TEMPORARY, directory, name) < 0)
		r = -errno;
	if (r < 0 && fd >= 0)
		unlinkat(directory, TEMPORARY, 0);
	return r;
}

/* A descriptor; a link in its place is an error. */
static int open_below(int directory, const char *name)
{
	int fd;

	if (mkdirat(directory, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* NAME: "include/bcc/bpf.h" */
static int write_header(int directory, const char *name, const char *text)
{
	AUTO(closep) int at = fcntl(directory, F_DUPFD_CLOEXEC, 0);
	const char *slash;

	for (; at >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
		AUTO(freep) char *folder = strndup(name, (size_t)(slash - name));
		int below = folder ? open_below(at, folder) : -ENOMEM;

		if (below < 0)
			return below;
		close(at);
		at = below;
	}
	return at < 0 ? -errno : replace_file(at, name, text, strlen(text));
}

static bool is_there(const struct place *place, const char *name)
{
	return faccessat(place->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The flags have no room for a word on whose they are; the folder beside them is ours. */
static int open_place(const char *directory, struct place *place, struct skbscope_error *error)
{
	if (!realpath(directory, place->path))
		return hint(error,
			    fail_errno(error, errno, STAGE, "cannot find the directory '%s'",
				       directory),
			    "name the one that the programs are in");
	place->directory = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->directory < 0)
		return fail_errno(error, errno, STAGE, "cannot open the directory '%s'", directory);
	if (is_there(place, DATABASE))
		return hint(error,
			    fail(error, EEXIST, STAGE,
				 "there is a " DATABASE " in '%s', and clangd goes by that",
				 directory),
			    "name a directory that has none, such as one for programs alone");
	if (is_there(place, FLAGS) && !is_there(place, HEADERS))
		return hint(
			error,
			fail(error, EEXIST, STAGE, "'%s/" FLAGS "' is not skbscope's", directory),
			"remove it, or name another directory");
	place->headers = open_below(place->directory, HEADERS);
	return place->headers >= 0
		       ? 0
		       : fail_errno(error, place->headers, STAGE,
				    "cannot make the directory '%s/" HEADERS "'", directory);
}

/* Headers in libbcc's memory are files below ours. */
static void add_flag(const struct place *place, const char *flag, struct buffer *out)
{
	const char *name = strstr(flag, SURROUNDINGS_NAMES);

	if (name)
		buffer_printf(out, "%.*s%s/" HEADERS "/%s\n", (int)(name - flag), flag, place->path,
			      name + strlen(SURROUNDINGS_NAMES));
	else
		buffer_printf(out, "%s\n", flag);
}

static int write_all_files(const struct place *place, const struct surroundings *surroundings)
{
	AUTO(buffer_free) struct buffer flags = { 0 };
	int r = 0;

	for (size_t i = 0; i < surroundings->header_count && r == 0; i++)
		r = write_header(place->headers,
				 surroundings->headers[i].name + strlen(SURROUNDINGS_NAMES),
				 surroundings->headers[i].text);
	buffer_string(&flags, "-xc\n");
	for (size_t i = 0; i < surroundings->flag_count; i++)
		add_flag(place, surroundings->flags[i], &flags);
	if (r == 0)
		r = flags.failed ? -ENOMEM
				 : replace_file(place->directory, FLAGS, flags.data, flags.length);
	return r;
}

int clangd_write(const struct compile_settings *settings, const char *directory, bool kernel_types,
		 struct skbscope_error *error)
{
	AUTO(surroundings_clear) struct surroundings surroundings = { 0 };
	AUTO(place_clear) struct place place = { .directory = -1, .headers = -1 };
	struct skbscope_compile_options options = {
		.size = sizeof(options),
		.include_directories = settings->include_directories.items,
		.include_directory_count = settings->include_directories.count,
		.defines = settings->defines.items,
		.define_count = settings->defines.count,
	};
	int r = program_choose_headers(settings->headers, &options, error);

	if (r == 0)
		r = open_place(directory, &place, error);
	if (r == 0)
		r = surroundings_ask(place.path, &options, kernel_types, &surroundings, error);
	if (r < 0)
		return r;
	r = write_all_files(&place, &surroundings);
	return r < 0 ? fail_errno(error, r, STAGE, "cannot write into '%s'", directory) : 0;
}
