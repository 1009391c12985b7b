/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs compiled with the precompiled header and without it: everything that comes of
 * them is the same, to the byte. Over every program that is here, and those of a
 * directory named in SKBSCOPE_TEST_PROGRAMS.
 */
#include "program/warm.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/private_dir.h"
#include "compile/cache.h"
#include "compile/precompiled.h"
#include "image/image.h"

static char home[64], images[96];

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static void remove_home(void)
{
	nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_home(void)
{
	snprintf(home, sizeof(home), "/tmp/skbscope-precompiled-XXXXXX");
	if (home[0] && !mkdtemp(home))
		abort();
	atexit(remove_home);
	snprintf(images, sizeof(images), "%s/images", home);
}

TEST(the_header_can_be_made_and_kept)
{
	AUTO(precompiled_clear) struct precompiled made = PRECOMPILED_INIT;
	AUTO(precompiled_clear) struct precompiled found = PRECOMPILED_INIT;
	struct skbscope_error error = { 0 };
	int r;

	make_home();
	r = precompiled_make(&made, &error);
	SKIP_UNLESS(r != -ENOTSUP, error.message);
	REQUIRE(r == 0);
	CHECK(precompiled_holds(&made));
	CHECK(!precompiled_is_stored(images));
	CHECK_NUMBER(precompiled_store(images, &made), 0);
	CHECK(precompiled_is_stored(images));
	CHECK(precompiled_load(images, &found));
	CHECK(precompiled_holds(&found));
}

struct result {
	int code;
	struct skbscope_compile_times times;
	struct buffer image, said;
};

static void result_clear(struct result *result)
{
	buffer_free(&result->image);
	buffer_free(&result->said);
}

static void put_words(const struct skbscope_diagnostics *diagnostics,
		      const struct skbscope_error *error, struct buffer *out)
{
	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++) {
		const struct skbscope_diagnostic *entry = skbscope_diagnostics_get(diagnostics, i);

		buffer_printf(out, "%s:%u:%u: %d %s\n%s\n%s\n", entry->file ? entry->file : "",
			      entry->line, entry->column, (int)entry->severity, entry->message,
			      entry->source ? entry->source : "", entry->hint ? entry->hint : "");
	}
	buffer_printf(out, "%s\n%s\n%s", error->message, error->hint,
		      skbscope_diagnostics_log(diagnostics));
}

/* LLVM says where in its memory an operand was. */
static void forget_addresses(struct buffer *text)
{
	char *at = text->data;

	while (at && (at = strstr(at, "0x"))) {
		const size_t digits = strspn(at += 2, "0123456789abcdef");

		if (digits > 8)
			memset(at, '#', digits);
	}
}

static struct result compile(const char *path, const char *cache)
{
	const struct skbscope_compile_options options = { .size = sizeof(options),
							  .cache_directory = cache,
							  .anew = true };
	struct result result = { .code = -1 };
	struct skbscope_diagnostics *diagnostics = NULL;
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;
	struct skbscope_error error = { 0 };

	if (skbscope_diagnostics_new(&diagnostics) < 0)
		abort();
	result.code = skbscope_source_read(path, NULL, &source, &error);
	if (result.code == 0)
		result.code = skbscope_compile(source, &options, &image, &result.times, diagnostics,
					       &error);
	if (image && image_write(image, &result.image) < 0)
		abort();
	put_words(diagnostics, &error, &result.said);
	forget_addresses(&result.said);
	skbscope_image_free(image);
	skbscope_source_free(source);
	skbscope_diagnostics_free(diagnostics);
	return result;
}

static struct {
	size_t programs, compiled, used;
} count;

static bool same_bytes(const struct buffer *a, const struct buffer *b)
{
	return a->length == b->length && memcmp(buffer_text(a), buffer_text(b), a->length) == 0;
}

static int compare(const char *path, const struct stat *status, int type, struct FTW *where)
{
	AUTO(result_clear) struct result with = { 0 };
	AUTO(result_clear) struct result without = { 0 };
	const char *dot = strrchr(path, '.');

	(void)status;
	(void)where;
	if (type != FTW_F || !dot || strcmp(dot, ".c") != 0)
		return 0;
	with = compile(path, images);
	without = compile(path, NULL);
	count.programs++;
	count.compiled += without.code == 0;
	count.used += with.times.precompiled;
	CHECK(!without.times.precompiled);
	CHECK_NUMBER(with.code, without.code);
	CHECK_NUMBER(with.times.attempts, without.times.attempts);
	if (!same_bytes(&with.image, &without.image) || !same_bytes(&with.said, &without.said)) {
		printf("%s: image %zu, %zu bytes\n--- with\n%s\n--- without\n%s\n", path,
		       with.image.length, without.image.length, buffer_text(&with.said),
		       buffer_text(&without.said));
		CHECK(!"the same with and without");
	}
	return 0;
}

static void compare_all(const char *directory)
{
	CHECK_NUMBER(nftw(directory, compare, 16, FTW_PHYS), 0);
}

TEST(programs_are_the_same_with_it_and_without_it)
{
	const char *more = getenv("SKBSCOPE_TEST_PROGRAMS");

	SKIP_UNLESS(precompiled_is_stored(images), "there is no precompiled header here");
	compare_all(TEST_DIR "/../programs");
	if (more)
		compare_all(more);
	printf("%zu programs, %zu compile, %zu with a precompiled header\n", count.programs,
	       count.compiled, count.used);
	CHECK(count.used * 2 > count.compiled);
}
