/* SPDX-License-Identifier: Apache-2.0 */
/* render/openmetrics: names, escapes, and what outlives a reading. */
#include "render/openmetrics.h"

#include "base/cleanup.h"
#include "harness.h"
#include "render/metric_name.h"
#include "scene.h"

static const char *bound(double number)
{
	static struct buffer out;

	buffer_clear(&out);
	metric_bound(number, &out);
	return buffer_text(&out);
}

TEST(the_end_of_a_bucket_is_written_as_go_writes_it)
{
	CHECK_TEXT(bound(0), "0.0");
	CHECK_TEXT(bound(1), "1.0");
	CHECK_TEXT(bound(10), "10.0");
	CHECK_TEXT(bound(1023), "1023.0");
	CHECK_TEXT(bound(100000), "100000.0");
	CHECK_TEXT(bound(131071), "131071.0");
	CHECK_TEXT(bound(1048575), "1.048575e+06");
	CHECK_TEXT(bound(9223372036854775807.0), "9.223372036854776e+18");
	CHECK_TEXT(bound(1e6), "1e+06");
	CHECK_TEXT(bound(0.001048575), "0.001048575");
	CHECK_TEXT(bound(1.073741823), "1.073741823");
	CHECK_TEXT(bound(17.179869183), "17.179869183");
	CHECK_TEXT(bound(1e-9), "1e-09");
	CHECK_TEXT(bound(0.000000127), "1.27e-07");
	CHECK_TEXT(bound((double)INFINITY), "+Inf");
}

static const char *part(const char *name)
{
	static struct buffer out;

	buffer_clear(&out);
	metric_name_part(name, &out);
	return buffer_text(&out);
}

TEST(names_are_small_letters_with_single_underscores)
{
	CHECK_TEXT(part("in_bytes"), "in_bytes");
	CHECK_TEXT(part("inner.rxBytes"), "inner_rx_bytes");
	CHECK_TEXT(part("__TOTAL__x2"), "total_x2");
	CHECK_TEXT(part("HTTPServer"), "httpserver");
	CHECK_TEXT(part("-e"), "e");
	CHECK_TEXT(part("a\"b\nc\xff"), "a_b_c");
	CHECK_TEXT(part("___"), "");
}

TEST(no_value_of_a_label_ends_it)
{
	AUTO(buffer_free) struct buffer out = { 0 };
	static const char value[] = "a\"b\\c\nd\x1b[2J\xff\xc3\xa4";

	metric_label("name", value, sizeof(value) - 1, &out);
	metric_label("two", "", 0, &out);
	CHECK_TEXT(buffer_text(&out), "name=\"a\\\"b\\\\c\\nd\\\\x1b[2J\\\\xff\xc3\xa4\",two=\"\"");
	buffer_clear(&out);
	metric_help("a \"b\" \\ c\nd", true, &out);
	CHECK_TEXT(buffer_text(&out), "a \\\"b\\\" \\\\ c\\nd");
	buffer_clear(&out);
	metric_help("a \"b\"", false, &out);
	CHECK_TEXT(buffer_text(&out), "a \"b\"");
}

TEST(numbers_are_seconds_with_every_digit)
{
	AUTO(buffer_free) struct buffer out = { 0 };

	metric_seconds(1500000000, false, &out);
	buffer_string(&out, " ");
	metric_seconds(1, false, &out);
	buffer_string(&out, " ");
	metric_seconds(-(bits_t)2000000001, true, &out);
	buffer_string(&out, " ");
	metric_real((double)NAN, &out);
	buffer_string(&out, " ");
	metric_real(-(double)INFINITY, &out);
	buffer_string(&out, " ");
	metric_real(0.5, &out);
	CHECK_TEXT(buffer_text(&out), "1.5 0.000000001 -2.000000001 NaN -Inf 0.5");
}

/* --- over readings ------------------------------------------------------------------ */

struct name {
	char text[8];
};

struct figures {
	uint64_t packets, took[4];
	uint64_t level, seen;
	double load;
	int32_t balance;
	uint32_t pad;
};

#define SERIES_OF_ROW 10 /* packets; five of the histogram; level, seen, load, balance */

struct story {
	struct btf *btf;
	struct skbscope_image_map map;
	struct schema_set *set;
	struct series *series;
	struct snapshot *latest;
	struct buffer text;
	uint64_t time_s, since;
	bool cut_short;
};

