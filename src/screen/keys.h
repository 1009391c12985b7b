/* SPDX-License-Identifier: Apache-2.0 */
/* What each key does: one table, of which dispatch, help and hints are made. */
#ifndef SCREEN_KEYS_H
#define SCREEN_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* A key is the letter it types, or one of these. */
enum {
	KEY_OF_TAB = '\t',
	KEY_OF_ENTER = '\n',
	KEY_OF_ESCAPE = 27,
	KEY_OF_UP = 0x110000, /* after the last letter */
	KEY_OF_DOWN,
	KEY_OF_LEFT,
	KEY_OF_RIGHT,
	KEY_OF_PAGE_UP,
	KEY_OF_PAGE_DOWN,
	KEY_OF_HOME,
	KEY_OF_END,
	KEY_OF_BACK_TAB,
	KEY_OF_BACKSPACE,
	KEY_OF_F1,
};

struct screen;

struct screen_binding {
	uint32_t keys[4];  /* 0: no more */
	const char *label; /* as people read it; NULL: the next one's row says it for both */
	const char *text;
	const char *hint; /* a word for the last line; NULL: not there */
	void (*act)(struct screen *screen);
};

extern const struct screen_binding screen_bindings[];
extern const size_t screen_binding_count;

#endif
