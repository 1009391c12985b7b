/* SPDX-License-Identifier: Apache-2.0 */
/* Tables to metrics. */
#include "render/metric_family.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/histogram.h"
#include "model/record.h"
#include "model/value.h"
#include "render/metric_name.h"

#define LOG2_BUCKETS 64u /* with an end; bpf_log2l() of any u64 is at most 64 */

struct maker {
	const char *program;
	const struct skbscope_schema *schema;
	struct metric_heads *heads;
	struct arena *arena;
	struct families *out;
};

bool metric_heads_make(const struct skbscope_snapshot *snapshot, size_t others, struct arena *arena,
		       struct metric_heads *out)
{
	*out = (struct metric_heads){ .room = others };
	for (size_t i = 0; i < snapshot->table_count; i++)
		out->room += snapshot->tables[i].schema->column_count;
	out->list = ARENA_ARRAY(arena, const struct metric_head *, out->room);
	return out->list;
}

/* Whether a name is one that the samples of a metric have. */
static bool is_sample(const char *name, const struct metric_head *head)
{
	static const char *const ends[][5] = {
		[METRIC_COUNTER] = { "", "_total", "_created" },
		[METRIC_HISTOGRAM] = { "", "_bucket", "_count", "_sum", "_created" },
		[METRIC_GAUGE] = { "" },
	};
	const size_t length = strlen(head->name);

	if (strncmp(name, head->name, length) != 0)
		return false;
	for (size_t i = 0; i < 5 && ends[head->kind][i]; i++)
		if (strcmp(name + length, ends[head->kind][i]) == 0)
			return true;
	return false;
}

static bool is_taken(const struct metric_heads *heads, const struct metric_head *head)
{
	for (size_t i = 0; i < heads->count; i++)
		if (is_sample(head->name, heads->list[i]) || is_sample(heads->list[i]->name, head))
			return true;
	return false;
}

/* The program's name does not come twice. */
static void append_table(const struct maker *maker, struct buffer *name)
{
	AUTO(buffer_free) struct buffer program = { 0 }, table = { 0 };

	metric_name_part(maker->program, &program);
	metric_name_part(maker->schema->table, &table);
	buffer_printf(name, "skbscope_%s", buffer_text(&program));
	if (strcmp(buffer_text(&program), buffer_text(&table)) != 0)
		buffer_printf(name, "%s%s", program.length ? "_" : "", buffer_text(&table));
	name->failed |= program.failed || table.failed;
}

static const char *unit_of(const struct skbscope_type *type)
{
	switch (type->display) {
	case SKBSCOPE_DISPLAY_NS:
	case SKBSCOPE_DISPLAY_BUCKET_NS:
		return "seconds";
	case SKBSCOPE_DISPLAY_WHEN:
		return "timestamp_seconds";
	case SKBSCOPE_DISPLAY_BYTES:
	case SKBSCOPE_DISPLAY_BUCKET_BYTES:
		return "bytes";
	default:
		return "";
	}
}

/* A bucket's number has no unit; its name may say of what it is one. */
static const char *unit_of_buckets(const struct skbscope_column *bucket)
{
	const char *dot = strrchr(bucket->name, '.'), *name = dot ? dot + 1 : bucket->name;

	return strcmp(name, "ns") == 0 ? "seconds" : strcmp(name, "bytes") == 0 ? "bytes" : "";
}

static const char *finish_name(const struct maker *maker, struct metric_head *head,
			       const char *stem, unsigned int number, const char *suffix)
{
	head->name =
		number > 1 ? arena_printf(maker->arena, "%s_%u%s%s", stem, number,
					  *suffix ? "_" : "", suffix)
			   : arena_printf(maker->arena, "%s%s%s", stem, *suffix ? "_" : "", suffix);
	return head->name;
}

