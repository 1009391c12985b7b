/* SPDX-License-Identifier: Apache-2.0 */
/* Letters in their places. */
#include "screen/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define CUT 0x2026u /* … */

int picture_clear(struct picture *picture, unsigned int rows, unsigned int columns)
{
	const size_t count = (size_t)rows * columns;

	if (rows != picture->rows || columns != picture->columns || !picture->glyphs) {
		struct glyph *glyphs = calloc(count + 1, sizeof(*glyphs));

		if (!glyphs)
			return -ENOMEM;
		free(picture->glyphs);
		picture->glyphs = glyphs;
		picture->rows = rows;
		picture->columns = columns;
	}
	for (size_t i = 0; i < count; i++)
		picture->glyphs[i] = (struct glyph){ .letter = ' ' };
	picture->cursor = false;
	return 0;
}

void picture_free(struct picture *picture)
{
	free(picture->glyphs);
	*picture = (struct picture){ 0 };
}

struct glyph *picture_at(const struct picture *picture, unsigned int row, unsigned int column)
{
	return &picture->glyphs[(size_t)row * picture->columns + column];
}

/* What a look that is added to another takes from SGR: ours are 0, 1, 2, 7, 31 and 33. */
static unsigned int look_after(unsigned int look, unsigned int number)
{
	switch (number) {
	case 0:
		return LOOK_PLAIN;
	case 1:
		return look | LOOK_BOLD;
	case 2:
		return look | LOOK_DIM;
	case 7:
		return look | LOOK_REVERSE;
	case 31:
		return look | LOOK_RED;
	case 33:
	case 35: /* compilers' warnings */
		return look | LOOK_YELLOW;
	default:
		return look;
	}
}

/* An escape sequence; gives its length. */
static size_t take_escape(const char *text, unsigned int *look)
{
	unsigned int number = 0;
	size_t at = 2;

	if (text[1] != '[')
		return 1;
	for (; text[at] && (text[at] < '@' || text[at] > '~'); at++) {
		if (text[at] >= '0' && text[at] <= '9') {
			number = (number * 10 + (unsigned int)(text[at] - '0')) % 1000;
			continue;
		}
		*look = look_after(*look, number);
		number = 0;
	}
	if (text[at] == 'm')
		*look = look_after(*look, number);
	return at + (text[at] != '\0');
}

/* Blocks in which every letter is a column wide, on every terminal. */
static bool is_narrow(uint32_t letter)
{
	static const uint32_t blocks[][2] = {
		{ 0x20, 0x7e },     { 0xa1, 0xac },     { 0xae, 0x2ff },    { 0x370, 0x482 },
		{ 0x48a, 0x52f },   { 0x2010, 0x2027 }, { 0x2030, 0x205e }, { 0x2190, 0x21ff },
		{ 0x2200, 0x22ff }, { 0x2500, 0x25ff },
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (letter >= blocks[i][0] && letter <= blocks[i][1])
			return true;
	return false;
}

static uint32_t decode(const unsigned char *text, size_t length)
{
	uint32_t letter = length < 2 ? text[0] : text[0] & (0x7fu >> length);

	for (size_t i = 1; i < length; i++)
		letter = letter << 6 | (text[i] & 0x3fu);
	return letter;
}

/* The next letter of a line; 0 at its end. */
static uint32_t next_letter(const char **text, unsigned int *look)
{
	size_t length;
	uint32_t letter;

	while (**text == '\033')
		*text += take_escape(*text, look);
	if (!**text || **text == '\n')
		return 0;
	length = utf8_length(*text, strlen(*text) < 4 ? strlen(*text) : 4);
	letter = length ? decode((const unsigned char *)*text, length) : '?';
	*text += length ? length : 1;
	return letter == '\t' ? ' ' : is_narrow(letter) ? letter : '?';
}

void picture_letter(struct picture *picture, unsigned int row, unsigned int column, uint32_t letter,
		    unsigned int look)
{
	if (row >= picture->rows || column >= picture->columns)
		return;
	if (picture->ascii && letter > '~')
		letter = letter == CUT ? '~' : '?';
	*picture_at(picture, row, column) =
		(struct glyph){ .letter = letter, .look = (uint8_t)look };
}

unsigned int picture_put(struct picture *picture, unsigned int row, unsigned int column,
			 unsigned int end, const char *text, unsigned int look)
{
	unsigned int own = LOOK_PLAIN, last = look;
	uint32_t letter;

	end = end < picture->columns ? end : picture->columns;
	while ((letter = next_letter(&text, &own))) {
		if (column >= end) {
			if (end)
				picture_letter(picture, row, end - 1, CUT, last);
			return end;
		}
		last = look | own;
		picture_letter(picture, row, column++, letter, last);
	}
	return column;
}

unsigned int picture_width(const char *text)
{
	unsigned int width = 0, look = LOOK_PLAIN;

	while (next_letter(&text, &look))
		width++;
	return width;
}

void picture_utf8(uint32_t letter, struct buffer *out)
{
	char text[4];
	size_t length = 0;

	if (letter < 0x80) {
		text[length++] = (char)letter;
	} else if (letter < 0x800) {
		text[length++] = (char)(0xc0 | letter >> 6);
		text[length++] = (char)(0x80 | (letter & 0x3f));
	} else {
		text[length++] = (char)(0xe0 | letter >> 12);
		text[length++] = (char)(0x80 | (letter >> 6 & 0x3f));
		text[length++] = (char)(0x80 | (letter & 0x3f));
	}
	buffer_append(out, text, length);
}

static void put_look(unsigned int look, struct buffer *out)
{
	buffer_printf(out, "\033[0%s%s%s%s%sm", look & LOOK_BOLD ? ";1" : "",
		      look & LOOK_DIM ? ";2" : "", look & LOOK_REVERSE ? ";7" : "",
		      look & LOOK_RED ? ";31" : "", look & LOOK_YELLOW ? ";33" : "");
}

static unsigned int row_length(const struct picture *picture, unsigned int row)
{
	unsigned int length = picture->columns;

	while (length && picture_at(picture, row, length - 1)->letter == ' ')
		length--;
	return length;
}

void picture_text(const struct picture *picture, bool colour, struct buffer *out)
{
	unsigned int rows = picture->rows, look = LOOK_PLAIN;

	while (rows && !row_length(picture, rows - 1))
		rows--;
	for (unsigned int row = 0; row < rows; row++) {
		const unsigned int length = row_length(picture, row);

		for (unsigned int column = 0; column < length; column++) {
			const struct glyph *glyph = picture_at(picture, row, column);

			if (colour && glyph->look != look)
				put_look(look = glyph->look, out);
			picture_utf8(glyph->letter, out);
		}
		if (colour && look)
			put_look(look = LOOK_PLAIN, out);
		buffer_string(out, "\n");
	}
}
