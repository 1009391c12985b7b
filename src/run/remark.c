/* SPDX-License-Identifier: Apache-2.0 */
/* Remarks about a program that is about to run. */
#include "run/remark.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "image/audit.h"
#include "image/context.h"
#include "image/image.h"
#include "image/racing.h"
#include "image/unseen.h"
#include "model/parse.h"
#include "model/schema.h"
#include "run/key_order.h"
#include "run/report.h"

void remark_enforce(const struct skbscope_image *image)
{
	const char *enforce = image->documentation ? image->documentation->enforce : NULL;

	if (enforce)
		report_say("%s is meant to run with --enforce (%s); without it, its verdicts are "
			   "counted but not applied",
			   image->name, *enforce ? enforce : "@enforce");
}

/* All but the tables that --set fills. */
static size_t drop_filled(const struct filling *filling, struct unseen *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (list[i].map < 0 || !filling->tables[list[i].map].count)
			list[kept++] = list[i];
	return kept;
}

void remark_unseen(const struct skbscope_image *image, const struct filling *filling)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(freep) struct unseen *list = NULL;
	const struct skbscope_schema *schema = NULL;
	size_t count = 0, first = 0;

	if (unseen_find(image, &list, &count) < 0)
		return;
	count = drop_filled(filling, list, count);
	if (count == 0)
		return;
	for (size_t i = 0, alike; i < count; i += alike) {
		alike = unseen_alike(list + i, count - i);
		buffer_string(&text, i ? "; " : "");
		unseen_text(image, list + i, alike, &text);
	}
	for (; first < count && !(schema && parse_can_set(schema)); first++)
		schema = list[first].map < 0
				 ? NULL
				 : schema_set_get(filling->schemas, (size_t)list[first].map);
	if (schema && parse_can_set(schema)) {
		buffer_string(&text, "\n  ");
		parse_example(schema, &image->maps[list[first - 1].map], &text);
	}
	report_say("%s: %s", image->name, buffer_text(&text));
}

/* How often is not known: that it can be is said where the numbers are. */
void remark_racing(const struct skbscope_image *image)
{
	AUTO(buffer_free) struct buffer tables = { 0 };

	if (racing_tables(image, &tables) == 0 && tables.length)
		report_say("%s: counts in %s can be lost when two CPUs count at once; skbscope "
			   "check says where",
			   image->name, buffer_text(&tables));
}

static void remark_order(const struct skbscope_image *image,
			 const struct skbscope_image_program *program,
			 const struct schema_set *schemas, const struct audit_finding *finding,
			 bool *told)
{
	const struct skbscope_schema *schema = schema_set_get(schemas, (size_t)finding->map);
	struct image_place place;
	struct key_order order;

	if (told[finding->map] || !key_order_find(schema, finding, &order))
		return;
	told[finding->map] = true;
	if (image_place(image, program, finding->instruction, &place) && place.file)
		report_say("%s:%u: '%s' of '%s' is shown in the wrong byte order: %s", place.file,
			   place.line, order.column->name, schema->table, order.instead);
	else
		report_say("%s: '%s' of '%s' is shown in the wrong byte order: %s", image->name,
			   order.column->name, schema->table, order.instead);
}

void remark_orders(const struct skbscope_image *image)
{
	AUTO(schema_set_unrefp) struct schema_set *schemas = NULL;
	AUTO(freep) bool *told = calloc(image->map_count + 1, sizeof(*told));
	struct foreign foreign;
	int r = told ? schema_set_new(image, &schemas, NULL) : -ENOMEM;

	for (size_t i = 0; i < image->program_count && r == 0; i++) {
		AUTO(freep) struct audit_finding *findings = NULL;
		size_t count = 0;

		if (!context_is_foreign(&image->programs[i], &foreign))
			r = audit_program(image, &image->programs[i], &findings, &count);
		for (size_t j = 0; j < count && r == 0; j++)
			if (findings[j].kind == AUDIT_KEY)
				remark_order(image, &image->programs[i], schemas, &findings[j],
					     told);
	}
}

void remark_foreign(const struct skbscope_session *session, const struct skbscope_image *image)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const char *names[8];
	size_t count = skbscope_session_foreign(session, names, 8);

	for (size_t i = 0; i < count; i++)
		buffer_printf(&text, "%s%s",
			      i == 0          ? ""
			      : i + 1 < count ? ", "
					      : " and ",
			      names[i]);
	if (count)
		report_say(
			"%s: %s answer%s for this machine as it is now, not for the one that was "
			"recorded",
			image->name, buffer_text(&text), count == 1 ? "s" : "");
}
