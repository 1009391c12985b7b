/* SPDX-License-Identifier: Apache-2.0 */
/* model/assignment and model/wanted: from lines of text to what has to be done. */
#include "model/wanted.h"

#include <errno.h>
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "declare.h"
#include "harness.h"

static struct skbscope_error error;
static const char *at;

static const char *text_of(struct span span)
{
	static char texts[4][64];
	static unsigned next;
	char *text = texts[next++ % 4];

	snprintf(text, sizeof(texts[0]), "%.*s", (int)span.length, span.length ? span.text : "");
	return text;
}

static void check_split(const char *text, const char *table, const char *key, const char *value)
{
	struct assignment assignment;

	CHECK_NUMBER(assignment_split(span_of(text), &assignment, &at, &error), 0);
	CHECK_TEXT(text_of(assignment.table), table);
	CHECK_TEXT(text_of(assignment.key), key);
	CHECK_TEXT(text_of(assignment.value), value);
}

static void check_no_split(const char *text, int place, const char *words)
{
	struct assignment assignment;

	CHECK_NUMBER(assignment_split(span_of(text), &assignment, &at, &error), -EINVAL);
	CHECK_NUMBER(at - text, place);
	CHECK_CONTAINS(error.message, words);
}

TEST(an_assignment_is_taken_apart_outside_of_quotes_and_brackets)
{
	struct assignment assignment;

	check_split("t[1]=2", "t", "1", "2");
	check_split(" t [ {a=[1 2], b=\"]\"} ] = {c=3} ", "t", "{a=[1 2], b=\"]\"}", "{c=3}");
	check_split("t[2001:db8::/32]", "t", "2001:db8::/32", "");
	check_split("t[\"\\\"]\"]=x=y", "t", "\"\\\"]\"", "x=y");
	CHECK_NUMBER(assignment_split(span_of("t=@a b.txt"), &assignment, &at, &error), 0);
	CHECK_TEXT(text_of(assignment.file), "a b.txt");
	check_no_split("=@x", 0, "name of a table");
	check_no_split("t", 1, "a key in brackets");
	check_no_split("t=5", 2, "'@' and a file");
	check_no_split("t=@", 3, "no file");
	check_no_split("t[1=2", 2, "not closed");
	check_no_split("t[1] 2", 5, "'=' and a value");
}

static void check_line(const char *line, const char *key, const char *value)
{
	struct assignment assignment;

	assignment_line(span_of(line), &assignment);
	CHECK_TEXT(text_of(assignment.key), key);
	CHECK_TEXT(text_of(assignment.value), value);
}

TEST(a_line_ends_at_its_comment)
{
	check_line("10.0.0.0/8 = 1 # why\r", "10.0.0.0/8", "1");
	check_line("  # nothing", "", "");
	check_line("", "", "");
	check_line("10.0.0.1", "10.0.0.1", "");
	check_line("{a=1, b=2} = {c=\"#\"}", "{a=1, b=2}", "{c=\"#\"}");
	check_line("a#b = c#d", "a#b", "c#d");
	check_line("\"x = y\" = 1", "\"x = y\"", "1");
}

static int add(struct wanted *wanted, const char *line, uint32_t number)
{
	struct assignment assignment;

	assignment_line(span_of(line), &assignment);
	return wanted_add(wanted, NULL, &assignment, 0, number, &at, &error);
}

static void add_lines(struct wanted *wanted, const struct declared *table, const char *const *lines)
{
	struct wanted_place place;

	*wanted = (struct wanted){ .schema = schema_set_get(table->set, 0) };
	for (uint32_t i = 0; lines[i]; i++)
		CHECK_NUMBER(add(wanted, lines[i], i + 1), 0);
	CHECK_NUMBER(wanted_settle(wanted, &place, &error), 0);
}

static uint32_t number_at(const uint8_t *bytes)
{
	uint32_t number;

	memcpy(&number, bytes, sizeof(number));
	return number;
}

TEST(a_later_text_counts_member_by_member)
{
	static const char *const lines[] = { "2 = {a=1, b=1}", "1 = {a=7}", NULL };
	AUTO(wanted_clear) struct wanted wanted = { 0 };
	struct assignment assignment;
	struct wanted_place place;
	struct declared table;

	declare(&table, BPF_MAP_TYPE_HASH, "u32", "a u32; b u32");
	add_lines(&wanted, &table, lines);
	CHECK_NUMBER(wanted.count, 2);
	CHECK_NUMBER(number_at(wanted_key(&wanted, 0)), 1);
	CHECK_NUMBER(number_at(wanted_written(&wanted, 0)), UINT32_MAX);
	CHECK_NUMBER(number_at(wanted_written(&wanted, 0) + 4), 0);
	CHECK_NUMBER(assignment_split(span_of("t[2]={b=5}"), &assignment, &at, &error), 0);
	CHECK_NUMBER(wanted_add(&wanted, NULL, &assignment, 1, 0, &at, &error), 0);
	CHECK_NUMBER(wanted_settle(&wanted, &place, &error), 0);
	CHECK_NUMBER(wanted.count, 2);
	CHECK_NUMBER(number_at(wanted_value(&wanted, 1)), 1);
	CHECK_NUMBER(number_at(wanted_value(&wanted, 1) + 4), 5);
	declare_clear(&table);
}

