/* SPDX-License-Identifier: Apache-2.0 */
/* Saying things. */
#include "render/paint.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "model/format.h"
#include "model/names.h"

#define RESET "\033[0m"

void paint(struct painter *painter, const char *colour, const char *format, ...)
{
	va_list arguments;

	if (painter->options->colour && colour)
		fputs(colour, painter->stream);
	va_start(arguments, format);
	vfprintf(painter->stream, format, arguments);
	va_end(arguments);
	if (painter->options->colour && colour)
		fputs(RESET, painter->stream);
}

int paint_end(struct painter *painter, int r)
{
	buffer_free(&painter->cell);
	if (r == 0 && painter->failed)
		r = -ENOMEM;
	return r == 0 && ferror(painter->stream) ? -EIO : r;
}

void paint_name(struct painter *painter, const char *colour, const char *name)
{
	buffer_clear(&painter->cell);
	format_text(name, strlen(name), &painter->cell);
	paint(painter, colour, "%s", buffer_text(&painter->cell));
	painter->failed |= painter->cell.failed;
}

const char *paint_count_text(struct painter *painter, uint64_t count)
{
	buffer_clear(&painter->cell);
	if (painter->options->exact)
		buffer_printf(&painter->cell, "%llu", (unsigned long long)count);
	else
		format_count((double)count, &painter->cell);
	painter->failed |= painter->cell.failed;
	return buffer_text(&painter->cell);
}

void paint_count(struct painter *painter, uint64_t count)
{
	paint(painter, NULL, "%s", paint_count_text(painter, count));
}

void paint_clock(struct painter *painter, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / 1000000000u);
	char clock[32] = "-";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	paint(painter, NULL, "%s", clock);
}

void paint_hooks(struct painter *painter, const struct skbscope_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->hook_count; i++) {
		const struct skbscope_hook_state *hook = &snapshot->hooks[i];

		paint(painter, NULL, i ? ", " : " on ");
		paint_name(painter, NULL, hook->interface);
		paint(painter, NULL, " %s (%s", direction_name(hook->direction),
		      hook_name(hook->hook));
		if (!hook->attached)
			paint(painter, RED, ", detached");
		paint(painter, NULL, ")");
	}
	if (snapshot->recording) {
		paint(painter, NULL, " in ");
		paint_name(painter, NULL, snapshot->recording);
	} else if (!snapshot->hook_count) {
		paint(painter, NULL, ", not attached");
	}
}

void paint_losses(struct painter *painter, const struct skbscope_snapshot *snapshot,
		  const char *side)
{
	for (size_t i = 0; i < snapshot->loss_count; i++) {
		const struct skbscope_loss *loss = &snapshot->losses[i];

		if (!i)
			fputc('\n', painter->stream);
		paint(painter, YELLOW, "not counted%s%s: ", side ? " by " : "", side ? side : "");
		if (loss->known)
			paint_count(painter, loss->count);
		else
			paint(painter, NULL, "-");
		paint(painter, NULL, " (");
		if (loss->table) {
			paint_name(painter, NULL, loss->table);
			paint(painter, NULL, ": ");
		}
		paint_name(painter, NULL, loss->what);
		paint(painter, NULL, ")\n");
	}
}
