/* SPDX-License-Identifier: Apache-2.0 */
/* From --set to rows, and to the tables. */
#include "run/fill.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "image/image.h"
#include "kernel/netns.h"
#include "kernel/session.h"
#include "run/fill_later.h"
#include "run/fill_plan.h"

#define STAGE SKBSCOPE_STAGE_USAGE
#define FILE_MAX_BYTES (64u << 20)

void filling_free(struct filling *filling)
{
	if (!filling)
		return;
	for (size_t i = 0; i < filling->count; i++)
		wanted_clear(&filling->tables[i]);
	free(filling->tables);
	schema_set_unref(filling->schemas);
	free(filling);
}

void filling_freep(struct filling **filling)
{
	filling_free(*filling);
	*filling = NULL;
}

bool fill_is_empty(const struct fill *fill)
{
	return !fill->texts || !fill->texts->count;
}

void fill_has(struct fill *fill, struct filling *filling)
{
	filling_free(fill->now);
	fill->now = filling;
}

void fill_close(struct fill *fill)
{
	for (size_t i = 0; fill->files && i < fill->texts->count; i++) {
		free(fill->files[i].path);
		buffer_free(&fill->files[i].text);
	}
	free(TAKE(fill->files));
	fill_later_clear(&fill->later);
	filling_freep(&fill->now);
}

/* What was said later has no file and no option. */
static void place_later(const char *text, size_t column, const char *message,
			struct skbscope_error *error)
{
	if (column)
		snprintf(error->message, sizeof(error->message), "'%.160s', column %zu: %.*s", text,
			 column, 800, message);
	else
		snprintf(error->message, sizeof(error->message), "'%.160s': %.*s", text, 800,
			 message);
}

int fill_placed(const struct fill *fill, size_t text, uint32_t line, size_t column, int r,
		struct skbscope_error *error)
{
	char message[sizeof(error->message)];
	const char *path;

	if (!error)
		return r;
	memcpy(message, error->message, sizeof(message));
	if (text >= fill->texts->count) {
		place_later(fill->later.items[text - fill->texts->count].text, column, message,
			    error);
		return r;
	}
	path = fill->files[text].path;
	if (line && column)
		snprintf(error->message, sizeof(error->message), "%s:%u:%zu: %.*s", path, line,
			 column, 800, message);
	else if (line)
		snprintf(error->message, sizeof(error->message), "%s:%u: %.*s", path, line, 800,
			 message);
	else if (column)
		snprintf(error->message, sizeof(error->message), "--set '%.160s', column %zu: %.*s",
			 fill->texts->items[text], column, 800, message);
	else
		snprintf(error->message, sizeof(error->message), "--set '%.160s': %.*s",
			 fill->texts->items[text], 800, message);
	return r;
}

int fill_file_read(int fd, const char *path, struct buffer *out, struct skbscope_error *error)
{
	int r = read_descriptor(fd, FILE_MAX_BYTES, out);

	if (r == -EFBIG)
		return fail(error, r, SKBSCOPE_STAGE_READ, "'%s' is larger than %u MiB", path,
			    FILE_MAX_BYTES >> 20);
	return r < 0 ? fail_errno(error, r, SKBSCOPE_STAGE_READ, "cannot read '%s'", path) : 0;
}

static int read_path(const char *path, struct buffer *out, struct skbscope_error *error)
{
	AUTO(closep) int fd = open_regular(path, true);

	if (fd == -EINVAL)
		return hint(error, fail(error, fd, SKBSCOPE_STAGE_READ, "'%s' is not a file", path),
			    "devices, sockets and files of /proc and /sys are not read: copy the "
			    "rows to a file");
	if (fd < 0)
		return fail_errno(error, fd, SKBSCOPE_STAGE_READ, "cannot read '%s'", path);
	return fill_file_read(fd, path, out, error);
}

static int open_text(struct fill *fill, size_t index, struct skbscope_error *error)
{
	const char *text = fill->texts->items[index], *at;
	struct fill_file *file = &fill->files[index];
	struct assignment assignment;
	int r = assignment_split(span_of(text), &assignment, &at, error);

	if (r < 0)
		return fill_placed(fill, index, 0, (size_t)(at - text) + 1, r, error);
	if (!assignment.file.length)
		return 0;
	file->path = strndup(assignment.file.text, assignment.file.length);
	return file->path ? read_path(file->path, &file->text, error) : fail_memory(error, STAGE);
}

int fill_open(struct fill *fill, const struct table_settings *settings, const char *netns,
	      struct skbscope_error *error)
{
	int r = 0;

	*fill = (struct fill){ .texts = &settings->set, .netns = netns };
	fill->files = calloc(fill->texts->count + 1, sizeof(*fill->files));
	if (!fill->files)
		return fail_memory(error, STAGE);
	for (size_t i = 0; r == 0 && i < fill->texts->count; i++)
		r = open_text(fill, i, error);
	return r;
}