TEST(a_key_is_once_in_a_file)
{
	AUTO(wanted_clear) struct wanted wanted = { 0 };
	struct wanted_place place;
	struct declared table;

	declare(&table, BPF_MAP_TYPE_HASH, "u32", "u32");
	wanted.schema = schema_set_get(table.set, 0);
	CHECK_NUMBER(add(&wanted, "7 = 1", 1), 0);
	CHECK_NUMBER(add(&wanted, "8 = 1", 2), 0);
	CHECK_NUMBER(add(&wanted, "0x7 = 2", 3), 0);
	CHECK_NUMBER(wanted_settle(&wanted, &place, &error), -EINVAL);
	CHECK_NUMBER(place.line, 3);
	CHECK_TEXT(error.message, "this key is in line 1 already");
	declare_clear(&table);
}

TEST(more_rows_than_there_is_room_for_are_refused_where_they_begin)
{
	AUTO(wanted_clear) struct wanted wanted = { 0 };
	struct wanted_place place;
	struct declared table;
	char line[32];

	declare(&table, BPF_MAP_TYPE_HASH, "u32", "u32");
	wanted.schema = schema_set_get(table.set, 0);
	for (uint32_t i = 0; i < 1030; i++) {
		snprintf(line, sizeof(line), "%u = 1", 5000 - i);
		CHECK_NUMBER(add(&wanted, line, i + 1), 0);
	}
	CHECK_NUMBER(wanted_settle(&wanted, &place, &error), -ENOSPC);
	CHECK_NUMBER(place.line, 1025);
	CHECK_TEXT(error.message, "the table 't' has room for 1024 rows, not for 1030");
	declare_clear(&table);
}

TEST(a_star_is_every_slot_of_an_array)
{
	static const char *const lines[] = { "* = 5", "3 = 7", NULL };
	AUTO(wanted_clear) struct wanted wanted = { 0 };
	struct declared table;

	declare(&table, BPF_MAP_TYPE_ARRAY, "u32", "u32");
	add_lines(&wanted, &table, lines);
	CHECK_NUMBER(wanted.count, 1024);
	CHECK_NUMBER(number_at(wanted_value(&wanted, 2)), 5);
	CHECK_NUMBER(add(&wanted, "1024 = 1", 9), -EINVAL);
	CHECK_TEXT(error.message, "the table 't' has slots 0 to 1023, and no 1024");
	declare_clear(&table);
	declare(&table, BPF_MAP_TYPE_HASH, "u32", "u32");
	wanted.schema = schema_set_get(table.set, 0);
	CHECK_NUMBER(add(&wanted, "* = 1", 9), -EINVAL);
	CHECK_CONTAINS(error.hint, "only an array");
	declare_clear(&table);
}

TEST(what_differs_is_added_changed_and_taken_away)
{
	static const char *const before[] = { "1 = {a=1}", "2 = {a=1}", "3 = {a=1}", NULL };
	static const char *const after[] = { "4 = {a=1}", "3 = {a=1}", "1 = {a=2}", NULL };
	AUTO(wanted_clear) struct wanted old = { 0 };
	AUTO(wanted_clear) struct wanted new = { 0 };
	AUTO(buffer_free) struct buffer zeros = { 0 };
	AUTO(freep) struct wanted_change *changes = NULL;
	struct declared table;
	size_t count;

	declare(&table, BPF_MAP_TYPE_HASH, "u32", "a u32; b u32");
	add_lines(&old, &table, before);
	add_lines(&new, &table, after);
	CHECK_NUMBER(wanted_compare(&old, &new, &zeros, &changes, &count), 0);
	CHECK_NUMBER(count, 3);
	CHECK(number_at(changes[0].key) == 1 && number_at(changes[0].value) == 2);
	CHECK(number_at(changes[1].key) == 2 && !changes[1].value);
	CHECK(number_at(changes[2].key) == 4 && changes[2].place->line == 1);
	declare_clear(&table);
}
