/* SPDX-License-Identifier: Apache-2.0 */
/* The whole picture: what stands above the tables, below them, and in their place. */
#include "screen/draw.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "render/table.h"
#include "screen/fit.h"

#define ROOMY 16u /* rows, from which on there is room for what is nice to have */

struct painter *draw_begin(struct drawing *drawing)
{
	draw_clear(drawing);
	drawing->painter = (struct painter){ .options = &drawing->options };
	drawing->painter.stream = open_memstream(&drawing->text, &drawing->length);
	if (!drawing->painter.stream) /* what is written to no stream has nowhere to go */
		drawing->painter.stream = fopen("/dev/null", "w");
	return &drawing->painter;
}

const char *draw_end(struct drawing *drawing)
{
	drawing->screen->failed |= paint_end(&drawing->painter, 0) < 0;
	if (drawing->painter.stream)
		fclose(drawing->painter.stream);
	drawing->painter.stream = NULL;
	return drawing->text ? drawing->text : "";
}

void draw_clear(struct drawing *drawing)
{
	free(TAKE(drawing->text));
	drawing->length = 0;
}

size_t count_lines(const char *text)
{
	size_t lines = 0;

	while ((text = strchr(text, '\n'))) {
		lines++;
		text++;
	}
	return lines;
}

static const char *line_at(const char *text, size_t line)
{
	while (text && line--) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? text : "";
}

unsigned int draw_lines(struct drawing *drawing, unsigned int first, unsigned int end,
			const char *text, size_t from, unsigned int look)
{
	text = line_at(text, from);
	for (; *text && first < end; first++) {
		picture_put(drawing->picture, first, 0, drawing->picture->columns, text, look);
		text = line_at(text, 1);
	}
	return first;
}

/* What is shown, where it is not simply the latest. */
static void write_mark(struct drawing *drawing, struct buffer *out)
{
	const struct screen *screen = drawing->screen;
	struct painter *painter;

	if (screen->frozen)
		buffer_string(out, " frozen ");
	if (!screen->baseline)
		return;
	painter = draw_begin(drawing);
	paint_clock(painter, screen->baseline->public.wall_ns);
	buffer_printf(out, " since %s ", draw_end(drawing));
}

static void draw_head(struct drawing *drawing)
{
	const unsigned int columns = drawing->picture->columns;
	AUTO(buffer_free) struct buffer mark = { 0 };
	unsigned int width, end;
	struct painter *painter;

	write_mark(drawing, &mark);
	width = picture_width(buffer_text(&mark));
	end = width && width + 10 < columns ? columns - width : columns;
	painter = draw_begin(drawing);
	if (drawing->screen->shown)
		table_write_head(painter, drawing->screen->shown);
	picture_put(drawing->picture, 0, 0, end < columns ? end - 1 : end, draw_end(drawing),
		    LOOK_PLAIN);
	if (end < columns)
		picture_put(drawing->picture, 0, end, columns, buffer_text(&mark), LOOK_REVERSE);
}

/* Above the tables, where it is seen however long they are. */
static unsigned int draw_status(struct drawing *drawing, unsigned int first, unsigned int end)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const struct buffer *status = &drawing->screen->status;

	if (!status->length || first >= end)
		return first;
	fit_text(buffer_text(status), drawing->picture->columns, (end - first + 1) / 2,
		 "skbscope check shows all", &text);
	drawing->screen->failed |= text.failed;
	return draw_lines(drawing, first, end, buffer_text(&text), 0, LOOK_PLAIN);
}

static const char *write_warnings(struct drawing *drawing, bool losses)
{
	struct painter *painter = draw_begin(drawing);

	if (losses)
		paint_losses(painter, drawing->screen->shown, NULL);
	else
		table_write_verdicts(painter, drawing->screen->shown);
	return draw_end(drawing);
}

/* What was not counted, and verdicts that were no passing on: a quarter of the room. */
static unsigned int draw_warnings(struct drawing *drawing, unsigned int first, unsigned int end)
{
	const unsigned int most = end - first < 8 ? 1 : (end - first) / 4;
	const unsigned int middle = first + (most + 1) / 2, last = first + most;

	/* After an empty line each. */
	first = draw_lines(drawing, first, middle, write_warnings(drawing, true), 1, LOOK_PLAIN);
	return draw_lines(drawing, first, last, write_warnings(drawing, false), 1, LOOK_PLAIN);
}

static size_t shown_tail(const char *text, unsigned int rows)
{
	const size_t lines = count_lines(text);

	return lines > rows ? lines - rows : 0;
}

/* The last lines of what was said, at the bottom. Gives the first row of them. */
static unsigned int draw_notes(struct drawing *drawing, unsigned int first, unsigned int end)
{
	const unsigned int height = end - first;
	const unsigned int most = height >= ROOMY ? 3 : height >= 6 ? 1 : 0;
	AUTO(buffer_free) struct buffer text = { 0 };
	size_t lines;

	fit_text(buffer_text(&drawing->screen->notes), drawing->picture->columns, 0, "", &text);
	drawing->screen->failed |= text.failed;
	lines = count_lines(buffer_text(&text));
	lines = lines < most ? lines : most;
	draw_lines(drawing, end - (unsigned int)lines, end, buffer_text(&text),
		   shown_tail(buffer_text(&text), (unsigned int)lines), LOOK_DIM);
	return end - (unsigned int)lines;
}