static uint32_t find_interface(void *context, const char *name)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	const struct fill *fill = context;
	AUTO(closep) int fd = fill->netns ? netns_open(fill->netns, NULL) : -1;

	if (fill->netns && (fd < 0 || netns_enter(&visit, fd, NULL) < 0))
		return 0;
	return if_nametoindex(name);
}

struct parse_names fill_names(const struct fill *fill)
{
	return (struct parse_names){ find_interface, (void *)(uintptr_t)fill };
}

static int no_table(const struct fill_plan *plan, const char *name, struct skbscope_error *error)
{
	const char *names[64];
	size_t count = 0;
	int r = fail(error, ENOENT, STAGE, "%s has no table '%s'", plan->image->name, name);

	for (size_t i = 0; i < plan->image->map_count && count < 64; i++)
		if (parse_can_set(schema_set_get(plan->filling->schemas, i)))
			names[count++] = plan->image->maps[i].name;
	if (!hint_nearest(error, name, names, count) && count)
		hint(error, r, "its first table is '%s'", names[0]);
	return r;
}

int fill_plan_table(const struct fill_plan *plan, struct span name, struct wanted **out,
		    struct skbscope_error *error)
{
	AUTO(freep) char *copy = strndup(name.text, name.length);
	const struct skbscope_schema *schema;
	int index = copy ? image_find_map(plan->image, copy) : -1;

	*out = NULL;
	if (!copy)
		return fail_memory(error, STAGE);
	if (index < 0)
		return plan->other && image_find_map(plan->other, copy) >= 0
			       ? 0
			       : no_table(plan, copy, error);
	schema = schema_set_get(plan->filling->schemas, (size_t)index);
	if (!parse_can_set(schema))
		return fail(error, EINVAL, STAGE, "'%s' is a %s, which has no rows to set", copy,
			    schema->is_events ? "table of events" : schema->map_type);
	*out = &plan->filling->tables[index];
	(*out)->schema = schema;
	return 0;
}

static int plan_line(const struct fill_plan *plan, struct wanted *wanted, size_t text,
		     struct span line, uint32_t number, struct skbscope_error *error)
{
	struct assignment assignment;
	const char *at;
	int r;

	assignment_line(line, &assignment);
	if (!assignment.key.length && !assignment.has_value)
		return 0;
	r = wanted_add(wanted, &plan->names, &assignment, text, number, &at, error);
	return r < 0 ? fill_placed(plan->fill, text, number, (size_t)(at - line.text) + 1, r, error)
		     : 0;
}

static int plan_file(const struct fill_plan *plan, struct wanted *wanted, size_t text,
		     struct skbscope_error *error)
{
	const struct buffer *content = &plan->fill->files[text].text;
	struct span rest = { buffer_text(content), content->length }, line;
	uint32_t number = 0;
	int r = 0;

	while (r == 0 && span_next_line(&rest, &line))
		r = plan_line(plan, wanted, text, line, ++number, error);
	return r;
}

static int plan_text(const struct fill_plan *plan, size_t index, struct skbscope_error *error)
{
	const char *text = plan->fill->texts->items[index], *at;
	struct assignment assignment;
	struct wanted *wanted = NULL;
	int r = assignment_split(span_of(text), &assignment, &at, error);

	if (r == 0)
		r = fill_plan_table(plan, assignment.table, &wanted, error);
	if (r < 0)
		return fill_placed(plan->fill, index, 0, 0, r, error);
	if (!wanted)
		return 0;
	if (assignment.file.length)
		return plan_file(plan, wanted, index, error);
	r = wanted_add(wanted, &plan->names, &assignment, index, 0, &at, error);
	return r < 0 ? fill_placed(plan->fill, index, 0, (size_t)(at - text) + 1, r, error) : 0;
}

int fill_plan_settle(const struct fill_plan *plan, struct skbscope_error *error)
{
	for (size_t i = 0; i < plan->filling->count; i++) {
		struct wanted *wanted = &plan->filling->tables[i];
		struct wanted_place place;
		int r = wanted->schema ? wanted_settle(wanted, &place, error) : 0;

		if (r < 0 && r != -ENOMEM)
			return fill_placed(plan->fill, place.text, place.line, 0, r, error);
		if (r < 0)
			return r;
	}
	return 0;
}

int fill_plan_start(struct fill_plan *plan, const struct fill *fill,
		    const struct skbscope_image *image, const struct skbscope_image *other,
		    struct skbscope_error *error)
{
	AUTO(filling_freep) struct filling *filling = calloc(1, sizeof(*filling));
	int r;

