/* SPDX-License-Identifier: Apache-2.0 */
/* A file of tests as somebody would write it: docs/testing-programs.md has the form. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "expect/match.h"
#include "model/histogram.h"
#include "model/names.h"
#include "packet/packet.h"
#include "run/record.h"
#include "source/source.h"

#define ROWS_MAX 10000u /* of which each is written; of more only the number is */
#define TAG_ID 0xfffu

static void append_path(const char *file, const char *name, struct buffer *out)
{
	AUTO(freep) char *real = realpath(name, NULL);
	AUTO(freep) char *beside = NULL;
	AUTO(freep) char *folder = NULL;
	const char *slash = strrchr(file, '/');
	size_t length;

	folder = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
	beside = folder ? realpath(folder, NULL) : NULL;
	length = beside ? strlen(beside) : 0;
	if (real && length && strncmp(real, beside, length) == 0 && real[length] == '/' &&
	    !strchr(real + length + 1, '/'))
		buffer_printf(out, ".%s", real + length);
	else
		buffer_string(out, real ? real : name);
}

/* A bundled program by its name, others as they are found from the file. */
static void append_program(const char *file, const char *name, struct buffer *out)
{
	if (source_is_path(name))
		append_path(file, name, out);
	else
		buffer_string(out, name);
}

static void append_list(const char *word, const struct list *list, struct buffer *out)
{
	for (size_t i = 0; i < list->count; i++)
		buffer_printf(out, "%s %s\n", word, list->items[i]);
}

static void append_word(const char *word, const char *value, struct buffer *out)
{
	if (value)
		buffer_printf(out, "%s %s\n", word, value);
}

static void append_sets(const struct record_settings *settings, struct buffer *out)
{
	for (size_t i = 0; i < settings->tables->set.count; i++) {
		const char *text = settings->tables->set.items[i];
		const size_t before = strcspn(text, "[@");

		buffer_printf(out, "set %.*s", (int)before + (text[before] == '@'), text);
		if (text[before] == '@')
			append_path(settings->file, text + before + 1, out);
		else
			buffer_string(out, text + before);
		buffer_string(out, "\n");
	}
}

/* That it has addresses comes first: who passes the file on is to know. */
static void append_head(const struct targets *targets, const struct recorded *recorded,
			struct buffer *out)
{
	const time_t now = (time_t)(clock_wall_ns() / 1000000000u);
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	buffer_string(out, "# Recorded: addresses and contents are as they came, so look before "
			   "you pass it on.\n");
	buffer_printf(out, "# %zu packet%s of", recorded->count, recorded->count == 1 ? "" : "s");
	for (size_t i = 0; i < targets->count; i++)
		buffer_printf(out, "%s %s", i ? "," : "", targets->names[i]);
	buffer_printf(out, ", until %s\n", when);
}

static void append_program_settings(const struct record_settings *settings, struct buffer *out)
{
	const struct traffic_settings *traffic = settings->traffic;

	buffer_string(out, "program ");
	append_program(settings->file, settings->program, out);
	buffer_string(out, "\n");
	for (size_t i = 0; i < settings->compiling->with.count; i++) {
		buffer_string(out, "with ");
		append_program(settings->file, settings->compiling->with.items[i], out);
		buffer_string(out, "\n");
	}
	append_list("define", &settings->compiling->defines, out);
	append_word("ingress", traffic->ingress, out);
	append_word("egress", traffic->egress, out);
	append_word("direction", traffic->direction, out);
	for (size_t i = 0; i < traffic->filter.count; i++)
		buffer_printf(out, "%s%s", i ? " " : "filter ", traffic->filter.items[i]);
	if (traffic->filter.count)
		buffer_string(out, "\n");
	append_sets(settings, out);
}

static void append_hex(const struct recorded_packet *packet, struct buffer *out)
{
	for (uint32_t i = 0; i < packet->size; i++)
		buffer_printf(out, "%s%02x", i % 16 ? " " : "\n\t", packet->bytes[i]);
	buffer_string(out, "\n");
}

/* False: they would be other bytes. */
static bool describe(const struct recorded_packet *packet, struct buffer *out)
{
	AUTO(buffer_free) struct buffer again = { 0 };
	struct packet_mistake mistake;

	packet_describe(packet->bytes, packet->size, out);
	return out->length && packet_is_described(span_of(buffer_text(out))) &&
	       packet_build(span_of(buffer_text(out)), &again, &mistake) == 0 &&
	       again.length == packet->size && memcmp(again.data, packet->bytes, packet->size) == 0;
}

static void append_bytes(const struct recorded_packet *packet, struct buffer *out)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct span rest, line;

	if (!describe(packet, &text)) {
		append_hex(packet, out);
		return;
	}
	buffer_string(out, "\n");
	rest = span_of(buffer_text(&text));
	while (span_next_line(&rest, &line))
		buffer_printf(out, "\t%.*s\n", (int)line.length, line.text);
}

bool record_tag_is_unsaid(const struct recorded_packet *packet)
{
	return packet->has_tag &&
	       (packet->tag_protocol != htons(ETH_P_8021Q) || packet->tag > TAG_ID);
}

