/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as lines for people: a head where a table's first one comes, and columns that get
 * wider when they have to, and stay so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "model/bits.h"
#include "model/format.h"
#include "model/schema.h"
#include "model/value.h"
#include "render/cell.h"
#include "render/event_lines.h"

#define GAP 2u
#define TEXT_LIKELY 16u /* of a text, until it is seen to be longer */
#define REST_SHOWN 32u  /* bytes of what nothing is known of */
#define SECOND_NS 1000000000u
#define TIME_WIDTH 15
#define TIME_ROOM 32

const char *const event_time_names[] = { "auto", "local", "utc", "relative", "none", NULL };

struct column {
	const struct skbscope_column *column;
	unsigned int plain_bits; /* of a whole integer of up to 64 without a name; 0: another */
	bool right;
	size_t width;
};

struct table {
	const struct skbscope_schema *schema;
	struct schema_set *set;
	struct column *columns; /* but for details */
	size_t count;
	bool headed;
};

struct table_lines {
	struct event_lines lines; /* the first */
	struct table *tables;
	size_t count, latest;
	size_t name_width; /* of the tables' */
	struct buffer cell;
	uint64_t time_ns;  /* that the text is of */
	uint64_t first_ns; /* of the first event; 0: none yet */
	time_t second;     /* that the first eight of its letters are of */
	char time[TIME_ROOM];
	size_t line_start; /* of the line that is written */
};

static struct event_lines *open_lines(void)
{
	struct table_lines *table = calloc(1, sizeof(*table));

	return table ? &table->lines : NULL;
}

static void close_lines(struct event_lines *base)
{
	struct table_lines *lines = (struct table_lines *)base;

	for (size_t i = 0; lines && i < lines->count; i++) {
		schema_set_unref(lines->tables[i].set);
		free(lines->tables[i].columns);
	}
	if (lines) {
		buffer_free(&lines->cell);
		free(lines->tables);
	}
	free(lines);
}

static size_t longest_name(const struct skbscope_type *type)
{
	size_t longest = 1;

	for (size_t i = 0; i < type->enumerator_count; i++)
		if (strlen(type->enumerators[i].name) > longest)
			longest = strlen(type->enumerators[i].name);
	return longest;
}

/* Most values need no more, and so most columns stay where they are. */
static size_t likely_width(const struct skbscope_column *column)
{
	static const size_t digits[] = { 3, 5, 8, 10, 13, 15, 18, 20 };
	const struct skbscope_type *type = column->type;

	switch (type->display) {
	case SKBSCOPE_DISPLAY_IPV4:
	case SKBSCOPE_DISPLAY_IPV4_HOST:
	case SKBSCOPE_DISPLAY_WHEN:
		return 15;
	case SKBSCOPE_DISPLAY_IPV6:
	case SKBSCOPE_DISPLAY_IP:
		return 25;
	case SKBSCOPE_DISPLAY_MAC:
		return 17;
	case SKBSCOPE_DISPLAY_TEXT:
		return type->bits / 8 < TEXT_LIKELY ? type->bits / 8 : TEXT_LIKELY;
	case SKBSCOPE_DISPLAY_PORT_BE:
		return 5;
	case SKBSCOPE_DISPLAY_NS:
	case SKBSCOPE_DISPLAY_BYTES:
		return 8;
	case SKBSCOPE_DISPLAY_HEX:
		return 2 + column->bit_size / 4;
	case SKBSCOPE_DISPLAY_PLAIN:
		break;
	default:
		return 4;
	}
	if (type->kind == SKBSCOPE_KIND_ENUM)
		return longest_name(type);
	if (type->kind == SKBSCOPE_KIND_BOOLEAN)
		return 5;
	if (type->kind != SKBSCOPE_KIND_INTEGER || column->bit_size > 64)
		return 8;
	/* Of the widest numbers most are small. */
	return column->bit_size >= 32 ? 8 : digits[(column->bit_size + 7) / 8 - 1];
}

