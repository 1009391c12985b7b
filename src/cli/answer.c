/* SPDX-License-Identifier: Apache-2.0 */
/* Answers on stdout, and what several commands put into them. */
#include "cli/answer.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/unseen.h"
#include "model/parse.h"
#include "model/schema.h"
#include "render/registry.h"
#include "run/people.h"
#include "run/report.h"

struct document answer_start(const struct output_settings *output)
{
	const struct render_format *format = render_format_at((size_t)output->format);
	bool for_people = format->for_people;

	if (output->table && !format->one_table)
		report_say("skbscope: --table does nothing without --output csv");
	if (format->one_table)
		return document_start_csv(output->table, stdout);
	if (format->pretty)
		return document_start_pretty(stdout);
	return document_start(for_people, for_people ? terminal_width(STDOUT_FILENO) : 0,
			      for_people ? people_stdout() : stdout);
}

int answer_end(struct document *document)
{
	struct skbscope_error error = { 0 };
	int r = document_end(document);

	if (r == 0)
		return EXIT_FINE;
	if (r == -EIO)
		return report_stdout_lost();
	if (r == -EINVAL)
		error = document->error;
	else if (r == -ENOMEM)
		fail_memory(&error, SKBSCOPE_STAGE_RENDER);
	else
		fail_errno(&error, r, SKBSCOPE_STAGE_RENDER, "cannot make the answer");
	return report_error(&error, NULL, false);
}

static void append_column(struct buffer *out, const struct skbscope_column *column)
{
	const struct skbscope_type *type = column->type;
	AUTO(buffer_free) struct buffer dimensions = { 0 };

	for (; type->kind == SKBSCOPE_KIND_ARRAY && !type->name[0]; type = type->element)
		buffer_printf(&dimensions, "[%u]", type->count);
	buffer_printf(out, "%s%s %s%s", out->length ? ", " : "", type->name[0] ? type->name : "?",
		      column->name, buffer_text(&dimensions));
}

static void add_columns(struct document *document, const char *label,
			const struct skbscope_schema *schema, bool keys)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	for (size_t i = 0; i < schema->column_count; i++)
		if (schema->columns[i].is_key == keys)
			append_column(&text, &schema->columns[i]);
	document_fact(document, NULL, label,
		      fact_known(schema->readable || (schema->is_events && !keys),
				 fact_text(buffer_text(&text))));
}

static void add_column(struct document *document, const struct skbscope_column *column)
{
	document_begin_object(document, NULL);
	document_fact(document, "name", NULL, fact_text(column->name));
	document_fact(document, "type", NULL, fact_text(column->type->name));
	document_fact(document, "bits", NULL, fact_number(column->bit_size));
	document_fact(document, "key", NULL, fact_boolean(column->is_key));
	document_fact(document, "counter", NULL, fact_boolean(column->is_counter));
	document_end_object(document);
}

static void add_table(struct document *document, const struct skbscope_schema *schema,
		      const struct skbscope_session *session)
{
	static const char *const names[] = { [SKBSCOPE_HISTOGRAM_LOG2] = ", log2 histogram",
					     [SKBSCOPE_HISTOGRAM_LINEAR] = ", linear histogram",
					     [SKBSCOPE_HISTOGRAM_NONE] = "" };
	AUTO(buffer_free) struct buffer type = { 0 };
	uint64_t memory = 0;
	const bool known =
		session && skbscope_session_table_memory(session, schema->table, &memory) == 0;

	buffer_printf(&type, "%s%s", schema->map_type, names[schema->histogram]);
	document_begin_object(document, NULL);
	document_fact(document, "table", "TABLE", fact_text(schema->table));
	document_fact(document, NULL, "TYPE", fact_text(buffer_text(&type)));
	document_fact(document, "type", NULL, fact_text(schema->map_type));
	document_fact(document, "max_entries", ">ROOM", fact_number(schema->max_entries));
	document_fact(document, "memory_bytes", session ? ">MEMORY" : NULL,
		      fact_known(known, fact_bytes(memory)));
	document_fact(document, "key_size", NULL, fact_number(schema->key_size));
	document_fact(document, "value_size", NULL, fact_number(schema->value_size));
	document_fact(document, "per_cpu", NULL, fact_boolean(schema->per_cpu));
	document_fact(document, "histogram", NULL, fact_boolean(schema->histogram));
	document_fact(document, "btf", NULL, fact_boolean(schema->has_btf));
	document_fact(document, "readable", NULL, fact_boolean(schema->readable));
	document_fact(document, "events", NULL, fact_boolean(schema->is_events));
	add_columns(document, "KEY", schema, true);
	add_columns(document, "VALUE", schema, false);
	document_begin_list(document, "columns", NULL);
	for (size_t i = 0; i < schema->column_count; i++)
		add_column(document, &schema->columns[i]);
	document_end_list(document);
	document_end_object(document);
}

/* What a user has to fill, and how. */
static void add_waiting(struct document *document, const struct skbscope_image *image,
			const struct schema_set *set)
{
	AUTO(freep) struct unseen *list = NULL;
	size_t count = 0;

	if (unseen_find(image, &list, &count) < 0)
		count = 0;
	document_begin_list(document, "waiting", "Tables that wait to be filled");
	for (size_t i = 0; i < count; i++) {
		AUTO(buffer_free) struct buffer text = { 0 };
		const struct skbscope_schema *schema =
			list[i].map < 0 ? NULL : schema_set_get(set, (size_t)list[i].map);

		if (!schema || !parse_can_set(schema))
			continue;
		parse_example(schema, &image->maps[list[i].map], &text);
		document_begin_object(document, NULL);
		document_fact(document, "table", "TABLE", fact_text(schema->table));
		document_fact(document, "set", "for example", fact_text(buffer_text(&text)));
		document_end_object(document);
	}
	document_end_list(document);
}

void answer_tables(struct document *document, const struct skbscope_image *image,
		   const struct skbscope_session *session)
{
	AUTO(schema_set_unrefp) struct schema_set *set = NULL;

	if (schema_set_new(image, &set, NULL) < 0) {
		document_fact(document, "tables", NULL, fact_text(NULL));
		return;
	}
	document_begin_list(document, "tables", "Tables");
	for (size_t i = 0; i < schema_set_count(set); i++)
		if (!schema_set_get(set, i)->is_prints) /* nobody declared it */
			add_table(document, schema_set_get(set, i), session);
	document_end_list(document);
	add_waiting(document, image, set);
}
