/* SPDX-License-Identifier: Apache-2.0 */
/* What a compilation depends on, with and without a compiler that waits. */
#include "program/warm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "compile/inputs.h"

static bool has(const struct skbscope_inputs *inputs, enum input_role role, const char *path)
{
	for (size_t i = 0; i < inputs->count; i++)
		if (inputs->items[i].users && inputs->items[i].role == role &&
		    strcmp(inputs->items[i].path, path) == 0)
			return true;
	return false;
}

static void put_file(const char *directory, const char *name, const char *text)
{
	char path[400];
	AUTO(fclosep) FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	if (!file || fputs(text, file) < 0)
		abort();
}

static void check_inputs(struct skbscope_compiler *compiler, const char *directory)
{
	struct skbscope_inputs *inputs = NULL;
	char program[400], header[400], missing[400];
	struct run run = { .compiler = compiler, .path = program, .inputs = &inputs };

	snprintf(program, sizeof(program), "%s/mine.c", directory);
	snprintf(header, sizeof(header), "%s/mine.h", directory);
	snprintf(missing, sizeof(missing), "%s/missing.h", directory);

	put_file(directory, "mine.h", "#define VERDICT 0\n");
	put_file(directory, "mine.c",
		 BEGIN
		 "#include \"mine.h\"\nint count(struct __sk_buff *skb) { return VERDICT; }\n");
	run_compile(&run);
	CHECK_NUMBER(run.code, 0);
	REQUIRE(inputs);
	CHECK(inputs->complete);
	CHECK(has(inputs, INPUT_PROGRAM, program));
	CHECK(has(inputs, INPUT_READ, header));
	inputs_freep(&inputs);

	/* Refused for what is in a header, and for one that is not there. */
	put_file(directory, "mine.h", "#define VERDICT absent\n");
	run_compile(&run);
	CHECK_NUMBER(run.code, -EINVAL);
	REQUIRE(inputs);
	CHECK(inputs->complete);
	CHECK(has(inputs, INPUT_READ, header));
	inputs_freep(&inputs);

	put_file(directory, "mine.h", "#include \"missing.h\"\n#include \"below/far.h\"\n");
	run_compile(&run);
	CHECK_NUMBER(run.code, -EINVAL);
	REQUIRE(inputs);
	CHECK(has(inputs, INPUT_READ, header));
	CHECK(has(inputs, INPUT_MISSED, missing));
	CHECK(!has(inputs, INPUT_READ, missing));
	inputs_freep(&inputs);

	/* A compiler that crashed could not say: the program alone. */
	put_file(
		directory, "mine.c",
		BEGIN
		"#include \"mine.h\"\n"
		"int count(struct __sk_buff *skb) { return (long)__builtin_return_address(1); }\n");
	put_file(directory, "mine.h", "");
	run_compile(&run);
	CHECK(run.code < 0);
	REQUIRE(inputs);
	CHECK(!inputs->complete);
	CHECK(has(inputs, INPUT_PROGRAM, program));
	inputs_freep(&inputs);
}

TEST(what_a_program_depends_on_is_told_when_it_is_refused_too)
{
	struct skbscope_compiler *compiler = warm_compiler();
	char directory[] = "/tmp/skbscope-test-warm-XXXXXX", path[400];

	REQUIRE(mkdtemp(directory) && chmod(directory, 0755) == 0);
	check_inputs(NULL, directory);
	check_inputs(compiler, directory);
	snprintf(path, sizeof(path), "%s/mine.c", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/mine.h", directory);
	unlink(path);
	CHECK(rmdir(directory) == 0);
	skbscope_compiler_free(compiler);
}
