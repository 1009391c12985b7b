/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal small enough to be kept here: it understands the sequences we send and
 * nothing else.
 */
#ifndef TEST_RUN_TERMINAL_H
#define TEST_RUN_TERMINAL_H

#include "harness.h"

#define ROWS 6
#define COLUMNS 60

static char grid[ROWS][COLUMNS + 1];
static int width = COLUMNS; /* of the terminal */
static int row, column;     /* after the last column of a row: on it, until more comes */
static bool coloured;

static void clear_from(int r, int c)
{
	memset(grid[r] + c, 0, sizeof(grid[r]) - (size_t)c);
	for (int i = r + 1; i < ROWS; i++)
		memset(grid[i], 0, sizeof(grid[i]));
}

static void reset(void)
{
	clear_from(0, 0);
	row = column = 0;
	width = COLUMNS;
}

static void newline(void)
{
	column = 0;
	if (row + 1 < ROWS) {
		row++;
		return;
	}
	memmove(grid[0], grid[1], sizeof(grid) - sizeof(grid[0])); /* scroll */
	memset(grid[ROWS - 1], 0, sizeof(grid[0]));
}

static const char *escape(const char *text)
{
	int number = 0;

	for (text += 2; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + *text - '0';
	switch (*text) {
	case 'F':
		row = row > number ? row - number : 0;
		column = 0;
		break;
	case 'H':
		row = column = 0;
		break;
	case 'K':
		column -= column == width;
		memset(grid[row] + column, 0, sizeof(grid[row]) - (size_t)column);
		break;
	case 'm':
		coloured = number != 0;
		break;
	case 'J':
		clear_from(row, column);
		break;
	default:
		fprintf(stderr, "what is %c?\n", *text);
		test_failures++;
	}
	return text + 1;
}

static void show(const char *bytes)
{
	while (*bytes) {
		if (*bytes == '\033') {
			bytes = escape(bytes);
		} else if (*bytes == '\n') {
			newline();
			bytes++;
		} else if ((*bytes & 0xc0) == 0x80) {
			bytes++; /* of a character that has its column */
		} else {
			if (column == width)
				newline();
			grid[row][column++] = *bytes++;
		}
	}
}

#endif
