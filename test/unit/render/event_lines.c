/* SPDX-License-Identifier: Apache-2.0 */
/* Events as lines, for people and as JSON. */
#include "render/event_lines.h"

#include <json.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/print_record.h"
#include "harness.h"
#include "unit/model/fixture.h"

#define MONOTONIC UINT64_C(5000000000)
#define WALL UINT64_C(1700000000123456789) /* 22:13:20 UTC */

struct packed {
	uint32_t saddr;
	uint16_t len;
	uint64_t when;
	uint32_t ifindex;
} __attribute__((packed));

struct scene {
	struct btf *btf;
	struct skbscope_image_map maps[4];
	struct skbscope_image_events events[4];
	struct schema_set *set;
};

static void submits(struct scene *scene, const char *name, int type)
{
	char text[64];
	int id;

	snprintf(text, sizeof(text), "____skb_event_%s", name);
	id = btf__add_struct(scene->btf, text,
			     (uint32_t)btf__resolve_size(scene->btf, (uint32_t)type));
	btf__add_field(scene->btf, "value", type, 0, 0);
	CHECK(id > 0);
}

static void open_scene(struct scene *scene)
{
	struct basics basics;
	struct skbscope_image image;
	int ipv4, ifindex, when, packed;

	*scene = (struct scene){ .btf = btf_with_basics(&basics) };
	ipv4 = btf__add_typedef(scene->btf, "ipv4_t", basics.u32);
	ifindex = btf__add_typedef(scene->btf, "ifindex_t", basics.u32);
	when = btf__add_typedef(scene->btf, "when_t", basics.u64);
	packed = btf__add_struct(scene->btf, "packed", sizeof(struct packed));
	btf__add_field(scene->btf, "saddr", ipv4, 0, 0);
	btf__add_field(scene->btf, "len", basics.u16, 32, 0);
	btf__add_field(scene->btf, "when", when, 48, 0);
	btf__add_field(scene->btf, "ifindex", ifindex, 112, 0);
	submits(scene, "events", packed);
	submits(scene, "other", basics.s32);
	scene->events[0].size = sizeof(struct packed);
	scene->events[1].size = 4;
	scene->maps[0] = map_of("events", BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0);
	scene->maps[1] = map_of("other", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0, 0);
	scene->maps[2] = map_of("unknown", BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0);
	scene->maps[3] = map_of(PRINT_TABLE, BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0);
	for (size_t i = 0; i < 4; i++)
		scene->maps[i].events = &scene->events[i];
	image = image_of(scene->maps, 4, scene->btf);
	CHECK_NUMBER(schema_set_new(&image, &scene->set, NULL), 0);
}

static void close_scene(struct scene *scene)
{
	schema_set_unref(scene->set);
	btf__free(scene->btf);
}

static struct skbscope_event event_of(const struct scene *scene, size_t table, const void *value,
				      uint32_t size)
{
	return (struct skbscope_event){
		.record = { .schema = schema_set_get(scene->set, table), .value = value },
		.size = size,
		.wall_ns = WALL,
		.monotonic_ns = MONOTONIC,
		.number = 1,
	};
}

static const struct packed packet = { 0x0100000a, 90, MONOTONIC - 1000000, 7 };
static const struct skbscope_hook_state hooks[] = { { .interface = "eth0", .ifindex = 7 } };
static const struct skbscope_snapshot snapshot = { .hooks = hooks, .hook_count = 1 };

TEST(people_have_a_head_and_columns_that_stand_below_it)
{
	struct event_lines *lines = event_format_table.open();
	AUTO(buffer_free) struct buffer out = { 0 };
	const int32_t number = -23;
	struct skbscope_event first, second;
	struct scene scene;

	setenv("TZ", "UTC", 1);
	open_scene(&scene);
	lines->snapshot = &snapshot;
	first = event_of(&scene, 0, &packet, sizeof(packet));
	second = event_of(&scene, 1, &number, sizeof(number));
	event_format_table.add(lines, &first, &out);
	event_format_table.add(lines, &first, &out);
	event_format_table.add(lines, &second, &out);
	CHECK_TEXT(buffer_text(&out),
		   "time             saddr              len             when  ifindex\n"
		   "22:13:20.123456  10.0.0.1            90  22:13:20.122456  eth0\n"
		   "22:13:20.123456  10.0.0.1            90  22:13:20.122456  eth0\n"
		   "time                value\n"
		   "22:13:20.123456       -23\n");
	event_format_table.close(lines);
	close_scene(&scene);
}

