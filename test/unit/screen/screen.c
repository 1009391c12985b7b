/* SPDX-License-Identifier: Apache-2.0 */
/* The screen under any keys, readings and sizes. */
#include "screen/screen.h"

#include "base/cleanup.h"
#include "golden/scene.h"
#include "harness.h"

static uint32_t state;

static uint32_t any(uint32_t below)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % below;
}

static uint32_t any_key(void)
{
	const struct screen_binding *binding =
		&screen_bindings[any((uint32_t)screen_binding_count)];

	switch (any(8)) {
	case 0:
		return any(0x110000);
	case 1:
		return 1 + any(126);
	case 2:
		return KEY_OF_ESCAPE;
	default:
		return binding->keys[0];
	}
}

/* Sanitizers hear of what is wrong with memory; a picture has letters of one column alone. */
TEST(no_keys_and_no_sizes_harm_it)
{
	const struct screen_settings settings = { .top = 2 }, none = { 0 };
	struct picture picture = { 0 };
	struct screen screen;
	struct scene scene;

	scene_make(&scene);
	for (int round = 0; round < 20; round++) {
		state = (uint32_t)round;
		screen_open(&screen, round % 3 ? &none : &settings);
		for (int i = 0; i < 300; i++) {
			const uint32_t what = any(10);

			if (what == 0)
				screen_see(&screen, any(2) ? scene.first : scene.second);
			else if (what == 1)
				screen_note(&screen, any(2) ? "a note\n" : "\033[1mnot whole");
			else if (what == 2)
				screen_event(&screen, "\033[1mhead\033[0m\nline\nrest", any(23));
			else if (what == 3)
				screen_status(&screen, any(2) ? "" : "  17 | x\nlong words here\n");
			else
				screen_key(&screen, any_key());
			REQUIRE(picture_clear(&picture, any(40), any(150)) == 0);
			screen_draw(&screen, &picture);
			CHECK(!screen.failed);
			for (size_t at = 0; at < (size_t)picture.rows * picture.columns; at++)
				CHECK(picture.glyphs[at].letter >= ' ');
			CHECK(!picture.cursor || (picture.cursor_row < picture.rows &&
						  picture.cursor_column < picture.columns));
		}
		screen_close(&screen);
	}
	picture_free(&picture);
	scene_clear(&scene);
}

TEST(what_was_said_is_kept_as_far_as_it_is_of_use)
{
	struct screen screen;

	screen_open(&screen, &(struct screen_settings){ 0 });
	for (int i = 0; i < 100000; i++)
		screen_note(&screen, "the same words over and over\n");
	CHECK(screen.notes.length <= 1 << 16);
	CHECK(strncmp(buffer_text(&screen.notes), "the same", 8) == 0);
	screen_close(&screen);
}

TEST(keys_of_the_table_are_of_one_binding_each)
{
	for (size_t i = 0; i < screen_binding_count; i++)
		for (size_t k = 0; k < 4 && screen_bindings[i].keys[k]; k++)
			for (size_t j = i + 1; j < screen_binding_count; j++)
				for (size_t l = 0; l < 4; l++)
					CHECK(screen_bindings[i].keys[k] !=
					      screen_bindings[j].keys[l]);
}