static struct column plan(const struct skbscope_column *column)
{
	const struct skbscope_type *type = column->type;
	const size_t name = strlen(column->name), likely = likely_width(column);
	struct column plan = { .column = column,
			       .right = cell_align(column) == LAYOUT_RIGHT,
			       .width = name > likely ? name : likely };

	if (type->kind == SKBSCOPE_KIND_INTEGER && type->display == SKBSCOPE_DISPLAY_PLAIN &&
	    column->bit_size <= 64 && bits_are_bytes(column->bit_offset, column->bit_size))
		plan.plain_bits = column->bit_size;
	return plan;
}

static struct table *add_table(struct table_lines *lines, const struct skbscope_schema *schema)
{
	struct table *grown = reallocarray(lines->tables, lines->count + 1, sizeof(*grown));
	struct table *table;
	struct column *columns = calloc(schema->column_count + 1, sizeof(*columns));

	if (grown)
		lines->tables = grown;
	if (!grown || !columns) {
		free(columns);
		return NULL;
	}
	table = &grown[lines->count];
	*table = (struct table){ .schema = schema, .columns = columns };
	for (size_t i = 0; i < schema->column_count; i++)
		if (!schema->columns[i].is_detail)
			columns[table->count++] = plan(&schema->columns[i]);
	table->set = schema_set_ref(((const struct table_schema *)schema)->set);
	if (strlen(schema->table) > lines->name_width)
		lines->name_width = strlen(schema->table);
	lines->latest = lines->count++;
	return table;
}

static struct table *table_of(struct table_lines *lines, const struct skbscope_schema *schema)
{
	if (lines->count && lines->tables[lines->latest].schema == schema)
		return &lines->tables[lines->latest];
	for (size_t i = 0; i < lines->count; i++)
		if (lines->tables[i].schema == schema) {
			lines->latest = i;
			return &lines->tables[i];
		}
	return add_table(lines, schema);
}

static void pad(struct buffer *out, size_t count)
{
	static const char blanks[] = "                                ";

	for (; count >= sizeof(blanks); count -= sizeof(blanks) - 1)
		buffer_append(out, blanks, sizeof(blanks) - 1);
	buffer_append(out, blanks, count);
}

/* In its column, whose width is at least the text's from now on. */
static void put(const struct table_lines *lines, struct buffer *out, const char *text,
		size_t length, size_t *width, bool right, bool last)
{
	size_t missing;

	if (length > *width)
		*width = length;
	missing = *width - length;
	if (out->length > lines->line_start)
		pad(out, GAP);
	if (right)
		pad(out, missing);
	buffer_append(out, text, length);
	if (!right && !last)
		pad(out, missing);
}

static void write_clock(uint64_t wall_ns, bool utc, time_t *second, char out[TIME_ROOM])
{
	const time_t now = (time_t)(wall_ns / SECOND_NS);
	unsigned int micros = (unsigned int)(wall_ns % SECOND_NS / 1000);
	struct tm tm;

	if (now != *second || !out[0]) {
		if (!(utc ? gmtime_r(&now, &tm) : localtime_r(&now, &tm)) ||
		    !strftime(out, 9, "%H:%M:%S", &tm))
			memcpy(out, "--:--:--", 9);
		*second = now;
	}
	out[8] = '.';
	for (int i = 14; i > 8; i--, micros /= 10)
		out[i] = (char)('0' + micros % 10);
	out[TIME_WIDTH] = '\0';
}

/* Of two CPUs the second may be the earlier. */
static void write_time(const struct table_lines *lines, uint64_t wall_ns, time_t *second,
		       char out[TIME_ROOM])
{
	const uint64_t since = wall_ns > lines->first_ns ? wall_ns - lines->first_ns : 0;

	if (lines->lines.time == EVENT_TIME_RELATIVE)
		snprintf(out, TIME_ROOM, "%8llu.%06u", (unsigned long long)(since / SECOND_NS),
			 (unsigned int)(since % SECOND_NS / 1000));
	else
		write_clock(wall_ns, lines->lines.time == EVENT_TIME_UTC, second, out);
}

