/* SPDX-License-Identifier: Apache-2.0 */
#include "run/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/paths.h"
#include "kernel/session_points.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

struct coverage_program {
	struct coverage_program *next;
	const char *name, *path, *headers; /* the latter: of the kernel; all in the lines' arena */
	struct lines lines;
};

static void program_freep(struct coverage_program **program)
{
	if (*program)
		lines_clear(&(*program)->lines);
	free(*program);
}

void coverage_clear(struct coverage *coverage)
{
	while (coverage->list) {
		struct coverage_program *program = coverage->list;

		coverage->list = program->next;
		program_freep(&program);
	}
}

static int find(struct coverage *coverage, const struct skbscope_image *image,
		struct coverage_program **out)
{
	AUTO(program_freep) struct coverage_program *made = NULL;
	struct coverage_program **at = &coverage->list;

	for (; *at; at = &(*at)->next)
		if (strcmp((*at)->path, image->path) == 0) {
			*out = *at;
			return 0;
		}
	made = calloc(1, sizeof(*made));
	if (!made || lines_new(&made->lines) < 0)
		return -1;
	made->name = arena_string(made->lines.arena, image->name);
	made->path = arena_string(made->lines.arena, image->path);
	made->headers = arena_string(made->lines.arena, image->headers_path);
	if (arena_failed(made->lines.arena))
		return -1;
	*out = *at = TAKE(made);
	return 0;
}

int coverage_add(struct coverage *coverage, const struct skbscope_image *image,
		 const struct skbscope_session *session, struct skbscope_error *error)
{
	struct coverage_program *program;

	if (find(coverage, image, &program) < 0)
		return fail_memory(error, STAGE);
	return session_points_read(session, &program->lines, error);
}

static bool is_below(const char *file, const char *directory)
{
	const size_t length = directory ? strlen(directory) : 0;

	return length && strncmp(file, directory, length) == 0 && file[length] == '/';
}

static bool is_own(const struct coverage_program *program, const char *file)
{
	const char *bundled = paths_get()->programs;
	const size_t length = strlen(bundled);

	return !(is_below(file, bundled) && strncmp(file + length, "/include/", 9) == 0) &&
	       !is_below(file, paths_get()->headers) && !is_below(file, program->headers);
}

static int tell_one(struct coverage_program *program,
		    int (*tell)(void *context, const struct covered *covered), void *context,
		    struct skbscope_error *error)
{
	struct covered covered = { .program = program->name, .path = program->path };
	struct lines *lines = &program->lines;

	if (lines_finish(lines) < 0)
		return fail_memory(error, STAGE);
	covered.lines = ARENA_ARRAY(lines->arena, const struct line *, lines->count);
	if (!covered.lines)
		return fail_memory(error, STAGE);
	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = lines->items[i];

		if (!is_own(program, line->place.file))
			continue;
		covered.lines[covered.count++] = line;
		covered.ran += line->ran;
		covered.ways += line->way_count;
		for (size_t k = 0; k < line->way_count; k++)
			covered.ways_ran += line->ways[k]->ran;
	}
	return tell(context, &covered);
}

int coverage_tell(const struct coverage *coverage,
		  int (*tell)(void *context, const struct covered *covered), void *context,
		  struct skbscope_error *error)
{
	int r = 0;

	for (struct coverage_program *program = coverage->list; r >= 0 && program;
	     program = program->next)
		r = tell_one(program, tell, context, error);
	return r < 0 ? r : 0;
}