TEST(of_several_tables_each_line_has_its_name)
{
	struct event_lines *lines = event_format_table.open();
	AUTO(buffer_free) struct buffer out = { 0 };
	const int32_t number = 1;
	struct skbscope_event event;
	struct scene scene;

	setenv("TZ", "UTC", 1);
	open_scene(&scene);
	lines->several = true;
	event = event_of(&scene, 1, &number, sizeof(number));
	event_format_table.add(lines, &event, &out);
	CHECK_TEXT(buffer_text(&out), "time             table     value\n"
				      "22:13:20.123456  other         1\n");
	event_format_table.close(lines);
	close_scene(&scene);
}

TEST(what_was_not_submitted_is_not_shown_and_what_is_behind_is_told)
{
	struct event_lines *lines = event_format_table.open();
	AUTO(buffer_free) struct buffer out = { 0 };
	struct skbscope_event event;
	struct scene scene;

	setenv("TZ", "UTC", 1);
	open_scene(&scene);
	event = event_of(&scene, 0, &packet, 6);
	event_format_table.add(lines, &event, &out);
	CHECK_CONTAINS(buffer_text(&out), "10.0.0.1            90                -  -\n");
	event.size = sizeof(packet);
	event.rest = (const uint8_t *)"abc";
	event.rest_size = 3;
	event_format_table.add(lines, &event, &out);
	CHECK_CONTAINS(buffer_text(&out), "  +3 B\n");
	event = event_of(&scene, 2, "", 0);
	event.rest = (const uint8_t *)"\1\2\xff";
	event.rest_size = 3;
	event_format_table.add(lines, &event, &out);
	CHECK_CONTAINS(buffer_text(&out), "22:13:20.123456  01 02 ff\n");
	event_format_table.close(lines);
	close_scene(&scene);
}

static struct json_object *as_json(const struct skbscope_event *event)
{
	struct event_lines *lines = event_format_json.open();
	AUTO(buffer_free) struct buffer out = { 0 };
	struct json_object *object;

	event_format_json.add(lines, event, &out);
	CHECK(out.length && out.data[out.length - 1] == '\n');
	CHECK(strchr(buffer_text(&out), '\n') == out.data + out.length - 1);
	object = json_tokener_parse(buffer_text(&out));
	CHECK(object != NULL);
	event_format_json.close(lines);
	return object;
}

static const char *text_of(struct json_object *object, const char *member, const char *below)
{
	struct json_object *found = NULL;

	if (!json_object_object_get_ex(object, member, &found) ||
	    (below && !json_object_object_get_ex(found, below, &found)))
		return "(none)";
	return found ? json_object_get_string(found) : "null";
}

TEST(json_has_exact_values_and_readable_ones)
{
	struct skbscope_event event;
	struct json_object *object;
	struct scene scene;

	open_scene(&scene);
	event = event_of(&scene, 0, &packet, sizeof(packet));
	event.function = "count";
	object = as_json(&event);
	CHECK_TEXT(text_of(object, "event", NULL), "events");
	CHECK_TEXT(text_of(object, "time", NULL), "2023-11-14T22:13:20.123456789Z");
	CHECK_TEXT(text_of(object, "function", NULL), "count");
	CHECK_TEXT(text_of(object, "saddr", NULL), "16777226");
	CHECK_TEXT(text_of(object, "text", "saddr"), "10.0.0.1");
	CHECK_TEXT(text_of(object, "len", NULL), "90");
	CHECK_TEXT(text_of(object, "rest_bytes", NULL), "(none)");
	json_object_put(object);
	event.size = 6;
	event.function = NULL;
	event.rest_size = 64;
	object = as_json(&event);
	CHECK_TEXT(text_of(object, "len", NULL), "90");
	CHECK_TEXT(text_of(object, "when", NULL), "null");
	CHECK_TEXT(text_of(object, "function", NULL), "(none)");
	CHECK_TEXT(text_of(object, "rest_bytes", NULL), "64");
	json_object_put(object);
	close_scene(&scene);
}

TEST(bytes_of_which_nothing_is_known_are_hexadecimal)
{
	struct skbscope_event event;
	struct json_object *object;
	struct scene scene;

	open_scene(&scene);
	event = event_of(&scene, 2, "", 0);
	event.rest = (const uint8_t *)"\1\2\xff";
	event.rest_size = 3;
	object = as_json(&event);
	CHECK_TEXT(text_of(object, "rest", NULL), "0102ff");
	json_object_put(object);
	close_scene(&scene);
}

static struct skbscope_event print_of(const struct scene *scene)
{
	struct skbscope_event event = event_of(scene, 3, "", 0);

	event.text = "hello \"60\"";
	event.line = 7;
	event.function = "count";
	return event;
}