	if (!filling)
		return fail_memory(error, STAGE);
	filling->tables = calloc(image->map_count + 1, sizeof(*filling->tables));
	if (!filling->tables)
		return fail_memory(error, STAGE);
	filling->count = image->map_count;
	r = schema_set_new(image, &filling->schemas, error);
	if (r < 0)
		return r;
	*plan = (struct fill_plan){ fill, image, other, TAKE(filling), fill_names(fill) };
	return 0;
}

int fill_plan(const struct fill *fill, const struct skbscope_image *image,
	      const struct skbscope_image *other, struct filling **out,
	      struct skbscope_error *error)
{
	AUTO(filling_freep) struct filling *filling = NULL;
	struct fill_plan plan;
	int r = fill_plan_start(&plan, fill, image, other, error);

	if (r < 0)
		return r;
	filling = plan.filling;
	for (size_t i = 0; r == 0 && i < fill->texts->count; i++)
		r = plan_text(&plan, i, error);
	if (r == 0)
		r = fill_plan_later(&plan, error);
	if (r == 0)
		r = fill_plan_settle(&plan, error);
	if (r == 0)
		*out = TAKE(filling);
	return r;
}

static bool starts_empty(const char *table, const struct skbscope_table_swap *outcomes,
			 size_t count)
{
	if (!outcomes)
		return true;
	for (size_t i = 0; i < count; i++)
		if (strcmp(outcomes[i].table, table) == 0)
			return outcomes[i].outcome != SKBSCOPE_TABLE_KEPT &&
			       outcomes[i].outcome != SKBSCOPE_TABLE_MIGRATED;
	return true;
}

static void say_changes(const struct wanted_change *changes, size_t count, const char *table,
			struct buffer *out)
{
	static const char *const words[] = { "added", "changed", "removed" };
	size_t counts[3] = { 0 };
	const char *separator = "";

	for (size_t i = 0; i < count; i++)
		counts[changes[i].how]++;
	buffer_printf(out, "%s: ", table);
	for (size_t i = 0; i < 3; i++) {
		if (!counts[i])
			continue;
		buffer_printf(out, "%s%zu %s%s", separator, counts[i],
			      *separator       ? ""
			      : counts[i] == 1 ? "row "
					       : "rows ",
			      words[i]);
		separator = ", ";
	}
}

/* From the old rows (NULL: none) to the new ones. */
static int write_changes(const struct fill *fill, const struct wanted *old,
			 const struct wanted *new, struct skbscope_session *session,
			 struct buffer *news, struct skbscope_error *error)
{
	AUTO(freep) struct wanted_change *changes = NULL;
	AUTO(buffer_free) struct buffer zeros = { 0 };
	size_t count = 0, failed;
	int r = wanted_compare(old, new, &zeros, &changes, &count);

	if (r < 0)
		return fail_memory(error, STAGE);
	r = count ? session_write(session, new->schema->table, changes, count, &failed, error) : 0;
	if (r < 0 && failed < count)
		return fill_placed(fill, changes[failed].place->text, changes[failed].place->line,
				   0, r, error);
	if (r == 0 && count && news)
		say_changes(changes, count, new->schema->table, news);
	return r;
}

int fill_write(const struct fill *fill, const struct filling *filling,
	       struct skbscope_session *session, const struct skbscope_table_swap *outcomes,
	       size_t count, struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < filling->count; i++) {
		const struct wanted *wanted = &filling->tables[i];

		if (wanted->count && starts_empty(wanted->schema->table, outcomes, count))
			r = write_changes(fill, NULL, wanted, session, NULL, error);
	}
	return r;
}

/* A saved file may have rows that do not come back, and nobody would know why. */
static void say_taken(const struct fill *fill, size_t file, struct buffer *news)
{
	const char *text = fill->texts->items[file] + strspn(fill->texts->items[file], " \t");
	const struct span table = { text, strcspn(text, "= \t") };

	if (!fill_later_takes(&fill->later, table))
		return;
	if (!news->length)
		buffer_printf(news, "%.*s: nothing changed", (int)table.length, table.text);
	buffer_string(news,
		      "; what 'skbscope ctl' cleared or deleted stays away until it is set by "
		      "'skbscope ctl set'");
}

int fill_follow(struct fill *fill, size_t file, struct buffer *text,
		const struct skbscope_image *image, struct skbscope_session *session,
		struct buffer *news, struct skbscope_error *error)
{
	AUTO(filling_freep) struct filling *next = NULL;
	struct buffer before = fill->files[file].text;
	int r;

	fill->files[file].text = *text;
	r = fill_plan(fill, image, NULL, &next, error);
	for (size_t i = 0; r == 0 && session && i < next->count; i++)
		if (next->tables[i].schema)
			r = write_changes(fill, &fill->now->tables[i], &next->tables[i], session,
					  news, error);
	if (r < 0) {
		fill->files[file].text = before;
		return r;
	}
	*text = before; /* whose memory is the caller's now */
	say_taken(fill, file, news);
	fill_has(fill, TAKE(next));
	return 0;
}
