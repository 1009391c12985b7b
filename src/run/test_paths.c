/* SPDX-License-Identifier: Apache-2.0 */
#include "run/test_paths.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"

#define ENDING ".test"
#define FILES_MAX 100000u

static int add(struct list *list, const char *path, struct arena *arena,
	       struct skbscope_error *error)
{
	const char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	list->items = items;
	items[list->count] = arena_string(arena, path);
	if (!items[list->count])
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	if (++list->count > FILES_MAX)
		return fail(error, E2BIG, SKBSCOPE_STAGE_USAGE, "more than %u files of tests",
			    FILES_MAX);
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_test(const FTSENT *entry)
{
	const size_t length = strlen(ENDING);

	return entry->fts_info == FTS_F && entry->fts_namelen > length &&
	       strcmp(entry->fts_name + entry->fts_namelen - length, ENDING) == 0;
}

static void fts_closep(FTS **tree)
{
	if (*tree)
		fts_close(*tree);
}

static int add_directory(struct list *list, const char *path, struct arena *arena,
			 struct skbscope_error *error)
{
	char *const roots[] = { (char *)path, NULL };
	AUTO(fts_closep) FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	const size_t before = list->count;
	FTSENT *entry;
	int r = 0;

	if (!tree)
		return fail_errno(error, errno, SKBSCOPE_STAGE_READ, "cannot read '%s'", path);
	while (r == 0 && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
			r = fail_errno(error, entry->fts_errno, SKBSCOPE_STAGE_READ,
				       "cannot read '%s'", entry->fts_path);
		else if (entry->fts_info == FTS_D && entry->fts_level > 0 &&
			 entry->fts_name[0] == '.')
			fts_set(tree, entry, FTS_SKIP);
		else if (is_test(entry))
			r = add(list, entry->fts_path, arena, error);
	}
	if (r < 0 || list->count > before)
		return r;
	return hint(error,
		    fail(error, ENOENT, SKBSCOPE_STAGE_USAGE, "there are no tests in '%s'", path),
		    "files of tests are called *" ENDING);
}

int test_paths_find(const struct list *named, struct arena *arena, struct list *out,
		    struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; i < named->count && r == 0; i++) {
		const char *path = named->items[i];
		struct stat st;

		if (stat(path, &st) < 0)
			r = fail_errno(error, errno, SKBSCOPE_STAGE_READ, "cannot read '%s'", path);
		else if (S_ISDIR(st.st_mode))
			r = add_directory(out, path, arena, error);
		else
			r = add(out, path, arena, error);
	}
	return r;
}

void test_beside(const char *file, const char *name, struct buffer *out)
{
	const char *slash = strrchr(file, '/');

	if (slash && name[0] != '/')
		buffer_append(out, file, (size_t)(slash - file) + 1);
	buffer_string(out, name);
}