TEST(a_print_is_its_text)
{
	static const struct skbscope_snapshot mine = { .path = "/tmp/mine.c" };
	struct event_lines *lines = event_format_table.open();
	AUTO(buffer_free) struct buffer out = { 0 };
	struct skbscope_event event;
	struct scene scene;

	setenv("TZ", "UTC", 1);
	open_scene(&scene);
	event = print_of(&scene);
	lines->snapshot = &mine;
	event_format_table.add(lines, &event, &out);
	lines->verbose = true;
	event_format_table.add(lines, &event, &out);
	event.file = "/tmp/mine.h";
	event_format_table.add(lines, &event, &out);
	lines->verbose = false;
	lines->several = true;
	event_format_table.add(lines, &event, &out);
	CHECK_TEXT(buffer_text(&out), "hello \"60\"\n"
				      "/tmp/mine.c:7: hello \"60\"\n"
				      "/tmp/mine.h:7: hello \"60\"\n"
				      "22:13:20.123456  print  hello \"60\"\n");
	event_format_table.close(lines);
	close_scene(&scene);
}

TEST(in_json_a_print_has_its_place)
{
	struct event_lines *lines = event_format_json.open();
	AUTO(buffer_free) struct buffer out = { 0 };
	struct skbscope_event event;
	struct scene scene;

	open_scene(&scene);
	event = print_of(&scene);
	event_format_json.add(lines, &event, &out);
	CHECK_CONTAINS(buffer_text(&out), "{\"event\":\"print\",\"time\":");
	CHECK_CONTAINS(buffer_text(&out),
		       ",\"function\":\"count\",\"text\":\"hello \\\"60\\\"\",\"line\":7}\n");
	event_format_json.close(lines);
	close_scene(&scene);
}

static void check_time(enum event_time time, bool several, const char *expected)
{
	struct event_lines *lines = event_format_table.open();
	AUTO(buffer_free) struct buffer out = { 0 };
	const int32_t number = 1;
	struct skbscope_event event, print;
	struct scene scene;

	setenv("TZ", "UTC-2", 1);
	tzset();
	open_scene(&scene);
	lines->time = time;
	lines->several = several;
	event = event_of(&scene, 1, &number, sizeof(number));
	event_format_table.add(lines, &event, &out);
	print = print_of(&scene);
	print.wall_ns += UINT64_C(61000001000);
	event_format_table.add(lines, &print, &out);
	CHECK_TEXT(buffer_text(&out), expected);
	event_format_table.close(lines);
	close_scene(&scene);
	setenv("TZ", "UTC", 1);
	tzset();
}

TEST(lines_begin_with_the_clock_that_was_asked_for)
{
	check_time(EVENT_TIME_AUTO, false,
		   "time                value\n"
		   "00:13:20.123456         1\n"
		   "hello \"60\"\n");
	check_time(EVENT_TIME_LOCAL, false,
		   "time                value\n"
		   "00:13:20.123456         1\n"
		   "00:14:21.123457  hello \"60\"\n");
	check_time(EVENT_TIME_UTC, true,
		   "time             table     value\n"
		   "22:13:20.123456  other         1\n"
		   "22:14:21.123457  print  hello \"60\"\n");
	check_time(EVENT_TIME_RELATIVE, false,
		   "time                value\n"
		   "       0.000000         1\n"
		   "      61.000001  hello \"60\"\n");
	check_time(EVENT_TIME_NONE, false,
		   "   value\n"
		   "       1\n"
		   "hello \"60\"\n");
	check_time(EVENT_TIME_NONE, true,
		   "table     value\n"
		   "other         1\n"
		   "print  hello \"60\"\n");
}

TEST(what_is_behind_a_struct_is_dumped_if_it_is_asked_for)
{
	struct event_lines *lines = event_format_table.open();
	struct event_lines *json = event_format_json.open();
	AUTO(buffer_free) struct buffer out = { 0 };
	const int32_t number = 1;
	struct skbscope_event event;
	struct scene scene;
	uint8_t rest[19];

	for (size_t i = 0; i < sizeof(rest); i++)
		rest[i] = (uint8_t)(i + 0xf0);
	open_scene(&scene);
	lines->time = EVENT_TIME_NONE;
	lines->hex = json->hex = true;
	event = event_of(&scene, 1, &number, sizeof(number));
	event.rest = rest;
	event.rest_size = sizeof(rest);
	event_format_table.add(lines, &event, &out);
	CHECK_TEXT(buffer_text(&out), "   value\n"
				      "       1  +19 B\n"
				      "\t0x0000:  f0f1 f2f3 f4f5 f6f7 f8f9 fafb fcfd feff\n"
				      "\t0x0010:  0001 02\n");
	buffer_clear(&out);
	event_format_json.add(json, &event, &out);
	CHECK_CONTAINS(buffer_text(&out), "\"rest\":\"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102\"");
	event_format_table.close(lines);
	event_format_json.close(json);
	close_scene(&scene);
}