/* The unit ends the name, and is there once. */
static bool set_name(const struct maker *maker, struct metric_head *head,
		     const struct skbscope_column *column, const char *suffix)
{
	AUTO(buffer_free) struct buffer stem = { 0 };
	unsigned int number = 1;

	append_table(maker, &stem);
	if (!maker->out->bucket && strcmp(column->name, "value") != 0) {
		buffer_append(&stem, "_", 1);
		metric_name_part(column->name, &stem);
	}
	metric_name_cut(&stem, "_total");
	if (*suffix) {
		AUTO(buffer_free) struct buffer end = { 0 };

		buffer_printf(&end, "_%s", suffix);
		if (!metric_name_cut(&stem, buffer_text(&end)) && strstr(suffix, "seconds"))
			metric_name_cut(&stem, "_ns");
	}
	do
		finish_name(maker, head, buffer_text(&stem), number++, suffix);
	while (head->name && is_taken(maker->heads, head));
	return head->name && !stem.failed;
}

static bool is_gauge(const struct skbscope_column *column)
{
	const struct skbscope_type *type = column->type;

	if (type->kind == SKBSCOPE_KIND_FLOAT || type->kind == SKBSCOPE_KIND_BOOLEAN)
		return true;
	return type->kind == SKBSCOPE_KIND_INTEGER &&
	       (type->display == SKBSCOPE_DISPLAY_PLAIN || display_is_bucket(type->display) ||
		*unit_of(type));
}

static uint32_t count_buckets(const struct families *families, const struct skbscope_schema *schema,
			      const struct skbscope_column *column)
{
	if (!families->bucket)
		return column->type->count;
	return (schema->is_array && schema->max_entries < LOG2_BUCKETS ? schema->max_entries
								       : LOG2_BUCKETS) +
	       1;
}

/* A value that is no struct has no name of its own. */
static const char *help_of(const struct maker *maker, const struct skbscope_column *column)
{
	const char *said = column->help ? column->help : maker->schema->help;
	const bool is_named = !maker->out->bucket && strcmp(column->name, "value") != 0;

	if (!said)
		return arena_printf(maker->arena, "%s%s%s, a table of the program %s",
				    is_named ? column->name : "", is_named ? " of " : "",
				    maker->schema->table, maker->program);
	return arena_printf(maker->arena, "%s%s%s: %s", is_named ? column->name : "",
			    is_named ? " of " : "", maker->schema->table, said);
}

static bool add_family(const struct maker *maker, const struct skbscope_column *column,
		       enum metric_kind kind)
{
	struct families *out = maker->out;
	struct family *family = &out->list[out->count++];
	const char *suffix =
		kind == METRIC_HISTOGRAM && out->bucket
			? unit_of_buckets(out->bucket)
			: unit_of(kind == METRIC_HISTOGRAM ? column->type->element : column->type);

	*family = (struct family){ .column = column, .slot = out->slots, .slots = 1 };
	family->head.kind = kind;
	family->head.unit = strstr(suffix, "seconds") ? "seconds" : suffix;
	family->seconds = strcmp(family->head.unit, "seconds") == 0;
	family->head.help = help_of(maker, column);
	if (!family->head.help || !set_name(maker, &family->head, column, suffix))
		return false;
	if (kind == METRIC_HISTOGRAM)
		family->slots = count_buckets(out, maker->schema, column);
	out->slots += family->slots;
	out->series += family->slots + (kind == METRIC_HISTOGRAM); /* _count */
	maker->heads->list[maker->heads->count++] = &family->head;
	return true;
}

static bool is_label_taken(const struct families *out, const char *name)
{
	for (size_t i = 0; i < out->label_count; i++)
		if (strcmp(out->labels[i], name) == 0)
			return true;
	return strcmp(name, "le") == 0;
}

static bool add_label(const struct maker *maker, const char *column)
{
	AUTO(buffer_free) struct buffer part = { 0 };
	struct families *out = maker->out;
	const char *stem, *name;

	metric_name_part(column, &part);
	stem = arena_printf(maker->arena, "%s%s", part.length && *part.data >= 'a' ? "" : "key_",
			    buffer_text(&part));
	name = stem;
	for (unsigned int number = 2; name && is_label_taken(out, name); number++)
		name = arena_printf(maker->arena, "%s_%u", stem, number);
	out->labels[out->label_count++] = name;
	return name && !part.failed;
}