static int add_figures(struct btf *btf, const struct basics *basics, const char *first)
{
	int bucket = btf__add_typedef(btf, "ns_bucket_t", basics->u64);
	int level = btf__add_typedef(btf, "level_t", basics->u64);
	int when = btf__add_typedef(btf, "when_t", basics->u64);
	int real = btf__add_float(btf, "double", 8);
	int array = btf__add_array(btf, basics->u32, bucket, 4);
	int id = btf__add_struct(btf, "figures", sizeof(struct figures));

	btf__add_field(btf, first, basics->u64, 0, 0);
	btf__add_field(btf, "took", array, 64, 0);
	btf__add_field(btf, "level", level, 320, 0);
	btf__add_field(btf, "seen", when, 384, 0);
	btf__add_field(btf, "load", real, 448, 0);
	btf__add_field(btf, "balance", basics->s32, 512, 0);
	btf__add_field(btf, "pad", basics->u32, 544, 0);
	return id;
}

/* What the program is made of, or after an edit. */
static void story_types(struct story *story, const char *key_name, const char *first)
{
	struct basics basics;
	struct skbscope_image image;
	int name, key, value;

	schema_set_unref(story->set);
	btf__free(story->btf);
	story->set = NULL;
	story->btf = btf_with_basics(&basics);
	name = btf__add_array(story->btf, basics.u32, basics.character, 8);
	key = btf__add_struct(story->btf, "name", sizeof(struct name));
	btf__add_field(story->btf, key_name, name, 0, 0);
	value = add_figures(story->btf, &basics, first);
	story->map = map_of("names", BPF_MAP_TYPE_HASH, sizeof(struct name), sizeof(struct figures),
			    key, value);
	image = image_of(&story->map, 1, story->btf);
	CHECK_NUMBER(schema_set_new(&image, &story->set, NULL), 0);
}

static void story_open(struct story *story, uint64_t rows)
{
	*story = (struct story){ .time_s = 0 };
	story_types(story, "Name", "packets");
	CHECK_NUMBER(series_open(rows * SERIES_OF_ROW, &story->series), 0);
}

static void story_clear(struct story *story)
{
	series_freep(&story->series);
	snapshot_unref(story->latest);
	schema_set_unref(story->set);
	btf__free(story->btf);
	buffer_free(&story->text);
}

/* One reading of rows that have counted so many packets each. */
static void story_read(struct story *story, size_t count, const struct name *names,
		       const uint64_t *packets)
{
	struct figures values[8] = { 0 };
	struct table_rows rows = rows_of(count, names, values, sizeof(*values), 1, true);
	struct skbscope_error error;

	for (size_t i = 0; i < count; i++)
		values[i] = (struct figures){ .packets = packets[i],
					      .took = { 0, packets[i], 0, 1 },
					      .level = i,
					      .seen = i * 1000000000u,
					      .load = i ? 0.5 : (double)NAN,
					      .balance = -5 };
	rows = rows_of(count, names, values, sizeof(*values), 1, true);
	snapshot_unref(story->latest);
	CHECK_NUMBER(snapshot_by_hand(story->set, &story->latest), 0);
	CHECK_NUMBER(rows_by_hand(story->latest, 0, &rows, false), 0);
	story->time_s++;
	story->latest->public.program = "story";
	story->latest->public.monotonic_ns = story->time_s * 1000000000u;
	story->latest->public.wall_ns = (1000 + story->time_s) * 1000000000u;
	((struct skbscope_table *)story->latest->public.tables)->since = story->since;
	((struct skbscope_table *)story->latest->public.tables)->complete = !story->cut_short;
	CHECK_NUMBER(series_take(story->series, &story->latest->public, &error), 0);
	buffer_clear(&story->text);
	openmetrics_write(story->series, OPENMETRICS_TEXT, &story->text);
	CHECK(!story->text.failed);
}

/* -1: there is no such sample. */
static double sample(const struct story *story, const char *name)
{
	const size_t length = strlen(name);
	const char *line = buffer_text(&story->text);

	for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, name, length) == 0 && line[length] == ' ')
			return strtod(line + length, NULL);
	return -1;
}

static double packets_of(const struct story *story, const char *name)
{
	char text[128];

	snprintf(text, sizeof(text), "skbscope_story_names_packets_total{name=\"%s\"}", name);
	return sample(story, text);
}

TEST(a_row_is_a_series_of_each_number)
{
	struct story story;

	story_open(&story, 5);
	story_read(&story, 2, (struct name[]){ { "a" }, { "b" } }, (uint64_t[]){ 23, 46 });
	CHECK_NUMBER(packets_of(&story, "b"), 46);
	CHECK_NUMBER(sample(&story, "skbscope_story_names_level{name=\"b\"}"), 1);
	CHECK_NUMBER(sample(&story, "skbscope_story_names_balance{name=\"b\"}"), -5);
	CHECK_NUMBER(sample(&story, "skbscope_story_names_seen_timestamp_seconds{name=\"b\"}"),
		     1001);
	CHECK_NUMBER(sample(&story, "skbscope_story_names_seen_timestamp_seconds{name=\"a\"}"), -1);
	CHECK(strstr(buffer_text(&story.text), "names_load{name=\"a\"} NaN\n"));
	CHECK(strstr(buffer_text(&story.text),
		     "# TYPE skbscope_story_names_packets_total counter"));
	CHECK(strstr(buffer_text(&story.text), "# TYPE skbscope_story_names_balance gauge"));
	CHECK(!strstr(buffer_text(&story.text), "# EOF"));
	story_clear(&story);
}

