/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a replay came to what the live tables had, and what may be why it did not. */
#include <inttypes.h>
#include <linux/if_ether.h>
#include <string.h>

#include <skbscope/difference.h>

#include "base/cleanup.h"
#include "expect/match.h"
#include "model/difference.h"
#include "model/names.h"
#include "model/value.h"
#include "run/record.h"

#define SHOWN 5u /* rows of a table that came otherwise */

static void difference_freep(struct skbscope_difference **difference)
{
	skbscope_difference_free(*difference);
}

/* A duration is taken from a clock that went on between two packets' being handed over and
 * being looked at. */
static bool is_near(const struct skbscope_column *column, const uint8_t *live,
		    const uint8_t *replayed)
{
	struct value a = value_read(column, live), b = value_read(column, replayed);
	const double x = value_double(&a), y = value_double(&b);
	const double off = x > y ? x - y : y - x;

	return column->type->display == SKBSCOPE_DISPLAY_NS && (off <= 1e5 || off <= x / 100);
}

static uint64_t bucket(const uint8_t *counts, uint32_t bits, uint32_t i)
{
	uint64_t wide = 0;
	uint32_t narrow = 0;

	if (bits == 64)
		memcpy(&wide, counts + 8 * i, sizeof(wide));
	else if (bits == 32)
		memcpy(&narrow, counts + 4 * i, sizeof(narrow));
	return wide + narrow;
}

/* As many durations, of which few are in the bucket beside: so many of them are near its end. */
static bool are_near(const struct skbscope_type *histogram, const uint8_t *live,
		     const uint8_t *replayed)
{
	const uint32_t bits = histogram->element->bits;
	uint64_t all = 0, a = 0, b = 0;

	if (histogram->element->display != SKBSCOPE_DISPLAY_BUCKET_NS)
		return false;
	for (uint32_t i = 0; i < histogram->count; i++)
		all += bucket(live, bits, i);
	for (uint32_t i = 0; i < histogram->count; i++) {
		a += bucket(live, bits, i);
		b += bucket(replayed, bits, i);
		if ((a > b ? a - b : b - a) > all / 4 + 1)
			return false;
	}
	return a == b;
}

static bool is_same_cell(const struct skbscope_column_pair *pair, const uint8_t *live,
			 const uint8_t *replayed)
{
	struct value by;

	if (live && replayed && is_near(pair->first, live, replayed))
		return true;
	if (live && replayed && pair->first->type->kind == SKBSCOPE_KIND_ARRAY &&
	    are_near(pair->first->type, live + pair->first->bit_offset / 8,
		     replayed + pair->second->bit_offset / 8))
		return true;
	if (live && replayed && !pair->is_number)
		return value_compare(pair->first, live, replayed) == 0;
	by = difference_value(pair, live, replayed);
	return value_double(&by) == 0;
}

static const uint8_t *value_of(const struct skbscope_table *table, size_t row)
{
	return row == SKBSCOPE_NO_ROW ? NULL : table->values + row * table->schema->value_size;
}

static bool is_same_row(const struct skbscope_table_difference *table,
			const struct skbscope_row_difference *row)
{
	const uint8_t *live = value_of(table->first, row->first);
	const uint8_t *replayed = value_of(table->second, row->second);

	if (!live || !replayed)
		return false;
	for (size_t i = 0; i < table->value_count; i++)
		if (!is_same_cell(&table->values[i], live, replayed))
			return false;
	return true;
}

static void append_row(const struct skbscope_table *table, size_t row, char sign,
		       struct buffer *out)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_record record = { .schema = table->schema };

	if (row == SKBSCOPE_NO_ROW)
		return;
	record.key = table->keys + row * table->schema->key_size;
	record.value = table->values + row * table->schema->value_size;
	match_text(NULL, &record, table->schema->value_size, &text);
	buffer_printf(out, "  %c %s\n", sign, buffer_text(&text));
}

