/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics into a file. */
#include "run/view_metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "render/openmetrics.h"

#define STAGE SKBSCOPE_STAGE_RENDER

struct view_metrics {
	struct view view;
	struct series *series;
	int directory; /* held, in case that it is moved or we are */
	char *path, *name, *temporary;
	struct buffer text;
};

/* Others read it, who are not root. */
static int write_file(struct view_metrics *view)
{
	AUTO(closep) int fd = -1;
	int r;

	unlinkat(view->directory, view->temporary, 0);
	fd = openat(view->directory, view->temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = write_all(fd, view->text.data, view->text.length);
	if (r == 0 && renameat(view->directory, view->temporary, view->directory, view->name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(view->directory, view->temporary, 0);
	return r;
}

static int show(struct view *base, const struct shown *shown, enum show how,
		struct skbscope_error *error)
{
	struct view_metrics *view = (struct view_metrics *)base;
	int r;

	if (how == SHOW_EXTRA)
		return 0;
	r = series_take(view->series, shown->snapshot, error);
	if (r < 0)
		return r;
	buffer_clear(&view->text);
	openmetrics_write(view->series, OPENMETRICS_TEXT, &view->text);
	if (view->text.failed)
		return fail_memory(error, STAGE);
	r = write_file(view);
	return r < 0 ? fail_errno(error, r, STAGE, "cannot write '%s'", view->path) : 0;
}

static void note(struct view *view, const char *text)
{
	(void)view;
	(void)text;
}

static int finish(struct view *view, uint64_t patience_ns, struct skbscope_error *error)
{
	(void)view;
	(void)patience_ns;
	(void)error;
	return 0;
}

static void close_view(struct view *base)
{
	struct view_metrics *view = (struct view_metrics *)base;

	series_freep(&view->series);
	closep(&view->directory);
	free(view->path);
	free(view->name);
	free(view->temporary);
	buffer_free(&view->text);
	free(view);
}

static int open_directory(struct view_metrics *view, struct skbscope_error *error)
{
	AUTO(freep) char *copy = strdup(view->path);
	struct stat status;

	if (!copy)
		return fail_memory(error, STAGE);
	view->directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (view->directory < 0 || faccessat(view->directory, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return fail_errno(error, errno, STAGE, "cannot write to the directory of '%s'",
				  view->path);
	if (fstatat(view->directory, view->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(status.st_mode))
		return hint(error,
			    fail(error, EINVAL, STAGE, "'%s' is no regular file", view->path),
			    "metrics take the place of a file; to stdout go those of "
			    "--output openmetrics");
	return 0;
}

/* A name that node_exporter does not take for one of its files (*.prom), and no other run
 * has. */
static int choose_names(struct view_metrics *view, const char *path, struct skbscope_error *error)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (!*name || strcmp(path, "-") == 0)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "'%s' is no name of a file",
				 path),
			    "metrics on stdout are --output openmetrics");
	view->path = strdup(path);
	view->name = strdup(name);
	if (asprintf(&view->temporary, "%s.new-%d", name, (int)getpid()) < 0)
		view->temporary = NULL;
	return view->path && view->name && view->temporary ? 0 : fail_memory(error, STAGE);
}

int view_metrics_open(const char *path, uint64_t series, struct view **out,
		      struct skbscope_error *error)
{
	struct view_metrics *view = calloc(1, sizeof(*view));
	int r;

	if (!view)
		return fail_memory(error, STAGE);
	view->directory = -1;
	view->view =
		(struct view){ .show = show, .note = note, .finish = finish, .close = close_view };
	r = choose_names(view, path, error);
	if (r == 0)
		r = open_directory(view, error);
	if (r == 0 && series_open(series, &view->series) < 0)
		r = fail_memory(error, STAGE);
	if (r < 0) {
		close_view(&view->view);
		return r;
	}
	*out = &view->view;
	return 0;
}