TEST(buckets_are_cumulative_and_the_last_has_all)
{
	struct story story;
	const char *text;

	story_open(&story, 5);
	story_read(&story, 1, (struct name[]){ { "a" } }, (uint64_t[]){ 23 });
	text = buffer_text(&story.text);
	CHECK(strstr(text, "# TYPE skbscope_story_names_took_seconds histogram\n"
			   "skbscope_story_names_took_seconds_bucket{name=\"a\",le=\"0.0\"} 0\n"
			   "skbscope_story_names_took_seconds_bucket{name=\"a\",le=\"1e-09\"} 23\n"
			   "skbscope_story_names_took_seconds_bucket{name=\"a\",le=\"3e-09\"} 23\n"
			   "skbscope_story_names_took_seconds_bucket{name=\"a\",le=\"+Inf\"} 24\n"
			   "skbscope_story_names_took_seconds_count{name=\"a\"} 24\n"));
	buffer_clear(&story.text);
	openmetrics_write(story.series, OPENMETRICS_1, &story.text);
	text = buffer_text(&story.text);
	CHECK(strstr(text, "# UNIT skbscope_story_names_took_seconds seconds\n"));
	CHECK(!strstr(text, "_count{"));
	CHECK(!strstr(text, "_sum"));
	CHECK(strstr(text, "# TYPE skbscope_story_names_packets counter\n"));
	CHECK_TEXT(text + strlen(text) - 6, "# EOF\n");
	story_clear(&story);
}

TEST(a_row_keeps_its_series_and_one_that_came_late_never_gets_any)
{
	struct story story;

	story_open(&story, 2);
	story_read(&story, 2, (struct name[]){ { "a" }, { "b" } }, (uint64_t[]){ 1, 2 });
	story_read(&story, 3, (struct name[]){ { "big" }, { "a" }, { "b" } },
		   (uint64_t[]){ 1000, 2, 3 });
	CHECK_NUMBER(packets_of(&story, "a"), 2);
	CHECK_NUMBER(packets_of(&story, "big"), -1);
	CHECK_NUMBER(packets_of(&story, "other"), 1000);
	story_read(&story, 2, (struct name[]){ { "big" }, { "b" } }, (uint64_t[]){ 1010, 3 });
	CHECK_NUMBER(packets_of(&story, "a"), -1);
	CHECK_NUMBER(packets_of(&story, "big"), -1);
	CHECK_NUMBER(packets_of(&story, "other"), 1010);
	CHECK_NUMBER(sample(&story, "skbscope_table_other_rows{program=\"story\",table=\"names\"}"),
		     1);
	story_read(&story, 1, (struct name[]){ { "a" } }, (uint64_t[]){ 4 });
	CHECK_NUMBER(packets_of(&story, "a"), 4);
	story_clear(&story);
}

TEST(where_rows_are_too_many_the_largest_have_series)
{
	struct story story;

	story_open(&story, 2);
	story_read(&story, 4, (struct name[]){ { "a" }, { "b" }, { "c" }, { "d" } },
		   (uint64_t[]){ 1, 200, 3, 100 });
	CHECK_NUMBER(packets_of(&story, "b"), 200);
	CHECK_NUMBER(packets_of(&story, "d"), 100);
	CHECK_NUMBER(packets_of(&story, "a"), -1);
	CHECK_NUMBER(packets_of(&story, "other"), 4);
	CHECK_NUMBER(sample(&story, "skbscope_story_names_took_seconds_count{name=\"other\"}"), 6);
	CHECK_NUMBER(sample(&story, "skbscope_story_names_level{name=\"other\"}"), -1);
	story_clear(&story);
}

TEST(the_sum_of_the_others_never_falls)
{
	struct story story;

	story_open(&story, 1);
	story_read(&story, 3, (struct name[]){ { "a" }, { "b" }, { "c" } },
		   (uint64_t[]){ 100, 20, 30 });
	CHECK_NUMBER(packets_of(&story, "other"), 50);
	/* One of them is gone, one began anew, one is new. */
	story_read(&story, 3, (struct name[]){ { "a" }, { "c" }, { "d" } },
		   (uint64_t[]){ 100, 5, 7 });
	CHECK_NUMBER(packets_of(&story, "other"), 62);
	story_read(&story, 1, (struct name[]){ { "a" } }, (uint64_t[]){ 100 });
	CHECK_NUMBER(packets_of(&story, "other"), 62);
	/* A walk that was cut short does not make a row new. */
	story_read(&story, 2, (struct name[]){ { "c" }, { "d" } }, (uint64_t[]){ 10, 20 });
	CHECK_NUMBER(packets_of(&story, "other"), 92);
	story.cut_short = true;
	story_read(&story, 1, (struct name[]){ { "d" } }, (uint64_t[]){ 21 });
	story.cut_short = false;
	story_read(&story, 2, (struct name[]){ { "d" }, { "c" } }, (uint64_t[]){ 22, 11 });
	CHECK_NUMBER(packets_of(&story, "other"), 95);
	/* A new version began with an empty table: all that is in it is new. */
	story.since = 2;
	story_read(&story, 2, (struct name[]){ { "d" }, { "c" } }, (uint64_t[]){ 22, 11 });
	CHECK_NUMBER(packets_of(&story, "other"), 128);
	story_clear(&story);
}

