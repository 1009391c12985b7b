/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a version that does not run: its errors, one sentence, what to do. */
#include "run/stale.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/io.h"
#include "run/changes.h"
#include "run/report.h"

void stale_clear(struct stale *stale)
{
	buffer_free(&stale->pane);
	buffer_free(&stale->reason);
	buffer_free(&stale->hint);
	stale->wall_ns = 0;
}

/* Killed, or short of memory: what else the compiler stumbled over is still there. */
static bool may_go_away(const struct skbscope_error *error)
{
	return error->stage == SKBSCOPE_STAGE_WORKER &&
	       (error->code == -EINTR || error->code == -ENOMEM);
}

void stale_explain(struct build *build, const char *path, bool verbose, struct stale *out)
{
	const struct skbscope_error *error = &build->error;

	stale_clear(out);
	report_text(NULL, build->program.diagnostics, verbose, &out->pane);
	changes_refusal(error, build->program.diagnostics, path, &out->reason);
	buffer_string(&out->hint, error->hint);
	if (may_go_away(error))
		buffer_printf(&out->hint, "%ssave again to retry", error->hint[0] ? "; " : "");
}

uint64_t stale_digest(const struct stale *stale)
{
	const struct buffer *const words[] = { &stale->pane, &stale->reason, &stale->hint };
	uint64_t digest = HASH_INIT;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		digest = hash_bytes(digest, buffer_text(words[i]), words[i]->length + 1);
	return digest;
}

void stale_follows(struct stale *stale, struct stale *next)
{
	next->wall_ns = stale->reason.length ? stale->wall_ns : clock_wall_ns();
	stale_clear(stale);
	*stale = *next;
	*next = (struct stale){ 0 };
}

void stale_sentence(const struct stale *stale, struct buffer *out)
{
	time_t seconds = (time_t)(stale->wall_ns / 1000000000u);
	char clock[16] = "";
	struct tm tm;

	if (!stale->reason.length)
		return;
	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	buffer_printf(out, "old version still running since %s: %s", clock,
		      buffer_text(&stale->reason));
}

void stale_text(const struct stale *stale, const char *program, struct buffer *out)
{
	if (!stale->reason.length)
		return;
	buffer_printf(out, "%s: ", program);
	stale_sentence(stale, out);
	buffer_string(out, "\n");
	if (stale->hint.length)
		buffer_printf(out, "  %s\n", buffer_text(&stale->hint));
}
