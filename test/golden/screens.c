/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of the live screen, after readings and keys. */
#include "golden.h"
#include "harness.h"
#include "scene.h"
#include "screen/screen.h"

/* A picture in a frame, and below it which places do not look plain. */
static void describe(const struct picture *picture, struct buffer *out)
{
	static const char *const names[] = { "bold", "dim", "reverse", "red", "yellow" };

	for (unsigned int row = 0; row < picture->rows; row++) {
		buffer_string(out, "|");
		for (unsigned int column = 0; column < picture->columns; column++)
			picture_utf8(picture_at(picture, row, column)->letter, out);
		buffer_string(out, "|\n");
	}
	for (unsigned int row = 0; row < picture->rows; row++)
		for (unsigned int from = 0, to; from < picture->columns; from = to) {
			const unsigned int look = picture_at(picture, row, from)->look;

			for (to = from + 1; to < picture->columns; to++)
				if (picture_at(picture, row, to)->look != look)
					break;
			if (look)
				buffer_printf(out, "%u: %u-%u", row, from, to - 1);
			for (unsigned int bit = 0; bit < 5; bit++)
				if (look & 1u << bit)
					buffer_printf(out, " %s", names[bit]);
			buffer_string(out, look ? "\n" : "");
		}
	if (picture->cursor)
		buffer_printf(out, "cursor: %u, %u\n", picture->cursor_row, picture->cursor_column);
	buffer_string(out, "\n");
}

struct stage {
	struct scene scene;
	struct screen screen;
	struct picture picture;
	struct buffer text;
};

static void open_stage(struct stage *stage, const struct screen_settings *settings)
{
	*stage = (struct stage){ 0 };
	setenv("TZ", "UTC", 1);
	scene_make(&stage->scene);
	screen_open(&stage->screen, settings);
	screen_see(&stage->screen, stage->scene.first);
	screen_see(&stage->screen, stage->scene.second);
}

static void draw(struct stage *stage, unsigned int rows, unsigned int columns)
{
	CHECK_NUMBER(picture_clear(&stage->picture, rows, columns), 0);
	screen_draw(&stage->screen, &stage->picture);
	describe(&stage->picture, &stage->text);
	CHECK(!stage->screen.failed);
}

static enum screen_ask type(struct stage *stage, const char *keys)
{
	enum screen_ask ask = SCREEN_NOTHING;

	for (; *keys; keys++)
		ask = screen_key(&stage->screen, (unsigned char)*keys);
	return ask;
}

static void end_stage(struct stage *stage, const char *name)
{
	golden_check(name, buffer_text(&stage->text));
	screen_close(&stage->screen);
	picture_free(&stage->picture);
	buffer_free(&stage->text);
	scene_clear(&stage->scene);
}

static const struct screen_settings plain = { 0 };

TEST(tables_share_the_room_and_what_was_not_counted_stands_above_them)
{
	struct stage stage;

	open_stage(&stage, &plain);
	screen_note(&stage.screen, "scene: compiled in 23 ms, attached to eth0 ingress (tcx)\n");
	draw(&stage, 24, 80);
	draw(&stage, 50, 132);
	end_stage(&stage, "screen-tables");
}

TEST(a_narrow_terminal_loses_rates_first_and_then_columns)
{
	struct stage stage;

	open_stage(&stage, &plain);
	draw(&stage, 12, 40);
	screen_key(&stage.screen, 'z');
	draw(&stage, 12, 40);
	draw(&stage, 5, 20);
	draw(&stage, 3, 7);
	draw(&stage, 1, 1);
	draw(&stage, 0, 0);
	end_stage(&stage, "screen-narrow");
}

TEST(keys_sort_reverse_and_choose_the_numbers)
{
	struct stage stage;

	open_stage(&stage, &plain);
	type(&stage, "z>");
	draw(&stage, 12, 100);
	type(&stage, "R");
	draw(&stage, 12, 100);
	type(&stage, "t");
	draw(&stage, 12, 100);
	type(&stage, "t");
	draw(&stage, 12, 100);
	type(&stage, "<<<<<<<<<<<<");
	draw(&stage, 12, 100);
	end_stage(&stage, "screen-sorted");
}

TEST(only_rows_with_the_text_are_shown)
{
	struct stage stage;

	open_stage(&stage, &plain);
	type(&stage, "z/CURL");
	draw(&stage, 10, 90);
	type(&stage, "\n");
	draw(&stage, 10, 90);
	type(&stage, "/\025nobody\n");
	draw(&stage, 10, 90);
	type(&stage, "\033");
	draw(&stage, 10, 90);
	end_stage(&stage, "screen-filter");
}

TEST(what_is_frozen_stays_and_what_is_counted_from_now_on_is_less)
{
	struct stage stage;

	open_stage(&stage, &plain);
	snapshot_unref(stage.scene.second); /* the screen has its own */
	stage.scene.second = read_scene(&stage.scene, 3);
	type(&stage, "zp");
	screen_see(&stage.screen, stage.scene.second);
	draw(&stage, 10, 80);
	type(&stage, "r");
	draw(&stage, 10, 80);
	type(&stage, "p");
	draw(&stage, 10, 80);
	type(&stage, "r");
	draw(&stage, 10, 80);
	end_stage(&stage, "screen-frozen");
}