/* Lines about a table; none: it came to the same. */
static void compare_table(const struct skbscope_table_difference *table, struct buffer *out)
{
	size_t rows = 0;

	if (!table->first || !table->second) {
		buffer_printf(out, "%s: only %s\n", table->table,
			      table->first ? "live" : "replayed");
		return;
	}
	if (table->first->schema->is_events) {
		if (table->first->received + table->first->lost !=
		    table->second->received + table->second->lost)
			buffer_printf(out,
				      "%s: %" PRIu64 " events live, and %" PRIu64 " replayed\n",
				      table->table, table->first->received + table->first->lost,
				      table->second->received + table->second->lost);
		return;
	}
	for (size_t i = 0; i < table->row_count; i++) {
		const struct skbscope_row_difference *row = &table->rows[i];

		if (is_same_row(table, row))
			continue;
		if (!rows++)
			buffer_printf(out, "%s: live (-), and replayed (+)\n", table->table);
		if (rows > SHOWN)
			continue;
		append_row(table->first, row->first, '-', out);
		append_row(table->second, row->second, '+', out);
	}
	if (rows > SHOWN)
		buffer_printf(out, "  ... and %zu more rows\n", rows - SHOWN);
}

static bool is_ours(const struct skbscope_verdict_difference *verdict,
		    const struct skbscope_image *image)
{
	for (size_t i = 0; i < image->program_count; i++)
		if (strcmp(image->programs[i].name, verdict->function) == 0)
			return true;
	return false;
}

int record_compare(const struct skbscope_image *image, const struct skbscope_snapshot *live,
		   const struct skbscope_snapshot *replayed, struct buffer *out,
		   struct skbscope_error *error)
{
	AUTO(difference_freep) struct skbscope_difference *difference = NULL;
	int r = skbscope_difference_new(live, replayed, &difference, error);

	for (size_t i = 0; r == 0 && i < difference->table_count; i++) {
		const struct skbscope_table_difference *table = &difference->tables[i];

		if (!record_leaves_out((table->first ? table->first : table->second)->schema))
			compare_table(table, out);
	}
	for (size_t i = 0; r == 0 && i < difference->verdict_count; i++) {
		const struct skbscope_verdict_difference *verdict = &difference->verdicts[i];

		if (is_ours(verdict, image))
			buffer_printf(out,
				      "verdict %s by %s: %" PRIu64 " packets live, and %" PRIu64
				      " replayed\n",
				      verdict_name(verdict->verdict), verdict->function,
				      verdict->first, verdict->second);
	}
	return r;
}

static bool has_interfaces(const struct skbscope_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->table_count; i++) {
		const struct skbscope_schema *schema = snapshot->tables[i].schema;

		for (size_t j = 0; j < schema->column_count; j++)
			if (schema->columns[j].type->display == SKBSCOPE_DISPLAY_IFINDEX)
				return true;
	}
	return false;
}

/* Left with no MAC addresses, as by loopback, where it comes back. */
static bool comes_back(const struct recorded_packet *packet)
{
	static const uint8_t none[2 * ETH_ALEN];

	return packet->direction == SKBSCOPE_EGRESS && packet->size >= ETH_HLEN &&
	       memcmp(packet->bytes, none, sizeof(none)) == 0;
}

/* What a packet has that a file of tests has no word for, as far as these had it. */
void record_reasons(const struct recorded *recorded, struct buffer *out)
{
	size_t merged = 0, cpus = 0, tags = 0, back = 0;

	for (size_t i = 0; i < recorded->count; i++) {
		const struct recorded_packet *packet = &recorded->packets[i];

		merged += packet->segments > 1;
		cpus += i && packet->cpu != recorded->packets[0].cpu;
		tags += record_tag_is_unsaid(packet);
		back += comes_back(packet);
	}
	if (back)
		buffer_printf(out,
			      "  %zu packets left by loopback, where they come back: a program "
			      "that counts each once knows them by skb->ifindex and "
			      "skb->ingress_ifindex, which a recorded packet has none of; record "
			      "what comes back, with \"-Q in\"\n",
			      back);
	if (merged)
		buffer_printf(out,
			      "  %zu packets were several that the kernel had merged (GRO), or was "
			      "to cut "
			      "(GSO), and a replayed one is one: keep them apart with \"ethtool -K "
			      "IFACE gro "
			      "off\" and \"ip link set IFACE gso_max_segs 1\"\n",
			      merged);
	if (cpus)
		buffer_string(out,
			      "  packets came on several CPUs at once: they are replayed one after "
			      "the other\n");
	if (tags)
		buffer_printf(
			out,
			"  %zu packets had a VLAN tag with a priority, or another than 802.1Q's\n",
			tags);
	if (has_interfaces(recorded->snapshot))
		buffer_string(out,
			      "  it counts by interface, which a recorded packet has none of\n");
	buffer_string(out,
		      "  nothing is recorded of clocks, random numbers, sockets and processes, of "
		      "skb->hash, priority and queue\n");
}
