/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/surroundings.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/span.h"
#include "compile/headers.h"
#include "compile/kernel_types.h"
#include "compile/request_build.h"
#include "compile/worker_client.h"

#define STAGE SKBSCOPE_STAGE_WORKER
#define TYPES "SKBSCOPE_KERNEL_TYPES"

void surroundings_clear(struct surroundings *surroundings)
{
	arena_free(surroundings->arena);
	*surroundings = (struct surroundings){ 0 };
}

/* Arguments of "clang -cc1" that its driver takes as well, by what they begin with; those that
 * end there have a value, in the same argument or the next. */
static const struct {
	const char *begin;
	bool has_value, is_path;
} kept[] = {
	{ "-include", true, true },
	{ "-isystem", true, true },
	{ "-I", true, true },
	{ "-D", true, false },
	{ "-U", true, false },
	{ "-W", false, false },
	{ "-fms-extensions", false, false },
};
#define KEPT (sizeof(kept) / sizeof(kept[0]))

/* Others that it knows by another name; NULL: the value behind it goes along. */
static const struct {
	const char *argument, *flag;
} renamed[] = {
	{ "-triple", "-target" },
	{ "-nostdsysteminc", "-nostdlibinc" },
	{ "-nobuiltininc", "-nobuiltininc" },
	{ "-internal-isystem", "-isystem" },
};
#define RENAMED (sizeof(renamed) / sizeof(renamed[0]))

struct reading {
	struct surroundings *out;
	const char *tree; /* that names are relative to */
	const char *end;
};

static void add(struct reading *reading, const char *flag)
{
	reading->out->flags[reading->out->flag_count++] = flag;
}

static const char *absolute(const struct reading *reading, const char *path)
{
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (path[0] == '/')
		return path;
	return strcmp(path, ".") == 0
		       ? reading->tree
		       : arena_printf(reading->out->arena, "%s/%s", reading->tree, path);
}

/* The argument behind the one at AT, of the same kind of entry; "" at the end. */
static const char *next_argument(const struct reading *reading, const char *at)
{
	at += strlen(at) + 1;
	return at < reading->end && *at == SURROUNDINGS_ARGUMENT ? at + 1 : "";
}

static void take_argument(struct reading *reading, const char *argument)
{
	for (size_t i = 0; i < RENAMED; i++) {
		if (strcmp(argument, renamed[i].argument) != 0)
			continue;
		add(reading, renamed[i].flag);
		if (strncmp(argument, "-no", 3) != 0)
			add(reading, next_argument(reading, argument));
		return;
	}
	for (size_t i = 0; i < KEPT; i++) {
		const size_t length = strlen(kept[i].begin);

		if (strncmp(argument, kept[i].begin, length) != 0)
			continue;
		add(reading, kept[i].has_value ? kept[i].begin : argument);
		if (kept[i].has_value) {
			const char *value = argument[length] ? argument + length
							     : next_argument(reading, argument);

			add(reading, kept[i].is_path ? absolute(reading, value) : value);
		}
		return;
	}
}

/* It comes from a process that ran strangers' programs before: none of its names leads out of
 * where they are written to. */
static bool is_name(const char *name)
{
	return strncmp(name, SURROUNDINGS_NAMES, strlen(SURROUNDINGS_NAMES)) == 0 &&
	       !strstr(name, "/../") && !strstr(name, "//") && name[strlen(name) - 1] != '/' &&
	       strlen(name) < 256 && strcmp(name + strlen(name) - 2, "..") != 0;
}

static void add_header(struct reading *reading, const char *name, const char *text)
{
	reading->out->headers[reading->out->header_count++] =
		(struct surroundings_file){ name, text };
}

