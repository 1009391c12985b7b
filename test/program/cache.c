/* SPDX-License-Identifier: Apache-2.0 */
/* The cache around the real compiler: when it is asked again, and when it is not. */
#include "fixture.h"

#include "compile/inputs.h"
#include "home.h"
#include "image/image.h"

static char images[96];

static void fresh(void)
{
	home_make();
	snprintf(images, sizeof(images), "%s/images", home);
	write_text(in_home("own.h"), "#define OWN 23\n");
	if (mkdir(in_home("more"), 0755) < 0 || mkdir(in_home("last"), 0755) < 0)
		abort();
	write_text(in_home("last/far.h"), "#define FAR 1\n");
	write_text(in_home("program.c"), "/* program - a test */\n"
					 "#include <linux/types.h>\n"
					 "#warning look here\n"
					 "#include \"own.h\"\n"
					 "#include <far.h>\n"
					 "BPF_ARRAY(counts, u64, 1);\n"
					 "int observe(struct __sk_buff *skb) {\n"
					 "	int zero = 0;\n"
					 "	u64 *count = counts.lookup(&zero);\n"
					 "	if (count) *count += OWN + FAR;\n"
					 "	return -1;\n"
					 "}\n");
	settle();
}

struct outcome {
	int result;
	struct skbscope_compile_times times;
	struct buffer image; /* as bytes */
	size_t warnings, files, missing;
	char text[256]; /* of the first warning */
};

static void outcome_clear(struct outcome *outcome)
{
	buffer_free(&outcome->image);
}

/* As skbscope run would, in another process. */
static struct outcome compile_with(struct skbscope_compile_options options)
{
	const char *const directories[] = { in_home("more"), in_home("last") };
	struct outcome outcome = { .result = -1 };
	AUTO(inputs_freep) struct skbscope_inputs *inputs = NULL;
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_source *source;
	struct skbscope_image *image = NULL;
	struct skbscope_error error = { 0 };

	options.size = sizeof(options);
	options.cache_directory = options.cache_directory ? options.cache_directory : images;
	options.include_directories = directories;
	options.include_directory_count = 2;
	options.inputs = &inputs;
	if (skbscope_diagnostics_new(&diagnostics) < 0 ||
	    skbscope_source_read(in_home("program.c"), NULL, &source, &error) < 0)
		abort();
	outcome.result =
		skbscope_compile(source, &options, &image, &outcome.times, diagnostics, &error);
	outcome.warnings = skbscope_diagnostics_count(diagnostics);
	if (outcome.warnings)
		snprintf(outcome.text, sizeof(outcome.text), "%s",
			 skbscope_diagnostics_get(diagnostics, 0)->message);
	if (image && image_write(image, &outcome.image) < 0)
		abort();
	for (size_t i = 0; inputs && i < inputs->count; i++) {
		outcome.files += inputs->items[i].users && inputs->items[i].role != INPUT_MISSED;
		outcome.missing += inputs->items[i].users && inputs->items[i].role == INPUT_MISSED;
	}
	skbscope_image_free(image);
	skbscope_diagnostics_free(diagnostics);
	skbscope_source_free(source);
	return outcome;
}

static struct outcome compile(void)
{
	return compile_with((struct skbscope_compile_options){ 0 });
}

static bool cached(void)
{
	AUTO(outcome_clear) struct outcome outcome = compile();

	return outcome.result == 0 && outcome.times.cached && outcome.times.attempts == 0;
}

/* Compiled, not found; and the next time found. */
static bool compiled_once(void)
{
	AUTO(outcome_clear) struct outcome outcome = compile();

	return outcome.result == 0 && !outcome.times.cached && outcome.times.attempts > 0 &&
	       cached();
}

TEST(a_hit_is_what_the_compiler_made_and_said)
{
	AUTO(outcome_clear) struct outcome first = { 0 };
	AUTO(outcome_clear) struct outcome second = { 0 };

	fresh();
	first = compile();
	second = compile();
	REQUIRE(first.result == 0 && second.result == 0);
	CHECK(!first.times.cached);
	CHECK(second.times.cached);
	CHECK_NUMBER(second.times.attempts, 0);
	CHECK(!second.times.cache_trouble);
	REQUIRE(first.image.length && first.image.length == second.image.length);
	CHECK(memcmp(first.image.data, second.image.data, first.image.length) == 0);
	CHECK_NUMBER(first.warnings, 1);
	CHECK_NUMBER(second.warnings, 1);
	CHECK_TEXT(second.text, first.text);
	/* Whoever watches the files must know them after a hit, too. */
	CHECK(second.files >= 3);
	CHECK_NUMBER(second.files, first.files);
	CHECK_NUMBER(second.missing, first.missing);
}