static void append_packet(const struct recorded_packet *packet,
			  const struct recorded_packet *before, struct buffer *out)
{
	buffer_printf(out, "packet %s", packet->direction == SKBSCOPE_EGRESS ? "out" : "in");
	if (before && packet->time_ns == before->time_ns)
		buffer_string(out, " after 0");
	else if (before)
		buffer_printf(out, " after %" PRIu64 "ns", packet->time_ns - before->time_ns);
	if (packet->has_tag)
		buffer_printf(out, " vlan %u", packet->tag & TAG_ID);
	if (packet->mark)
		buffer_printf(out, " mark %u", packet->mark);
	if (record_tag_is_unsaid(packet))
		buffer_printf(out, " # its tag is 0x%04x 0x%04x", ntohs(packet->tag_protocol),
			      packet->tag);
	append_bytes(packet, out);
}

void record_text_packets(const struct record_settings *settings, const struct targets *targets,
			 const struct recorded *recorded, struct buffer *out)
{
	append_head(targets, recorded, out);
	append_program_settings(settings, out);
	buffer_string(out, "\n");
	for (size_t i = 0; i < recorded->count; i++)
		append_packet(&recorded->packets[i], i ? &recorded->packets[i - 1] : NULL, out);
	buffer_string(out, "\n");
}

/* What the program's clock said is another each time. */
static void append_row(const struct skbscope_record *record, uint32_t bytes, struct buffer *out)
{
	AUTO(buffer_free) struct buffer row = { 0 };
	struct shown_columns shown = { 0 };
	const struct skbscope_column *column;

	while ((column = shown_next(record->schema, &shown)))
		if (column->type->display != SKBSCOPE_DISPLAY_WHEN)
			match_cell_text(column, record, bytes, &row);
	buffer_printf(out, "\t%s\n", buffer_text(&row));
	out->failed |= row.failed;
}

static bool is_zero(const uint8_t *bytes, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Slots of zeros are none. */
static bool is_row(const struct skbscope_table *table, size_t i)
{
	const struct skbscope_schema *schema = table->schema;

	return !schema->is_array ||
	       !is_zero(table->values + i * schema->value_size, schema->value_size);
}

static void append_table(const struct skbscope_table *table, struct buffer *out)
{
	const struct skbscope_schema *schema = table->schema;
	size_t rows = 0;

	for (size_t i = 0; i < table->row_count; i++)
		rows += is_row(table, i);
	if (!rows || rows > ROWS_MAX) {
		buffer_printf(out, "expect table %s %zu rows\n", schema->table, rows);
		return;
	}
	buffer_printf(out, "expect table %s\n", schema->table);
	for (size_t i = 0; i < table->row_count; i++) {
		const struct skbscope_record record = { schema, table->keys + i * schema->key_size,
							table->values + i * schema->value_size,
							NULL };

		if (is_row(table, i))
			append_row(&record, schema->value_size, out);
	}
}

static void append_events(const struct outcome *outcome, const struct skbscope_schema *schema,
			  struct buffer *out)
{
	size_t count = 0;

	for (size_t i = 0; i < outcome->event_count; i++)
		count += strcmp(outcome->events[i].schema->table, schema->table) == 0;
	buffer_printf(out, "expect events %s%s\n", schema->table, count ? "" : " 0 events");
	for (size_t i = 0; i < outcome->event_count; i++) {
		const struct outcome_event *event = &outcome->events[i];
		const struct skbscope_record record = { event->schema, NULL, event->value, NULL };

		if (strcmp(event->schema->table, schema->table) == 0)
			append_row(&record, event->size, out);
	}
}

static void append_verdicts(const struct skbscope_snapshot *snapshot, struct buffer *out)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < snapshot->verdict_count; i++)
		packets += snapshot->verdicts[i].packets;
	buffer_printf(out, "expect packets %" PRIu64 "\n", packets);
	if (!packets)
		return;
	buffer_string(out, "expect verdicts");
	for (size_t i = 0; i < snapshot->verdict_count; i++) {
		const int32_t verdict = snapshot->verdicts[i].verdict;
		uint64_t sum = 0;
		bool told = false;

		for (size_t j = 0; j < snapshot->verdict_count; j++) {
			told |= j < i && snapshot->verdicts[j].verdict == verdict;
			sum += snapshot->verdicts[j].verdict == verdict
				       ? snapshot->verdicts[j].packets
				       : 0;
		}
		if (!told && sum)
			buffer_printf(out, " %s=%" PRIu64, verdict_name(verdict), sum);
	}
	buffer_string(out, "\n");
}

static void append_prints(const struct outcome *outcome, struct buffer *out)
{
	if (outcome->print_count)
		buffer_string(out, "expect prints\n");
	for (size_t i = 0; i < outcome->print_count; i++) {
		buffer_string(out, "\t\"");
		for (const char *at = outcome->prints[i]; *at; at++)
			buffer_printf(out, strchr("\"\\", *at) ? "\\%c" : "%c", *at);
		buffer_string(out, "\"\n");
	}
}

static void append_losses(const struct skbscope_snapshot *snapshot, struct buffer *out)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < snapshot->loss_count; i++)
		sum += snapshot->losses[i].known ? snapshot->losses[i].count : 0;
	if (snapshot->loss_count)
		buffer_printf(out, "expect losses >= %" PRIu64 "\n", sum);
}

void record_text_expected(const struct outcome *outcome, struct buffer *out)
{
	const struct skbscope_snapshot *snapshot = outcome->snapshot;

	append_verdicts(snapshot, out);
	for (size_t i = 0; i < snapshot->table_count; i++) {
		const struct skbscope_schema *schema = snapshot->tables[i].schema;

		if (record_leaves_out(schema) || schema->is_prints)
			continue;
		if (schema->is_events)
			append_events(outcome, schema, out);
		else if (schema->readable)
			append_table(&snapshot->tables[i], out);
	}
	append_prints(outcome, out);
	append_losses(snapshot, out);
}
