/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope cache: what was compiled before and is kept, for people to see and to
 * throw away. What it is and who trusts it is compile/cache.h's. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/listing.h"
#include "compile/cache.h"
#include "run/report.h"

static void used_text(uint64_t used_ns, char *out, size_t size)
{
	time_t seconds = (time_t)(used_ns / 1000000000u);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(out, size, "-");
}

static void size_text(uint64_t bytes, char *out, size_t size)
{
	if (bytes < 1024)
		snprintf(out, size, "%" PRIu64 " B", bytes);
	else if (bytes < 1024 * 1024)
		snprintf(out, size, "%.1f KiB", (double)bytes / 1024);
	else
		snprintf(out, size, "%.1f MiB", (double)bytes / (1024 * 1024));
}

static int print_json(const char *directory, const struct cache_listing *listing)
{
	struct json_object *document = json_object_new_object(), *list;

	json_put_text(document, "directory", directory);
	json_put_number(document, "bytes", listing->bytes);
	list = json_put_list(document, "images");
	for (size_t i = 0; i < listing->count; i++) {
		struct json_object *item = json_object_new_object();

		json_put_text(item, "path",
			      listing->items[i].path[0] ? listing->items[i].path : NULL);
		json_put_number(item, "bytes", listing->items[i].bytes);
		json_put_number(item, "used_ns", listing->items[i].used_ns);
		json_object_array_add(list, item);
	}
	return json_print(document, stdout);
}

static int print_table(const char *directory, const struct cache_listing *kept)
{
	struct listing *listing =
		listing_new((const char *const[]){ "PROGRAM", ">SIZE", "LAST USED", NULL }, true);
	char total[32];

	for (size_t i = 0; i < kept->count; i++) {
		char size[32], used[32];

		size_text(kept->items[i].bytes, size, sizeof(size));
		used_text(kept->items[i].used_ns, used, sizeof(used));
		listing_row(listing,
			    (const char *const[]){ kept->items[i].path[0] ? kept->items[i].path
									  : "(damaged)",
						   size, used });
	}
	size_text(kept->bytes, total, sizeof(total));
	printf("%s: %zu image%s, %s\n", directory, kept->count, kept->count == 1 ? "" : "s", total);
	return listing_end(listing, stdout) < 0 ? EXIT_FAILED : EXIT_FINE;
}

static int list_images(const struct settings *settings, const char *directory)
{
	AUTO(cache_listing_clear) struct cache_listing listing = { 0 };
	struct skbscope_error error = { 0 };

	if (cache_list(directory, &listing, &error) < 0)
		return report_error(&error, NULL, false);
	if (settings->run.output.format == OUTPUT_JSON)
		return print_json(directory, &listing);
	return print_table(directory, &listing);
}

static int clear_images(const struct settings *settings, const char *directory)
{
	struct skbscope_error error = { 0 };
	uint64_t bytes = 0;
	size_t removed = 0;
	char size[32];

	if (cache_clear(directory, &removed, &bytes, &error) < 0)
		return report_error(&error, NULL, false);
	if (settings->run.output.format == OUTPUT_JSON) {
		struct json_object *document = json_object_new_object();

		json_put_number(document, "removed", removed);
		json_put_number(document, "bytes", bytes);
		return json_print(document, stdout);
	}
	size_text(bytes, size, sizeof(size));
	if (!settings->run.talk.quiet)
		report_say("removed %zu image%s, %s, from %s", removed, removed == 1 ? "" : "s",
			   size, directory);
	return EXIT_FINE;
}

int cmd_cache(const struct settings *settings)
{
	static const char *const words[] = { "list", "clear" };
	const char *word = settings->operands.items[0], *nearest;
	AUTO(buffer_free) struct buffer directory = { 0 };
	struct skbscope_error error = { 0 };
	int r = cache_directory_default(&directory);

	if (r < 0) {
		fail(&error, r, SKBSCOPE_STAGE_READ, "there is no cache: no home directory");
		return report_error(&error, NULL, false);
	}
	if (strcmp(word, "list") == 0)
		return list_images(settings, buffer_text(&directory));
	if (strcmp(word, "clear") == 0)
		return clear_images(settings, buffer_text(&directory));
	nearest = text_nearest(word, words, 2);
	r = fail(&error, EINVAL, SKBSCOPE_STAGE_USAGE, "cache takes list or clear, not '%s'", word);
	if (nearest)
		hint(&error, r, "did you mean '%s'?", nearest);
	return report_error(&error, NULL, false);
}