/* What tables leave, and a third of the room at least. Gives the first row of them. */
static unsigned int draw_events(struct drawing *drawing, unsigned int first, unsigned int end)
{
	const char *text = buffer_text(&drawing->screen->events);
	const unsigned int height = end - first;
	const char *heads = buffer_text(&drawing->screen->heads);
	const size_t wish = tables_wish(drawing, height);
	size_t rows = height / 3, head_rows = count_lines(heads);

	if (!*text || height < 6)
		return end;
	if (wish + 1 + rows < height)
		rows = height - wish - 1;
	if (head_rows + 1 > rows)
		head_rows = 0;
	if (count_lines(text) + head_rows < rows)
		rows = count_lines(text) + head_rows;
	first = end - (unsigned int)rows;
	draw_lines(drawing, first, first + (unsigned int)head_rows, heads, 0, LOOK_PLAIN);
	draw_lines(drawing, first + (unsigned int)head_rows, end, text,
		   shown_tail(text, (unsigned int)(rows - head_rows)), LOOK_PLAIN);
	return first - 1;
}

static void draw_prompt(struct drawing *drawing, unsigned int row)
{
	const struct screen *screen = drawing->screen;
	const bool filters = screen->typing == TYPING_FILTER;
	struct picture *picture = drawing->picture;
	unsigned int column = picture_put(picture, row, 0, picture->columns,
					  filters ? "rows with: " : "write to: ", LOOK_BOLD);
	const char *typed = buffer_text(&screen->typed);

	/* What is being typed is at its end. */
	while (*typed && column + picture_width(typed) >= picture->columns)
		typed++;
	column = picture_put(picture, row, column, picture->columns, typed, LOOK_PLAIN);
	picture->cursor = true;
	picture->cursor_row = row;
	picture->cursor_column = column < picture->columns ? column : picture->columns - 1;
}

static void draw_hints(struct drawing *drawing, unsigned int row)
{
	struct picture *picture = drawing->picture;
	unsigned int column = 0;

	for (size_t i = 0; i < screen_binding_count; i++) {
		const struct screen_binding *binding = &screen_bindings[i];
		unsigned int width;

		if (!binding->hint)
			continue;
		width = picture_width(binding->label) + picture_width(binding->hint) + 1;
		if (column + width > picture->columns)
			return;
		column = picture_put(picture, row, column, picture->columns, binding->label,
				     LOOK_BOLD);
		column = picture_put(picture, row, column + 1, picture->columns, binding->hint,
				     LOOK_DIM);
		column += 2;
	}
}

static void draw_bar(struct drawing *drawing, unsigned int row)
{
	const struct screen *screen = drawing->screen;

	if (screen->typing != TYPING_NOTHING)
		draw_prompt(drawing, row);
	else if (screen->answer.length)
		picture_put(drawing->picture, row, 0, drawing->picture->columns,
			    buffer_text(&screen->answer), LOOK_REVERSE);
	else
		draw_hints(drawing, row);
}

/* As far as it can be scrolled. */
static void draw_scrolled(struct drawing *drawing, unsigned int end, const char *text)
{
	const size_t lines = count_lines(text);
	size_t *from = &drawing->screen->scrolled;

	if (*from + end > lines)
		*from = lines > end ? lines - end : 0;
	draw_lines(drawing, 0, end, text, *from, LOOK_PLAIN);
}

static void draw_help(struct drawing *drawing, unsigned int end)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	for (size_t i = 0; i < screen_binding_count; i++)
		if (screen_bindings[i].label)
			buffer_printf(&text, BOLD "%6s\033[0m  %s\n", screen_bindings[i].label,
				      screen_bindings[i].text);
	if (drawing->screen->confirms)
		buffer_string(&text, BOLD " Enter\033[0m  it stays enforced\n");
	drawing->screen->failed |= text.failed;
	draw_scrolled(drawing, end, buffer_text(&text));
}

static void draw_page(struct drawing *drawing, unsigned int end)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (drawing->screen->page == SCREEN_HELP) {
		draw_help(drawing, end);
		return;
	}
	fit_text(buffer_text(&drawing->screen->notes), drawing->picture->columns, 0, "", &text);
	drawing->screen->failed |= text.failed;
	draw_scrolled(drawing, end, text.length ? buffer_text(&text) : "(nothing was said)\n");
}

/* What matters most comes first, and takes what room there is. */
static void draw_all(struct drawing *drawing, unsigned int end)
{
	unsigned int first = 1;

	draw_head(drawing);
	if (!drawing->screen->shown || first >= end)
		return;
	first = draw_status(drawing, first, end);
	if (first < end)
		first = draw_warnings(drawing, first, end);
	if (first < end)
		end = draw_notes(drawing, first, end);
	if (end - first >= ROOMY)
		first++;
	if (first < end)
		end = draw_events(drawing, first, end);
	if (first < end)
		draw_tables(drawing, first, end);
}

void screen_draw(struct screen *screen, struct picture *picture)
{
	struct drawing drawing = {
		.screen = screen,
		.picture = picture,
		.options = { .size = sizeof(drawing.options),
			     .exact = screen->settings.exact,
			     .per_cpu = screen->per_cpu,
			     .colour = true,
			     .width = picture->columns },
	};
	unsigned int end = picture->rows;

	picture->ascii = screen->settings.ascii;
	if (!picture->rows || !picture->columns)
		return;
	if (screen->bare)
		end--; /* for the cursor */
	else if (end >= 6 || screen->typing != TYPING_NOTHING || screen->answer.length)
		draw_bar(&drawing, --end);
	if (screen->page == SCREEN_TABLES)
		draw_all(&drawing, end);
	else
		draw_page(&drawing, end);
	draw_clear(&drawing);
}