static int read_entries(struct reading *reading, const char *at)
{
	const char *name = NULL;

	for (; at < reading->end; at += strlen(at) + 1)
		switch (*at) {
		case SURROUNDINGS_ARGUMENT:
			take_argument(reading, at + 1);
			break;
		case SURROUNDINGS_HEADER:
			name = at + 1;
			if (!is_name(name))
				return -EBADMSG;
			break;
		case SURROUNDINGS_TEXT:
			if (!name)
				return -EBADMSG;
			add_header(reading, name, at + 1);
			name = NULL;
			break;
		default:
			return -EBADMSG;
		}
	return 0;
}

int surroundings_read(const char *entries, size_t length, const char *tree,
		      struct surroundings *out, struct skbscope_error *error)
{
	const bool ends = length && entries[length - 1] == '\0';
	struct reading reading = { .out = out };
	const char *copy;
	size_t count = 0;

	out->arena = arena_new();
	if (!out->arena)
		return fail_memory(error, STAGE);
	reading.tree = arena_string(out->arena, tree);
	copy = arena_copy(out->arena, entries, length, 1);
	for (size_t i = 0; copy && i < length; i++)
		count += !copy[i];
	out->flags = ARENA_ARRAY(out->arena, const char *, 2 * count + 2);
	out->headers = ARENA_ARRAY(out->arena, struct surroundings_file, count + 1);
	if (arena_failed(out->arena))
		return fail_memory(error, STAGE);
	reading.end = copy + length;
	if (!ends || read_entries(&reading, copy) < 0)
		return fail(error, EBADMSG, STAGE,
			    "the compiler process returned a damaged answer");
	return 0;
}

static int read_answer(const struct worker_result *result, const char *tree,
		       struct surroundings *out, struct skbscope_error *error)
{
	struct answer answer;

	if (answer_read(result->answer.data, result->answer.length, &answer) < 0)
		return fail(error, EBADMSG, STAGE,
			    "the compiler process returned a truncated answer");
	return surroundings_read(answer.image, answer.header.image_length, tree, out, error);
}

static int add_types(struct surroundings *out, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer types = { 0 };
	struct reading reading = { .out = out };
	int r = kernel_types_generate(&types, error);

	if (r < 0)
		return r;
	add_header(&reading, SURROUNDINGS_TYPES, arena_string(out->arena, buffer_text(&types)));
	/* The tree's headers include it by this name. */
	add(&reading, "-D");
	add(&reading, TYPES "=\"" SURROUNDINGS_TYPES "\"");
	return 0;
}

static int run(struct request_build *build, struct worker_result *result,
	       struct skbscope_error *error)
{
	const struct worker_limits limits = { .timeout_ms = WORKER_TIMEOUT_MS };
	const char *why;
	int r;

	build->request.surroundings = true;
	r = worker_run(&build->request, &limits, result, error);
	if (r < 0 || (result->end == WORKER_EXITED && result->status == WORKER_DONE))
		return r;
	why = buffer_text(&result->log);
	return fail(error, ENOTSUP, STAGE, "the compiler does not say what it compiles with: %.*s",
		    (int)strcspn(why, "\n"), *why ? why : "it ended without a word");
}

int surroundings_ask(const char *directory, const struct skbscope_compile_options *options,
		     bool kernel_types, struct surroundings *out, struct skbscope_error *error)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	AUTO(request_build_clear) struct request_build build = { 0 };
	AUTO(worker_result_clear) struct worker_result result = { 0 };
	const struct skbscope_source none = {
		.path = "none.c", .name = "none", .comment = "", .text = "", .directory = directory
	};
	int r = request_check_defines(options, error);

	if (r == 0)
		r = headers_find(options->headers, options->headers_directory, &tree, error);
	if (r == 0)
		r = request_build(&build, &none, options, &tree, error);
	if (r == 0)
		r = run(&build, &result, error);
	if (r < 0)
		return r;
	r = read_answer(&result, tree.path, out, error);
	if (r == 0 && kernel_types)
		r = add_types(out, error);
	if (r == 0 && arena_failed(out->arena))
		r = fail_memory(error, STAGE);
	if (r < 0)
		surroundings_clear(out);
	return r;
}