static void put_time(struct table_lines *lines, uint64_t wall_ns, struct buffer *out)
{
	if (!lines->first_ns)
		lines->first_ns = wall_ns;
	if (lines->lines.time == EVENT_TIME_NONE)
		return;
	if (lines->time_ns != wall_ns) {
		write_time(lines, wall_ns, &lines->second, lines->time);
		lines->time_ns = wall_ns;
	}
	buffer_append(out, lines->time, strlen(lines->time));
}

/* An instant of CLOCK_MONOTONIC, on the clock that the lines begin with. */
static void format_instant(const struct table_lines *lines, const struct skbscope_event *event,
			   const struct value *value, struct buffer *out)
{
	const uint64_t then = (uint64_t)value->u;
	char text[TIME_ROOM] = "";
	time_t second = 0;

	if (!then || then > event->monotonic_ns + SECOND_NS ||
	    event->monotonic_ns - then > event->wall_ns) {
		buffer_string(out, "-");
		return;
	}
	write_time(lines, event->wall_ns - (event->monotonic_ns - then), &second, text);
	buffer_string(out, text + strspn(text, " "));
}

static const char *interface_name(const struct table_lines *lines,
				  const struct skbscope_column *column, const uint8_t *data)
{
	const struct skbscope_snapshot *snapshot = lines->lines.snapshot;
	struct value value;

	if (!snapshot || column->type->display != SKBSCOPE_DISPLAY_IFINDEX)
		return NULL;
	value = value_read(column, data);
	for (size_t i = 0; i < snapshot->hook_count; i++)
		if (snapshot->hooks[i].ifindex == value.u)
			return snapshot->hooks[i].interface;
	return NULL;
}

static void format_plain(const struct column *plan, const uint8_t *data, struct buffer *out)
{
	const unsigned int unused = 64 - plan->plain_bits;
	uint64_t number =
		(uint64_t)bits_load(data + plan->column->bit_offset / 8, plan->plain_bits);
	const int64_t extended = (int64_t)(number << unused) >> unused;

	if (plan->column->type->is_signed && extended < 0)
		format_integer((unsigned __int128)(__int128)extended, true, out);
	else
		format_integer(number, false, out);
}

static void format(struct table_lines *lines, const struct column *plan,
		   const struct skbscope_event *event)
{
	const struct skbscope_column *column = plan->column;
	const uint8_t *data = event->record.value;
	const char *name;

	buffer_clear(&lines->cell);
	if (!event_has(event, column) || value_is_unknown(column, data)) {
		buffer_string(&lines->cell, "-");
	} else if (plan->plain_bits) {
		format_plain(plan, data, &lines->cell);
	} else if (column->type->display == SKBSCOPE_DISPLAY_WHEN) {
		const struct value value = value_read(column, data);

		format_instant(lines, event, &value, &lines->cell);
	} else if ((name = interface_name(lines, column, data))) {
		format_text(name, strlen(name), &lines->cell);
	} else {
		value_format(column, data, lines->lines.exact, &lines->cell);
	}
}

static void widen(struct table_lines *lines, struct table *table,
		  const struct skbscope_event *event)
{
	for (size_t i = 0; i < table->count; i++) {
		struct column *plan = &table->columns[i];

		format(lines, plan, event);
		if (lines->cell.length > plan->width)
			plan->width = lines->cell.length;
	}
}