TEST(a_row_that_calls_itself_other_is_one_of_them)
{
	struct story story;

	story_open(&story, 2);
	story_read(&story, 2, (struct name[]){ { "other" }, { "a" } }, (uint64_t[]){ 5, 6 });
	CHECK_NUMBER(packets_of(&story, "other"), 5);
	CHECK_NUMBER(packets_of(&story, "a"), 6);
	story_read(&story, 3, (struct name[]){ { "other" }, { "a" }, { "b" } },
		   (uint64_t[]){ 6, 6, 7 });
	CHECK_NUMBER(packets_of(&story, "other"), 6);
	story_clear(&story);
}

TEST(rows_that_look_alike_are_one_series)
{
	struct story story;

	story_open(&story, 5);
	/* Both are \xff in a label. */
	story_read(&story, 2, (struct name[]){ { "\xff" }, { "\\xff" } }, (uint64_t[]){ 5, 6 });
	CHECK_NUMBER(packets_of(&story, "\\\\xff"), 11);
	story_clear(&story);
}

TEST(labels_of_like_names_are_names_too)
{
	static const uint8_t key[] = { 1, 2, 3, 4 }, value[8] = { 5 };
	const struct table_rows rows = rows_of(1, key, value, sizeof(value), 1, true);
	static const char *const members[] = { "_1", "__1", "le", "_" };
	struct scene scene;
	char *text;
	int id;

	scene_btf(&scene);
	id = btf__add_struct(scene.btf, "key", sizeof(key));
	for (uint32_t i = 0; i < sizeof(key); i++)
		btf__add_field(scene.btf, members[i], scene.basics.u8, i * 8, 0);
	scene_read(&scene, BPF_MAP_TYPE_HASH, sizeof(key), id, sizeof(value), 0, &rows);
	text = scene_render(&scene, skbscope_render_openmetrics, NULL); /* of no program */
	CHECK(strstr(text, "{key_1=\"1\",key_1_2=\"2\",le_2=\"3\",key_=\"4\"} 5\n"));
	free(text);
	scene_clear(&scene);
}

TEST(without_a_reading_there_are_no_metrics)
{
	AUTO(series_freep) struct series *series = NULL;
	AUTO(buffer_free) struct buffer text = { 0 };

	CHECK_NUMBER(series_open(0, &series), 0);
	openmetrics_write(series, OPENMETRICS_1, &text);
	CHECK_TEXT(buffer_text(&text), "# EOF\n");
}

TEST(an_edit_leaves_places_and_sums_where_names_stay)
{
	struct story story;

	story_open(&story, 1);
	story_read(&story, 2, (struct name[]){ { "a" }, { "b" } }, (uint64_t[]){ 100, 20 });
	CHECK_NUMBER(sample(&story, "skbscope_story_names_took_seconds_count{name=\"other\"}"), 21);
	/* Another column takes the place of packets; the table goes on. */
	story_types(&story, "Name", "frames");
	story_read(&story, 2, (struct name[]){ { "b" }, { "a" } }, (uint64_t[]){ 25, 100 });
	CHECK_NUMBER(sample(&story, "skbscope_story_names_frames_total{name=\"a\"}"), 100);
	CHECK_NUMBER(sample(&story, "skbscope_story_names_frames_total{name=\"b\"}"), -1);
	CHECK_NUMBER(sample(&story, "skbscope_story_names_took_seconds_count{name=\"other\"}"), 21);
	story_read(&story, 2, (struct name[]){ { "b" }, { "a" } }, (uint64_t[]){ 28, 100 });
	CHECK_NUMBER(sample(&story, "skbscope_story_names_took_seconds_count{name=\"other\"}"), 24);
	/* Other labels are other series. */
	story_types(&story, "Who", "frames");
	story_read(&story, 2, (struct name[]){ { "b" }, { "a" } }, (uint64_t[]){ 28, 27 });
	CHECK_NUMBER(sample(&story, "skbscope_story_names_frames_total{who=\"b\"}"), 28);
	story_clear(&story);
}
