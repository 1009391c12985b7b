/* SPDX-License-Identifier: Apache-2.0 */
/* A file beside the one that is meant, which then takes its place. */
#include "run/written_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"

#define STAGE SKBSCOPE_STAGE_RENDER

int written_file_open(struct written_file *file, const char *path, struct skbscope_error *error)
{
	struct stat st;

	/* Root can rename a file to the place of a device. */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return fail(error, EINVAL, STAGE, "'%s' is there, and is no file", path);
	file->path = path;
	if (asprintf(&file->temporary, "%s.XXXXXX", path) < 0) {
		file->temporary = NULL;
		return fail_memory(error, STAGE);
	}
	file->fd = mkostemp(file->temporary, O_CLOEXEC);
	if (file->fd < 0) {
		const int code = errno;

		free(TAKE(file->temporary));
		return fail_errno(error, code, STAGE, "cannot write '%s'", path);
	}
	return 0;
}

int written_file_finish(struct written_file *file, struct skbscope_error *error)
{
	const mode_t mask = umask(0);

	umask(mask);
	if (fchmod(file->fd, 0666 & ~mask) < 0 || rename(file->temporary, file->path) < 0)
		return fail_errno(error, errno, STAGE, "cannot write '%s'", file->path);
	free(TAKE(file->temporary));
	return 0;
}

void written_file_clear(struct written_file *file)
{
	if (file->temporary)
		unlink(file->temporary);
	free(TAKE(file->temporary));
	closep(&file->fd);
}