static void put_head(struct table_lines *lines, struct table *table, struct buffer *out)
{
	if (lines->lines.colour)
		buffer_string(out, BOLD);
	lines->line_start = out->length;
	if (lines->lines.time != EVENT_TIME_NONE)
		buffer_printf(out, "%-*s", TIME_WIDTH, "time");
	if (lines->lines.several)
		put(lines, out, "table", 5, &lines->name_width, false, false);
	for (size_t i = 0; i < table->count; i++) {
		const char *name = table->columns[i].column->name;

		put(lines, out, name, strlen(name), &table->columns[i].width,
		    table->columns[i].right, i + 1 == table->count);
	}
	if (lines->lines.colour)
		buffer_string(out, "\033[0m");
	buffer_append(out, "\n", 1);
	table->headed = true;
}

/* As tcpdump -x writes a packet. */
static void put_dump(const struct skbscope_event *event, struct buffer *out)
{
	for (size_t i = 0; i < event->rest_size; i++) {
		if (i % 16 == 0)
			buffer_printf(out, "%s\t0x%04zx: ", i ? "\n" : "", i);
		buffer_printf(out, "%s%02x", i % 2 ? "" : " ", event->rest[i]);
	}
	if (event->rest_size)
		buffer_append(out, "\n", 1);
}

/* Behind the struct, or all there is. */
static void put_rest(const struct table_lines *lines, const struct skbscope_event *event,
		     struct buffer *out)
{
	const size_t shown = event->rest_size < REST_SHOWN ? event->rest_size : REST_SHOWN;

	if (event->record.schema->column_count || lines->lines.hex) {
		buffer_printf(out, "  +%zu B", event->rest_size);
		return;
	}
	buffer_append(out, " ", 1);
	for (size_t i = 0; i < shown; i++)
		buffer_printf(out, " %02x", event->rest[i]);
	if (shown < event->rest_size)
		buffer_printf(out, " … (%zu B)", event->rest_size);
}

/* Where there is nothing else it is the text alone, as the program wrote it. */
static void add_print(struct table_lines *lines, const struct skbscope_event *event,
		      struct buffer *out)
{
	const struct skbscope_snapshot *snapshot = lines->lines.snapshot;
	const char *table = event->record.schema->table;
	const char *file = event->file ? event->file : snapshot ? snapshot->path : NULL;

	lines->line_start = out->length;
	if (lines->lines.several || lines->lines.time != EVENT_TIME_AUTO)
		put_time(lines, event->wall_ns, out);
	if (lines->lines.several) {
		put(lines, out, table, strlen(table), &lines->name_width, false, false);
	}
	if (out->length > lines->line_start)
		pad(out, GAP);
	if (lines->lines.verbose && event->line) {
		format_text(file ? file : "", file ? strlen(file) : 0, out);
		buffer_printf(out, ":%u: ", event->line);
	}
	buffer_printf(out, "%s\n", event->text);
}

static void add(struct event_lines *base, const struct skbscope_event *event, struct buffer *out)
{
	struct table_lines *lines = (struct table_lines *)base;
	const struct skbscope_schema *schema = event->record.schema;
	struct table *table = table_of(lines, schema);

	if (!table) {
		out->failed = true;
		return;
	}
	if (event->text) {
		add_print(lines, event, out);
		return;
	}
	if (!table->headed) {
		widen(lines, table, event);
		put_head(lines, table, out);
	}
	lines->line_start = out->length;
	put_time(lines, event->wall_ns, out);
	if (base->several)
		put(lines, out, schema->table, strlen(schema->table), &lines->name_width, false,
		    false);
	for (size_t i = 0; i < table->count; i++) {
		struct column *plan = &table->columns[i];

		format(lines, plan, event);
		if (lines->cell.failed)
			out->failed = true;
		put(lines, out, buffer_text(&lines->cell), lines->cell.length, &plan->width,
		    plan->right, i + 1 == table->count && !event->rest_size);
	}
	if (event->rest_size)
		put_rest(lines, event, out);
	buffer_append(out, "\n", 1);
	if (base->hex)
		put_dump(event, out);
}

const struct event_format event_format_table = { open_lines, add, close_lines };
