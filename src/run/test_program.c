/* SPDX-License-Identifier: Apache-2.0 */
#include "run/test_program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "run/report.h"
#include "run/test_paths.h"
#include "source/source.h"

static const char *program_path(const struct test_programs *programs, const char *file,
				const char *name, struct arena *arena)
{
	AUTO(buffer_free) struct buffer path = { 0 };

	if (!source_is_path(name))
		return name;
	if (programs->directory && name[0] != '/')
		buffer_printf(&path, "%s/%s", programs->directory, name);
	else
		test_beside(file, name, &path);
	/* "mine.c" beside a file that is named without a directory is a path as well. */
	return arena_string(arena, buffer_text(&path));
}

/* What the command line says, and then what the test does. */
static struct list joined(const struct list *asked, const struct test_words *words,
			  struct arena *arena)
{
	struct list list = { ARENA_ARRAY(arena, const char *, asked->count + words->count),
			     asked->count + words->count };

	for (size_t i = 0; list.items && i < list.count; i++)
		list.items[i] = i < asked->count ? asked->items[i] : words->items[i - asked->count];
	return list;
}

static int compile(struct test_programs *programs, const char *file, const struct test_case *test,
		   struct test_program *out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct compile_with with = { programs->compiler, programs->cancel_fd };
	struct compile_settings settings = *programs->settings;
	const char *path;
	int r;

	if (!arena)
		return fail_memory(&out->error, SKBSCOPE_STAGE_READ);
	path = program_path(programs, file, test->program, arena);
	settings.with = joined(&settings.with, &test->with, arena);
	for (size_t i = settings.with.count - test->with.count;
	     settings.with.items && i < settings.with.count; i++)
		settings.with.items[i] =
			program_path(programs, file, settings.with.items[i], arena);
	settings.defines = joined(&settings.defines, &test->defines, arena);
	if (!path || arena_failed(arena))
		return fail_memory(&out->error, SKBSCOPE_STAGE_READ);
	if (programs->compiler && programs->rests_later)
		skbscope_compiler_rest(programs->compiler);
	r = program_read(&settings, path, &out->program, &out->error);
	if (r == 0)
		r = program_compile(&settings, &with, &out->program, &out->error);
	if (r < 0 || out->program.times.cached || programs->rests_later)
		return r;
	/* Where there is one more, it need not wait for LLVM. */
	if (!programs->compiler)
		skbscope_compiler_new(&programs->compiler, NULL);
	else
		skbscope_compiler_rest(programs->compiler);
	return 0;
}

static void add_file(const char *file, const char *name, struct buffer *out)
{
	if (source_is_path(name))
		test_beside(file, name, out);
	else
		buffer_string(out, name);
	buffer_string(out, "\n");
}

static void asked_text(const char *file, const struct test_case *test, struct buffer *out)
{
	add_file(file, test->program, out);
	for (size_t i = 0; i < test->with.count; i++)
		add_file(file, test->with.items[i], out);
	for (size_t i = 0; i < test->defines.count; i++)
		buffer_printf(out, "=%s\n", test->defines.items[i]);
}

struct test_program *test_program_find(const struct test_programs *programs, const char *file,
				       const struct test_case *test)
{
	AUTO(buffer_free) struct buffer asked = { 0 };
	struct test_program *program;

	asked_text(file, test, &asked);
	for (program = programs->list; program && !asked.failed; program = program->next)
		if (strcmp(program->asked, buffer_text(&asked)) == 0)
			return program;
	return NULL;
}

static void test_program_free(struct test_program *program)
{
	test_sessions_close(&program->sessions);
	program_clear(&program->program);
	free(program->asked);
	free(program);
}

/* The first line of what was asked for. */
static struct input_identity identity_of(const struct test_program *program)
{
	AUTO(freep) char *path = strndup(program->asked, strcspn(program->asked, "\n"));

	return path ? input_identify(path) : (struct input_identity){ 0 };
}

/* Of one that could not be read, or whose compiler did not say what it had read, the file alone
 * counts. */
bool test_program_has_changed(const struct test_program *program)
{
	struct input_identity now;

	if (program->result == -ECANCELED)
		return true;
	if (program->program.inputs && program->program.inputs->complete)
		return !inputs_look(program->program.inputs).same;
	now = identity_of(program);
	return memcmp(&now, &program->identity, sizeof(now)) != 0;
}

void test_programs_forget_changed(struct test_programs *programs)
{
	for (struct test_program **at = &programs->list; *at;) {
		struct test_program *program = *at;

		if (!test_program_has_changed(program)) {
			at = &program->next;
			continue;
		}
		*at = program->next;
		test_program_free(program);
	}
}

struct test_program *test_program_get(struct test_programs *programs, const char *file,
				      const struct test_case *test)
{
	AUTO(buffer_free) struct buffer asked = { 0 };
	struct test_program *program = test_program_find(programs, file, test);

	if (program)
		return program;
	asked_text(file, test, &asked);
	program = calloc(1, sizeof(*program));
	if (!program)
		return NULL;
	program->asked = asked.failed ? NULL : strdup(buffer_text(&asked));
	if (!program->asked) {
		free(program);
		return NULL;
	}
	program->identity = identity_of(program);
	program->result = compile(programs, file, test, program);
	if (program->result == 0 && !programs->talk->quiet)
		report_diagnostics(program->program.diagnostics, programs->talk->verbose);
	program->next = programs->list;
	programs->list = program;
	return program;
}

void test_programs_clear(struct test_programs *programs)
{
	while (programs->list) {
		struct test_program *program = programs->list;

		programs->list = program->next;
		test_program_free(program);
	}
}

void test_programs_close(struct test_programs *programs)
{
	test_programs_clear(programs);
	skbscope_compiler_free(programs->compiler);
	programs->compiler = NULL;
}
