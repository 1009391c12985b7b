/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs compiled with the precompiled header and without it: everything that comes of
 * them is the same, to the byte. Over those of test/net and a few that are bundled; with
 * SKBSCOPE_TEST_PROGRAMS over all of these, too, and those of the directory that it names.
 * precompiled_all.sh names one.
 */
#include "program/precompiled.h"

static struct {
	size_t programs, compiled, used;
} count;

static int compare(const char *path, const struct stat *status, int type, struct FTW *where)
{
	const struct skbscope_compile_options options = { .cache_directory = images };
	const char *dot = strrchr(path, '.');
	int code;

	(void)status;
	(void)where;
	if (type != FTW_F || !dot || strcmp(dot, ".c") != 0)
		return 0;
	count.used += compare_with(path, options, &code);
	count.programs++;
	count.compiled += code == 0;
	return 0;
}

TEST(programs_are_the_same_with_it_and_without_it)
{
	/* One that sends events, one that changes packets, one with counters per CPU. */
	static const char *const few[] = { "connections", "rate_limit", "services" };
	const char *more = getenv("SKBSCOPE_TEST_PROGRAMS");

	SKIP_UNLESS(make_and_keep(), "there is no precompiled header here");
	for (size_t i = 0; !more && i < sizeof(few) / sizeof(few[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), TEST_DIR "/../programs/%s.c", few[i]);
		CHECK_NUMBER(compare(path, NULL, FTW_F, NULL), 0);
	}
	if (more) {
		CHECK_NUMBER(nftw(TEST_DIR "/../programs", compare, 16, FTW_PHYS), 0);
		CHECK_NUMBER(nftw(more, compare, 16, FTW_PHYS), 0);
	}
	CHECK_NUMBER(nftw(TEST_DIR "/net/programs", compare, 16, FTW_PHYS), 0);
	printf("%zu programs, %zu compile, %zu with a precompiled header\n", count.programs,
	       count.compiled, count.used);
	CHECK(count.used * 2 > count.compiled);
}

TEST(what_comes_before_a_program_that_prints_does_not_matter)
{
	static const char *const texts[] = {
		"int f(struct __sk_buff *skb) { bpf_trace_printk(\"%d\", skb->len); return 0; }\n",
		"#define P(x) bpf_trace_printk(\"%d\", x)\n"
		"int f(struct __sk_buff *skb) { P(skb->len); return 0; }\n",
	};
	const struct skbscope_compile_options options = { .cache_directory = images,
							  .prints = true };
	char path[sizeof(home) + 16];

	SKIP_UNLESS(make_and_keep(), "there is no precompiled header here");
	snprintf(path, sizeof(path), "%s/prints.c", home);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO(fclosep) FILE *file = fopen(path, "we");
		int code;

		REQUIRE(file && fputs(texts[i], file) >= 0 && fflush(file) == 0);
		CHECK(compare_with(path, options, &code));
		CHECK_NUMBER(code, 0);
	}
}

/* By a compiler that was warm; another may not be so yet. */
static struct result compile_warm(struct skbscope_compiler *compiler, const char *path)
{
	struct result result = { 0 };
	int tries = 0;

	do {
		if (tries)
			usleep(50000);
		result_clear(&result);
		result = compile_by(compiler, path, (struct skbscope_compile_options){ 0 });
	} while (!result.times.warm && ++tries < 100);
	CHECK_NUMBER(result.times.warm, 1);
	return result;
}

/* Its first worker makes the header, those that follow are handed it. */
TEST(a_compiler_that_waits_has_its_own)
{
	static const char *const paths[] = { TEST_DIR "/../programs/packet_count.c",
					     TEST_DIR "/../programs/protocols.c",
					     TEST_DIR "/../programs/packet_count.c" };
	struct skbscope_compiler *compiler = NULL;
	struct skbscope_error error;

	SKIP_UNLESS(make_and_keep(), "there is no precompiled header here");
	REQUIRE(skbscope_compiler_new(&compiler, &error) == 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO(result_clear) struct result warm = { 0 };
		AUTO(result_clear) struct result cold = { 0 };

		warm = compile_warm(compiler, paths[i]);
		cold = compile_with(paths[i], (struct skbscope_compile_options){ 0 });
		CHECK_NUMBER(warm.code, 0);
		CHECK(warm.times.precompiled);
		CHECK(same_bytes(&warm.image, &cold.image) && same_bytes(&warm.said, &cold.said));
	}
	skbscope_compiler_free(compiler);
}
