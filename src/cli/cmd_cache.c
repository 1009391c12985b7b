/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope cache: images that were compiled before and are kept, to be listed and to be
 * removed. What it is and who trusts it is compile/cache.h's. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "compile/cache.h"
#include "model/format.h"
#include "run/report.h"

static void format_size(uint64_t bytes, struct buffer *out)
{
	format_rate((double)bytes, SKBSCOPE_DISPLAY_BYTES, out);
}

struct cache_settings {
	int action; /* enum action */
	struct output_settings output;
	struct talk_settings talk;
};

enum action { LIST, CLEAR };
static const char *const actions[] = { "list", "clear", NULL };

static int list_images(const struct cache_settings *settings, const char *directory)
{
	AUTO(cache_listing_clear) struct cache_listing listing = { 0 };
	AUTO(buffer_free) struct buffer size = { 0 };
	struct document document = answer_start(&settings->output);
	struct skbscope_error error = { 0 };

	if (cache_list(directory, &listing, &error) < 0)
		return report_error(&error, NULL, false);
	format_size(listing.bytes, &size);
	document_begin_object(&document, NULL);
	document_fact(&document, "directory", NULL, fact_text(directory));
	document_fact(&document, "bytes", NULL, fact_bytes(listing.bytes));
	document_say(&document, "%s: %zu image%s, %s\n", directory, listing.count,
		     listing.count == 1 ? "" : "s", buffer_text(&size));
	document_begin_list(&document, "images", "");
	for (size_t i = 0; i < listing.count; i++) {
		const char *path = listing.items[i].path;

		document_begin_object(&document, NULL);
		document_fact(&document, NULL, "PROGRAM", fact_text(*path ? path : "(damaged)"));
		document_fact(&document, "path", NULL, fact_known(*path, fact_text(path)));
		document_fact(&document, "bytes", ">SIZE", fact_bytes(listing.items[i].bytes));
		document_fact(&document, "used_ns", "LAST USED",
			      fact_time(listing.items[i].used_ns));
		document_end_object(&document);
	}
	document_end_list(&document);
	document_end_object(&document);
	return answer_end(&document);
}

static int clear_images(const struct cache_settings *settings, const char *directory)
{
	struct document document = answer_start(&settings->output);
	AUTO(buffer_free) struct buffer size = { 0 };
	struct skbscope_error error = { 0 };
	uint64_t bytes = 0;
	size_t removed = 0;

	if (cache_clear(directory, &removed, &bytes, &error) < 0)
		return report_error(&error, NULL, false);
	format_size(bytes, &size);
	document_begin_object(&document, NULL);
	document_fact(&document, "removed", NULL, fact_number(removed));
	document_fact(&document, "bytes", NULL, fact_bytes(bytes));
	document_end_object(&document);
	if (!settings->talk.quiet)
		report_say("removed %zu image%s, %s, from %s", removed, removed == 1 ? "" : "s",
			   buffer_text(&size), directory);
	return answer_end(&document);
}

static int run(const void *data)
{
	const struct cache_settings *settings = data;
	AUTO(buffer_free) struct buffer directory = { 0 };
	struct skbscope_error error = { 0 };
	int r = cache_directory_default(&directory);

	if (r < 0) {
		fail(&error, r, SKBSCOPE_STAGE_READ, "there is no cache: no home directory");
		return report_error(&error, NULL, false);
	}
	return settings->action == CLEAR ? clear_images(settings, buffer_text(&directory))
					 : list_images(settings, buffer_text(&directory));
}

const struct command command_cache = {
	.name = "cache",
	.summary = "list or remove the compiled programs that are kept",
	.examples = { "cache list" },
	.operands = { { .name = "list|clear", .choices = actions,
			MEMBER(struct cache_settings, action) } },
	.options = {
		{ &format_options, offsetof(struct cache_settings, output) },
		{ &talk_options, offsetof(struct cache_settings, talk) },
	},
	.settings_size = sizeof(struct cache_settings),
	.run = run,
};
