/* SPDX-License-Identifier: Apache-2.0 */
#include "run/view_audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "render/event_lines.h"
#include "render/json_parts.h"
#include "render/json_writer.h"

#define LOSSES_MAX 64u

struct view_audit {
	struct view view;
	struct audit_request request;
	struct audit *audit;
	struct event_lines *lines;
	struct buffer line;
	/* What was told of losses already, by what they are. */
	struct {
		char what[96];
		uint64_t count;
	} losses[LOSSES_MAX];
	size_t loss_count;
	uint64_t lost;
};

static void write_out(struct view_audit *audit)
{
	AUTO(buffer_free) struct buffer news = { 0 };

	audit_write(audit->audit, clock_wall_ns(), &news);
	if (news.length)
		audit->request.say(audit->request.owner, buffer_text(&news));
	if (audit_lost(audit->audit) != audit->lost) {
		audit->lost = audit_lost(audit->audit);
		audit->request.lost(audit->request.owner, audit->lost);
	}
}

static void event(struct view *view, const struct skbscope_event *event)
{
	struct view_audit *audit = (struct view_audit *)view;

	buffer_clear(&audit->line);
	event_format_json.add(audit->lines, event, &audit->line);
	if (audit->line.length > 1) /* the newline is the chain's */
		audit_add(audit->audit, audit->line.data, audit->line.length - 1);
}

static void flush(struct view *view)
{
	write_out((struct view_audit *)view);
}

static uint64_t *told_of(struct view_audit *audit, const struct skbscope_loss *loss)
{
	char what[sizeof(audit->losses[0].what)];
	size_t i = 0;

	snprintf(what, sizeof(what), "%s: %s", loss->table ? loss->table : "", loss->what);
	while (i < audit->loss_count && strcmp(audit->losses[i].what, what) != 0)
		i++;
	if (i == LOSSES_MAX)
		return NULL;
	if (i == audit->loss_count)
		strcpy(audit->losses[audit->loss_count++].what, what);
	return &audit->losses[i].count;
}

static void tell_loss(struct view_audit *audit, const struct skbscope_loss *loss, uint64_t wall_ns)
{
	AUTO(json_clear) struct json_writer json = { 0 };
	uint64_t *told = loss->known ? told_of(audit, loss) : NULL;

	/* Its own lines it tells by itself, when it can. */
	if (!told || *told == loss->count || strcmp(loss->what, AUDIT_LINES_LOST) == 0)
		return;
	json_begin_object(&json, NULL);
	json_text(&json, "audit", "loss");
	json_wall_time(&json, "time", wall_ns);
	json_text(&json, "table", loss->table);
	json_text(&json, "what", loss->what);
	json_u64(&json, "count", loss->count - *told);
	json_u64(&json, "total", loss->count);
	json_end_object(&json);
	*told = loss->count;
	audit_add(audit->audit, buffer_text(&json.text), json.text.length);
}

static void tell_losses(struct view_audit *audit, const struct skbscope_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->loss_count; i++)
		tell_loss(audit, &snapshot->losses[i], snapshot->wall_ns);
}

static int show(struct view *view, const struct shown *shown, enum show how,
		struct skbscope_error *error)
{
	struct view_audit *audit = (struct view_audit *)view;

	(void)how;
	(void)error;
	tell_losses(audit, shown->snapshot);
	write_out(audit);
	return 0;
}

static void close_view(struct view *view)
{
	struct view_audit *audit = (struct view_audit *)view;

	if (audit->lines)
		event_format_json.close(audit->lines);
	audit_freep(&audit->audit);
	buffer_free(&audit->line);
	free(audit);
}

int view_audit_open(const struct audit_request *request, struct view **out,
		    struct skbscope_error *error)
{
	const struct audit_limits limits = { request->http->audit_bytes, request->http->audit_ns };
	struct view_audit *audit = calloc(1, sizeof(*audit));
	int r = 0;

	if (audit)
		audit->lines = event_format_json.open();
	if (!audit || !audit->lines)
		r = fail_memory(error, SKBSCOPE_STAGE_RENDER);
	if (r == 0)
		r = audit_open(request->http->audit, request->http->audit_key, &limits,
			       &audit->audit, error);
	if (r < 0) {
		if (audit)
			close_view(&audit->view);
		return r;
	}
	audit->request = *request;
	audit->lines->terse = true;
	audit->view =
		(struct view){ .show = show, .event = event, .flush = flush, .close = close_view };
	*out = &audit->view;
	return 0;
}

void view_audit_end(struct view *view, const struct skbscope_snapshot *last, const char *why,
		    struct buffer *out)
{
	struct view_audit *audit = (struct view_audit *)view;

	tell_losses(audit, last);
	audit_finish(audit->audit, why, clock_wall_ns(), out);
	buffer_string(out, "audit: ");
	audit_text(audit->audit, out);
	buffer_string(out, "\n");
}
