/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as a program's source, and what is said about everything else. */
#include "harness.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skbscope/source.h>

static char folder[] = "/tmp/skbscope-source-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const void *data, size_t length)
{
	FILE *file = fopen(in_folder(name), "w");

	if (!file || fwrite(data, 1, length, file) != length || fclose(file) != 0)
		abort();
}

static void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

__attribute__((constructor(65000))) static void make_folder(void)
{
	if (!mkdtemp(folder))
		abort();
}

__attribute__((destructor)) static void remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", folder);
}

static int refused(const char *program, const char *search_path, struct skbscope_error *error)
{
	struct skbscope_source *source = NULL;
	int r = skbscope_source_read(program, search_path, &source, error);

	CHECK(r < 0);
	CHECK(source == NULL);
	CHECK_NUMBER(error->code, r);
	CHECK_NUMBER(error->stage, SKBSCOPE_STAGE_READ);
	skbscope_source_free(source);
	return r;
}

static const char *const program =
	"/* SPDX-License-Identifier: Apache-2.0 */\n"
	"/*\n * flows - who talks to whom?\n *\n * @ingress observe\n */\n"
	"int observe(struct __sk_buff *skb) { return 0; }\n";

TEST(a_path_is_read_with_its_name_directory_and_documentation)
{
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };

	write_text("flows.c", program);
	REQUIRE(skbscope_source_read(in_folder("flows.c"), NULL, &source, &error) == 0);
	CHECK_TEXT(source->path, in_folder("flows.c"));
	CHECK_TEXT(source->directory, folder);
	CHECK_TEXT(source->name, "flows");
	CHECK_TEXT(source->text, program);
	CHECK_NUMBER(source->length, strlen(program));
	CHECK_TEXT(source->documentation.summary, "who talks to whom?");
	CHECK_TEXT(source->documentation.ingress, "observe");
	skbscope_source_free(source);
}

TEST(a_bare_name_is_looked_for_in_every_directory_of_the_search_path)
{
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };
	char path[256];

	write_text("flows.c", program);
	snprintf(path, sizeof(path), "/nonexistent::%s:/tmp", folder);
	REQUIRE(skbscope_source_read("flows", path, &source, &error) == 0);
	CHECK_TEXT(source->path, in_folder("flows.c"));
	skbscope_source_free(source);
}

TEST(a_misspelt_name_gets_the_near_one)
{
	struct skbscope_error error = { 0 };

	write_text("packet_count.c", program);
	CHECK_NUMBER(refused("pakcet_count", folder, &error), -ENOENT);
	CHECK_CONTAINS(error.message, "pakcet_count");
	CHECK_CONTAINS(error.hint, "'packet_count'");
}

TEST(a_misspelt_path_gets_the_near_file)
{
	struct skbscope_error error = { 0 };

	write_text("packet_count.c", program);
	CHECK_NUMBER(refused(in_folder("packet_cont.c"), NULL, &error), -ENOENT);
	CHECK_CONTAINS(error.hint, in_folder("packet_count.c"));
}

TEST(a_bundled_program_that_is_asked_for_as_a_file_is_told_by_name)
{
	struct skbscope_error error = { 0 };

	write_text("packet_count.c", program);
	refused("packet_count.c", folder, &error);
	CHECK_CONTAINS(error.hint, "write 'packet_count'");
}

TEST(a_name_like_nothing_points_to_list)
{
	struct skbscope_error error = { 0 };

	refused("zzzzzzzzzzzz", folder, &error);
	CHECK_CONTAINS(error.hint, "skbscope list");
}

TEST(a_directory_is_no_program)
{
	struct skbscope_error error = { 0 };

	CHECK_NUMBER(refused(in_folder("."), NULL, &error), -EISDIR);
	CHECK_CONTAINS(error.message, "directory");
}

TEST(a_device_is_no_program)
{
	struct skbscope_error error = { 0 };

	CHECK_NUMBER(refused("/dev/zero", NULL, &error), -EINVAL);
}

TEST(a_fifo_without_a_writer_does_not_hold_us)
{
	struct skbscope_error error = { 0 };

	REQUIRE(mkfifo(in_folder("fifo.c"), 0600) == 0);
	refused(in_folder("fifo.c"), NULL, &error);
	CHECK_CONTAINS(error.message, "empty");
}

