/* SPDX-License-Identifier: Apache-2.0 */
/* A cache of a test's own with a precompiled header in it, and all that comes of one
 * compilation as text and bytes. */
#ifndef TEST_PROGRAM_PRECOMPILED_H
#define TEST_PROGRAM_PRECOMPILED_H

#include "harness.h"

#include <skbscope/compile.h>

#include "compile/cache.h"
#include "compile/precompiled.h"
#include "home.h"
#include "image/image.h"

static char images[96];

static inline void make_home(void)
{
	home_make();
	snprintf(images, sizeof(images), "%s/images", home);
}

/* False where there is none to be had; the reason is said. */
static inline bool make_and_keep(void)
{
	AUTO(precompiled_clear) struct precompiled made = PRECOMPILED_INIT;
	struct skbscope_error error = { 0 };

	if (!home[0])
		make_home();
	if (precompiled_make(&made, &error) < 0) {
		printf("no precompiled header: %s\n", error.message);
		return false;
	}
	return precompiled_store(images, &made) == 0;
}

struct result {
	int code;
	struct skbscope_compile_times times;
	struct buffer image, said;
};

static inline void result_clear(struct result *result)
{
	buffer_free(&result->image);
	buffer_free(&result->said);
}

static inline void put_words(const struct skbscope_diagnostics *diagnostics,
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
static inline void forget_addresses(struct buffer *text)
{
	char *at = text->data;

	while (at && (at = strstr(at, "0x"))) {
		const size_t digits = strspn(at += 2, "0123456789abcdef");

		if (digits > 8)
			memset(at, '#', digits);
	}
}

static inline struct result compile_by(struct skbscope_compiler *compiler, const char *path,
				       struct skbscope_compile_options options)
{
	struct result result = { .code = -1 };
	struct skbscope_diagnostics *diagnostics = NULL;
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;
	struct skbscope_error error = { 0 };

	options.size = sizeof(options);
	options.anew = true;
	if (skbscope_diagnostics_new(&diagnostics) < 0)
		abort();
	result.code = skbscope_source_read(path, NULL, &source, &error);
	if (result.code == 0)
		result.code = skbscope_compiler_compile(compiler, source, &options, &image,
							&result.times, diagnostics, &error);
	if (image && image_write(image, &result.image) < 0)
		abort();
	put_words(diagnostics, &error, &result.said);
	forget_addresses(&result.said);
	skbscope_image_free(image);
	skbscope_source_free(source);
	skbscope_diagnostics_free(diagnostics);
	return result;
}

static inline struct result compile_with(const char *path, struct skbscope_compile_options options)
{
	return compile_by(NULL, path, options);
}

static inline bool same_bytes(const struct buffer *a, const struct buffer *b)
{
	return a->length == b->length && memcmp(buffer_text(a), buffer_text(b), a->length) == 0;
}

/* Compiles it with that cache, and holds that to what it is without; whether a precompiled
 * header was used. */
static inline bool compare_to(const struct result *without, const char *path,
			      struct skbscope_compile_options options)
{
	AUTO(result_clear) struct result with = { 0 };
	bool same;

	with = compile_with(path, options);
	CHECK(!without->times.precompiled);
	CHECK_NUMBER(with.code, without->code);
	CHECK_NUMBER(with.times.attempts, without->times.attempts);
	same = same_bytes(&with.image, &without->image) && same_bytes(&with.said, &without->said);
	CHECK(same);
	if (!same)
		printf("%s: image %zu, %zu bytes\n--- with\n%s\n--- without\n%s\n", path,
		       with.image.length, without->image.length, buffer_text(&with.said),
		       buffer_text(&without->said));
	return with.times.precompiled;
}

/* The same, without it compiled here. */
static inline bool compare_with(const char *path, struct skbscope_compile_options options,
				int *code)
{
	AUTO(result_clear) struct result without = { 0 };
	const char *directory = options.cache_directory;

	options.cache_directory = NULL;
	without = compile_with(path, options);
	*code = without.code;
	options.cache_directory = directory;
	return compare_to(&without, path, options);
}

#endif