TEST(the_last_minute_stands_beside_its_counter)
{
	struct screen_settings ascii = { .ascii = true };
	struct stage stage;

	open_stage(&stage, &plain);
	type(&stage, "z");
	for (uint64_t reading = 3; reading < 20; reading++) {
		struct snapshot *next = read_scene(&stage.scene, reading * reading);

		next->public.monotonic_ns = reading * 2000000000u;
		CHECK_NUMBER(snapshot_set_rates(next, &stage.scene.second->public), 0);
		snapshot_unref(stage.scene.second);
		stage.scene.second = next;
		screen_see(&stage.screen, next);
		CHECK_NUMBER(picture_clear(&stage.picture, 10, 140), 0);
		screen_draw(&stage.screen, &stage.picture);
	}
	draw(&stage, 10, 140);
	draw(&stage, 10, 110);
	stage.screen.settings = ascii;
	draw(&stage, 10, 140);
	end_stage(&stage, "screen-minute");
}

TEST(events_notes_and_the_state_of_the_edit_have_their_places)
{
	static const char broken[] =
		"scene: old version still running since 12:03:11: does not compile (line 17)\n"
		"/home/me/scene.c:17:13: error: expected ';' at end of declaration\n"
		"   17 |         u32 key = 0\n"
		"      |                    ^";
	struct stage stage;

	open_stage(&stage, &plain);
	screen_status(&stage.screen, broken);
	screen_event(&stage.screen, "\033[1mtime      event\033[0m\n", 24);
	for (int i = 0; i < 40; i++) {
		char line[64];
		int length = snprintf(line, sizeof(line), "12:00:%02d event %d\n", i, i);

		screen_event(&stage.screen, line, (size_t)length);
		snprintf(line, sizeof(line), "note %d\n", i);
		screen_note(&stage.screen, line);
	}
	draw(&stage, 30, 80);
	screen_status(&stage.screen, "");
	draw(&stage, 60, 80);
	type(&stage, "m");
	draw(&stage, 8, 40);
	end_stage(&stage, "screen-events");
}

TEST(help_has_every_key_and_pages_scroll)
{
	struct stage stage;

	open_stage(&stage, &plain);
	stage.screen.confirms = true;
	CHECK_NUMBER(type(&stage, "\n"), SCREEN_CONFIRM);
	CHECK_NUMBER(type(&stage, "?"), SCREEN_NOTHING);
	draw(&stage, 24, 80);
	screen_key(&stage.screen, KEY_OF_END);
	draw(&stage, 6, 40);
	CHECK_NUMBER(type(&stage, "q"), SCREEN_NOTHING);
	CHECK_NUMBER(type(&stage, "q"), SCREEN_QUIT);
	end_stage(&stage, "screen-help");
}

TEST(every_key_is_in_the_document)
{
	AUTO(buffer_free) struct buffer document = { 0 };

	REQUIRE(read_file(TEST_DIR "/../docs/screen.md", GOLDEN_MAX, &document) >= 0);
	for (size_t i = 0; i < screen_binding_count; i++) {
		char row[256];

		if (!screen_bindings[i].label)
			continue;
		snprintf(row, sizeof(row), "| `%s` | %s |", screen_bindings[i].label,
			 screen_bindings[i].text);
		CHECK_CONTAINS(buffer_text(&document), row);
	}
}

TEST(a_file_is_named_and_the_answer_stands_until_the_next_key)
{
	struct stage stage;

	open_stage(&stage, &plain);
	type(&stage, "zw");
	draw(&stage, 6, 60);
	CHECK_NUMBER(type(&stage, "\025rows.json\n"), SCREEN_WRITE);
	CHECK_TEXT(buffer_text(&stage.screen.typed), "rows.json");
	screen_answer(&stage.screen, "written to %s", buffer_text(&stage.screen.typed));
	draw(&stage, 6, 60);
	CHECK_NUMBER(type(&stage, "w\033"), SCREEN_NOTHING);
	draw(&stage, 6, 60);
	end_stage(&stage, "screen-write");
}

TEST(every_table_is_reached_and_histograms_scroll)
{
	struct stage stage;

	open_stage(&stage, &plain);
	for (int i = 0; i < 4; i++) {
		screen_key(&stage.screen, KEY_OF_TAB);
		draw(&stage, 10, 60);
	}
	screen_key(&stage.screen, KEY_OF_TAB);
	type(&stage, "zj");
	draw(&stage, 6, 60);
	type(&stage, "G");
	draw(&stage, 6, 60);
	screen_key(&stage.screen, KEY_OF_BACK_TAB);
	draw(&stage, 6, 60);
	end_stage(&stage, "screen-next");
}