TEST(an_empty_file_is_no_program)
{
	struct skbscope_error error = { 0 };

	write_text("empty.c", "");
	refused(in_folder("empty.c"), NULL, &error);
	CHECK_CONTAINS(error.message, "empty");
	write_text("blank.c", " \n\t\n");
	refused(in_folder("blank.c"), NULL, &error);
	CHECK_CONTAINS(error.message, "empty");
}

TEST(binary_junk_is_no_program)
{
	struct skbscope_error error = { 0 };

	write_file("junk.c", "int x;\0int y;", 13);
	refused(in_folder("junk.c"), NULL, &error);
	CHECK_CONTAINS(error.message, "binary");
	write_text("controls.c", "\1\2\3\4\5\6\7\16\17\20 junk");
	refused(in_folder("controls.c"), NULL, &error);
	CHECK_CONTAINS(error.message, "binary");
}

TEST(an_object_file_is_told_from_source)
{
	struct skbscope_error error = { 0 };

	refused("/proc/self/exe", NULL, &error); /* larger than the limit, or ELF */
	write_file("object.c", "\177ELF\2\1\1\0", 8);
	refused(in_folder("object.c"), NULL, &error);
	CHECK_CONTAINS(error.hint, "ELF");
}

TEST(utf16_is_named_and_latin1_is_accepted)
{
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };

	write_file("wide.c", "\377\376i\0n\0t\0", 8);
	refused(in_folder("wide.c"), NULL, &error);
	CHECK_CONTAINS(error.hint, "UTF-8");
	write_text("latin1.c", "/* caf\351 */ int f(struct __sk_buff *skb);\n");
	CHECK_NUMBER(skbscope_source_read(in_folder("latin1.c"), NULL, &source, &error), 0);
	skbscope_source_free(source);
}

TEST(a_mebibyte_is_read_and_one_byte_more_is_not)
{
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };
	char *text = malloc(SKBSCOPE_SOURCE_MAX + 1);

	REQUIRE(text);
	memset(text, '\n', SKBSCOPE_SOURCE_MAX + 1);
	text[0] = ';';
	write_file("most.c", text, SKBSCOPE_SOURCE_MAX);
	CHECK_NUMBER(skbscope_source_read(in_folder("most.c"), NULL, &source, &error), 0);
	skbscope_source_free(source);
	write_file("more.c", text, SKBSCOPE_SOURCE_MAX + 1);
	CHECK_NUMBER(refused(in_folder("more.c"), NULL, &error), -EFBIG);
	CHECK_CONTAINS(error.message, "1024 KiB");
	free(text);
}

TEST(a_tag_that_makes_no_sense_names_the_file)
{
	struct skbscope_error error = { 0 };

	write_text("tags.c", "/*\n * t - tags\n *\n * @tail nonsense\n */\nint f(void);\n");
	refused(in_folder("tags.c"), NULL, &error);
	CHECK_CONTAINS(error.message, in_folder("tags.c"));
}

TEST(text_in_memory_is_copied)
{
	struct skbscope_source *source = NULL;
	char text[] = "int f(void);", path[] = "x.c";

	REQUIRE(skbscope_source_from_text(path, text, strlen(text), &source, NULL) == 0);
	memset(text, '#', sizeof(text) - 1);
	path[0] = '#';
	CHECK_TEXT(source->text, "int f(void);");
	CHECK_TEXT(source->path, "x.c");
	CHECK_TEXT(source->directory, ".");
	CHECK_TEXT(source->documentation.summary, "");
	skbscope_source_free(source);
}

TEST(the_signature_of_utf8_is_no_part_of_the_program)
{
	static const char text[] = "\357\273\277int f;\n";
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };

	REQUIRE(skbscope_source_from_text("a.c", text, strlen(text), &source, &error) == 0);
	CHECK_TEXT(source->text, "int f;\n");
	skbscope_source_free(source);
	CHECK(skbscope_source_from_text("a.c", text, 3, &source, &error) < 0);
	CHECK_CONTAINS(error.message, "empty");
}