static bool add_column(const struct maker *maker, const struct skbscope_column *column)
{
	if (column == maker->out->bucket)
		return true;
	if (column->is_key)
		return add_label(maker, column->name);
	if (maker->out->bucket || column_is_histogram(column))
		return add_family(maker, column, METRIC_HISTOGRAM);
	if (column->is_counter && !column->type->is_signed)
		return add_family(maker, column, METRIC_COUNTER);
	return !is_gauge(column) || add_family(maker, column, METRIC_GAUGE);
}

bool families_make(const char *program, const struct skbscope_schema *schema,
		   struct metric_heads *heads, struct arena *arena, struct families *out)
{
	const struct maker maker = { program, schema, heads, arena, out };

	*out = (struct families){
		.list = ARENA_ARRAY(arena, struct family, schema->column_count),
		.labels = ARENA_ARRAY(arena, const char *, schema->column_count),
	};
	if (!out->list || !out->labels)
		return false;
	if (!schema->readable || schema->is_events || schema->hidden)
		return true;
	if (schema->histogram == SKBSCOPE_HISTOGRAM_LOG2) {
		out->bucket = &schema->columns[schema->column_count - 2];
		out->bucket_is_exponent = out->bucket->type->display == SKBSCOPE_DISPLAY_LOG2;
	}
	for (size_t i = 0; i < schema->column_count; i++)
		if (!add_column(&maker, &schema->columns[i]))
			return false;
	return true;
}

static void add_whole(struct metric_number *number, bits_t more)
{
	number->form = NUMBER_WHOLE;
	number->whole += more;
}

static void read_gauge(const struct family *family, const struct skbscope_snapshot *snapshot,
		       const uint8_t *data, struct metric_number *number)
{
	struct value value = value_read(family->column, data);

	if (value_is_unknown(family->column, data))
		return;
	*number = (struct metric_number){ .form = NUMBER_WHOLE, .whole = value.u };
	if (value.form == VALUE_FLOAT) {
		number->form = NUMBER_REAL;
		number->real = value.f;
	} else if (family->column->type->display == SKBSCOPE_DISPLAY_WHEN) {
		number->form = value.u ? NUMBER_WHOLE : NUMBER_NONE;
		number->whole += snapshot->wall_ns - (bits_t)snapshot->monotonic_ns;
	}
	number->negative = (value.form == VALUE_SIGNED ||
			    family->column->type->display == SKBSCOPE_DISPLAY_WHEN) &&
			   number->whole >> 127;
}

static void read_histogram(const struct families *families, const struct family *family,
			   const struct skbscope_record *record, struct metric_number *numbers)
{
	struct histogram histogram;

	for (uint32_t i = 0; i < family->slots; i++)
		numbers[i].form = NUMBER_WHOLE;
	if (families->bucket) {
		const bits_t key = value_read(families->bucket, record->key).u;
		const uint32_t last = family->slots - 1;

		add_whole(&numbers[key < last ? (uint32_t)key : last],
			  value_read(family->column, record->value).u);
		return;
	}
	histogram = histogram_read(family->column->type,
				   record->value + family->column->bit_offset / 8);
	for (uint32_t i = 0; i < family->slots; i++)
		add_whole(&numbers[i], histogram.counts[i]);
}

void families_read(const struct families *families, const struct skbscope_snapshot *snapshot,
		   const struct skbscope_record *record, struct metric_number *numbers)
{
	for (size_t i = 0; i < families->count; i++) {
		const struct family *family = &families->list[i];
		struct metric_number *number = &numbers[family->slot];

		if (family->head.kind == METRIC_HISTOGRAM)
			read_histogram(families, family, record, number);
		else if (family->head.kind == METRIC_COUNTER)
			add_whole(number, value_read(family->column, record->value).u);
		else
			read_gauge(family, snapshot, record->value, number);
	}
}

double family_bound(const struct families *families, const struct family *family, uint32_t bucket)
{
	const double scale = family->seconds ? 1e9 : 1;
	uint32_t power = bucket;

	if (bucket + 1 == family->slots)
		return (double)INFINITY;
	if (families->bucket && families->bucket_is_exponent)
		power++;
	return power < 64 ? (double)((UINT64_C(1) << power) - 1) / scale : ldexp(1, 64) / scale;
}
