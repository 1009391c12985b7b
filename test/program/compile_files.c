/* SPDX-License-Identifier: Apache-2.0 */
/* What a compilation depends on, with and without a compiler that waits. */
#include "program/warm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static bool has(const char *const *names, size_t count, const char *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], wanted) == 0)
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

static void check_files(struct skbscope_compiler *compiler, const char *directory)
{
	struct skbscope_compile_files *files = NULL;
	char program[400], header[400], missing[400];
	struct run run = { .compiler = compiler, .path = program, .files = &files };

	snprintf(program, sizeof(program), "%s/mine.c", directory);
	snprintf(header, sizeof(header), "%s/mine.h", directory);
	snprintf(missing, sizeof(missing), "%s/missing.h", directory);

	put_file(directory, "mine.h", "#define VERDICT 0\n");
	put_file(directory, "mine.c",
		 BEGIN
		 "#include \"mine.h\"\nint count(struct __sk_buff *skb) { return VERDICT; }\n");
	run_compile(&run);
	CHECK_NUMBER(run.code, 0);
	REQUIRE(files);
	CHECK(files->complete);
	CHECK_NUMBER(files->file_count, 2);
	CHECK_TEXT(files->files[0], program);
	CHECK(has(files->files, files->file_count, header));
	CHECK_NUMBER(files->directory_count, 1);
	CHECK_TEXT(files->directories[0], directory);
	skbscope_compile_files_free(files);

	/* Refused for what is in a header, and for one that is not there. */
	put_file(directory, "mine.h", "#define VERDICT absent\n");
	run_compile(&run);
	CHECK_NUMBER(run.code, -EINVAL);
	REQUIRE(files);
	CHECK(files->complete);
	CHECK(has(files->files, files->file_count, header));
	skbscope_compile_files_free(files);

	put_file(directory, "mine.h", "#include \"missing.h\"\n#include \"below/far.h\"\n");
	run_compile(&run);
	CHECK_NUMBER(run.code, -EINVAL);
	REQUIRE(files);
	CHECK(has(files->files, files->file_count, header));
	CHECK(has(files->missing, files->missing_count, missing));
	CHECK(!has(files->files, files->file_count, missing));
	CHECK_NUMBER(files->directory_count, 1);
	skbscope_compile_files_free(files);

	/* A compiler that crashed could not say: the program alone. */
	put_file(
		directory, "mine.c",
		BEGIN
		"#include \"mine.h\"\n"
		"int count(struct __sk_buff *skb) { return (long)__builtin_return_address(1); }\n");
	put_file(directory, "mine.h", "");
	run_compile(&run);
	CHECK(run.code < 0);
	REQUIRE(files);
	CHECK(!files->complete);
	CHECK_NUMBER(files->file_count, 1);
	CHECK_TEXT(files->files[0], program);
	skbscope_compile_files_free(files);
}

TEST(what_a_program_depends_on_is_told_when_it_is_refused_too)
{
	struct skbscope_compiler *compiler = warm_compiler();
	char directory[] = "/tmp/skbscope-test-warm-XXXXXX", path[400];

	REQUIRE(mkdtemp(directory) && chmod(directory, 0755) == 0);
	check_files(NULL, directory);
	check_files(compiler, directory);
	snprintf(path, sizeof(path), "%s/mine.c", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/mine.h", directory);
	unlink(path);
	CHECK(rmdir(directory) == 0);
	skbscope_compiler_free(compiler);
}