TEST(an_edited_header_compiles_again)
{
	struct stat status;

	fresh();
	REQUIRE(compiled_once());
	/* As long, and as old, as it was. */
	REQUIRE(stat(in_home("own.h"), &status) == 0);
	write_text(in_home("own.h"), "#define OWN 24\n");
	REQUIRE(utimensat(AT_FDCWD, in_home("own.h"),
			  (struct timespec[]){ status.st_atim, status.st_mtim }, 0) == 0);
	settle();
	CHECK(compiled_once());
}

TEST(an_edited_program_compiles_again_and_back_is_found)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	fresh();
	REQUIRE(compiled_once());
	REQUIRE(read_file(in_home("program.c"), 1 << 16, &text) == 0);
	buffer_string(&text, "/* more */\n");
	write_text(in_home("program.c"), buffer_text(&text));
	CHECK(compiled_once());
	text.data[text.length - strlen("/* more */\n")] = '\0';
	write_text(in_home("program.c"), buffer_text(&text));
	CHECK(cached());
}

TEST(a_header_that_comes_to_stand_before_another_compiles_again)
{
	fresh();
	REQUIRE(compiled_once());
	/* Found so far in the second of two directories. */
	write_text(in_home("more/far.h"), "#define FAR 2\n");
	settle();
	CHECK(compiled_once());
	REQUIRE(unlink(in_home("more/far.h")) == 0);
	CHECK(compiled_once());
	/* Found so far in the header tree, in a folder that is nowhere else. */
	REQUIRE(mkdir(in_home("linux"), 0755) == 0);
	write_text(in_home("linux/types.h"), "#include <uapi/linux/types.h>\n");
	settle();
	CHECK(!cached());
}

TEST(a_header_that_disappears_fails_and_its_return_is_found)
{
	fresh();
	REQUIRE(compiled_once());
	REQUIRE(rename(in_home("own.h"), in_home("away.h")) == 0);
	{
		AUTO(outcome_clear) struct outcome outcome = compile();

		CHECK(outcome.result < 0);
		CHECK(!outcome.times.cached);
	}
	REQUIRE(rename(in_home("away.h"), in_home("own.h")) == 0);
	CHECK(cached());
}

TEST(other_flags_compile_again)
{
	static const char *const defines[] = { "MORE=1" };
	struct skbscope_compile_options options = { .defines = defines, .define_count = 1 };

	fresh();
	REQUIRE(compiled_once());
	{
		AUTO(outcome_clear) struct outcome outcome = compile_with(options);

		CHECK(outcome.result == 0 && !outcome.times.cached);
	}
	{
		AUTO(outcome_clear) struct outcome outcome = compile_with(options);

		CHECK(outcome.result == 0 && outcome.times.cached);
	}
	CHECK(cached());
}

TEST(types_of_the_kernel_are_found_again_without_making_them)
{
	fresh();
	write_text(in_home("program.c"), "#include <linux/skbuff.h>\n#include \"own.h\"\n"
					 "#include <far.h>\n"
					 "int observe(struct __sk_buff *skb) {\n"
					 "	return sizeof(struct sk_buff) == 1 ? OWN : -1;\n"
					 "}\n");
	{
		AUTO(outcome_clear) struct outcome outcome = compile();

		REQUIRE(outcome.result == 0);
		CHECK(!outcome.times.cached);
	}
	CHECK(cached());
	/* What the first attempt, which was refused, looked for counts as well. */
	write_text(in_home("more/far.h"), "#define FAR 2\n");
	settle();
	CHECK(!cached());
}

TEST(what_does_not_compile_is_not_kept)
{
	fresh();
	write_text(in_home("program.c"), "int observe(struct __sk_buff *skb) { return -1 }\n");
	for (int i = 0; i < 2; i++) {
		AUTO(outcome_clear) struct outcome outcome = compile();

		CHECK(outcome.result < 0);
		CHECK(!outcome.times.cached);
		CHECK_NUMBER(outcome.times.attempts, 1);
		CHECK(outcome.warnings > 0);
	}
}

TEST(a_cache_that_cannot_be_used_is_said_and_does_no_harm)
{
	static const char *const places[] = { "/dev/null", "/proc/nothing", "/sys/kernel" };

	fresh();
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		AUTO(outcome_clear)
		struct outcome outcome = compile_with(
			(struct skbscope_compile_options){ .cache_directory = places[i] });

		CHECK(outcome.result == 0);
		CHECK(!outcome.times.cached);
		CHECK(outcome.times.cache_trouble);
	}
}

TEST(a_hit_leaves_no_descriptor)
{
	int before;

	fresh();
	REQUIRE(compiled_once());
	before = fixture_descriptors();
	for (int i = 0; i < 3; i++)
		CHECK(cached());
	CHECK_NUMBER(fixture_descriptors(), before);
}
