/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change is compiled at once. One that follows on its heels (editors write twice)
 * cancels that compilation and waits a moment for the next; after half a second of
 * changes, a compilation is let through all the same.
 */
#include "run/edit.h"

static const struct edit_action nothing = { .what = EDIT_NOTHING };

uint64_t edit_due(const struct edit *state)
{
	return state->due_ns && !state->busy ? state->due_ns : UINT64_MAX;
}

static struct edit_action start(struct edit *state, uint64_t now)
{
	if (edit_due(state) > now)
		return nothing;
	state->due_ns = 0;
	state->asked |= state->forced;
	state->forced = state->superseded = state->again = false;
	state->busy = true;
	if (!state->began_ns)
		state->began_ns = now;
	return (struct edit_action){ .what = EDIT_COMPILE };
}

static struct edit_action plan(struct edit *state, uint64_t now, uint64_t delay)
{
	uint64_t latest;

	if (!state->saved_ns)
		state->saved_ns = now;
	latest = state->saved_ns + EDIT_PATIENCE_NS;
	state->due_ns = now + delay < latest ? now + delay : latest;
	if (!state->busy)
		return start(state, now);
	if (state->superseded || now >= latest)
		return nothing;
	state->superseded = state->again = true;
	return (struct edit_action){ .what = EDIT_CANCEL };
}

static bool is_tried(const struct edit *state, const struct edit_event *event)
{
	return event->look.tried && !state->again;
}

static struct edit_action saved(struct edit *state, const struct edit_event *event, uint64_t now)
{
	bool on_heels = state->busy || now - state->changed_ns < EDIT_HEEL_NS;

	state->changed_ns = now;
	if (is_tried(state, event) && !state->forced) {
		state->due_ns = 0; /* what was gone for a moment is back */
		if (!state->busy)
			state->saved_ns = state->began_ns = 0;
		return nothing;
	}
	return plan(state, now,
		    event->look.unsettled ? EDIT_SETTLE_NS
		    : on_heels            ? EDIT_HEEL_NS
					  : 0);
}

/* What failed may have been half a file: somebody is still writing. In a steady stream
 * of saves a failure is reported after all, but never that there is nothing where now
 * there is something. */
static bool is_moving(const struct edit *state, const struct edit_event *event, uint64_t now)
{
	bool patient = now < state->saved_ns + EDIT_PATIENCE_NS || event->nothing_read;

	if (!event->misread && now - state->changed_ns >= EDIT_SETTLE_NS)
		return false;
	return event->look.unsettled || (patient && (event->misread || !is_tried(state, event)));
}

/* The unanswered changes have their answer. */
static void answer(struct edit *state)
{
	state->saved_ns = state->began_ns = 0;
	state->asked = false;
}

/* What is there by now follows soon. */
static void read_again(struct edit *state, uint64_t now)
{
	state->again = true;
	state->saved_ns = now;
	state->due_ns = now + EDIT_HEEL_NS;
}

static struct edit_action concluded(struct edit *state, const struct edit_event *event,
				    uint64_t now)
{
	struct edit_action action = { .what = EDIT_LIVE, .news = true };

	if (event->result != EDIT_FINE) {
		action.what = EDIT_STALE;
		action.news = state->asked || !state->stale || event->words != state->words;
		state->words = event->words;
	}
	state->stale = event->result != EDIT_FINE;
	answer(state);
	if (event->result == EDIT_FAILED)
		state->again = true;
	if (event->misread)
		read_again(state, now);
	return action;
}

static struct edit_action built(struct edit *state, const struct edit_event *event, uint64_t now)
{
	state->busy = false;
	if (state->superseded || event->result == EDIT_CANCELLED)
		return start(state, now);
	if (event->result == EDIT_FINE && (state->asked || state->stale || !event->runs))
		return (struct edit_action){ .what = EDIT_SWAP };
	if (event->result == EDIT_FINE) {
		answer(state);
		if (event->misread)
			read_again(state, now);
		return (struct edit_action){ .what = EDIT_KEEP };
	}
	if (!is_moving(state, event, now))
		return concluded(state, event, now);
	state->again = true;
	if (!state->due_ns)
		state->due_ns = now + (event->look.unsettled ? EDIT_SETTLE_NS : EDIT_HEEL_NS);
	return start(state, now);
}

struct edit_action edit_step(struct edit *state, const struct edit_event *event, uint64_t now_ns)
{
	switch (event->kind) {
	case EDIT_SAVED:
		return saved(state, event, now_ns);
	case EDIT_RELOAD:
		state->forced = true;
		return plan(state, now_ns, 0);
	case EDIT_UNSEEN:
		state->again = true;
		return state->due_ns ? nothing : plan(state, now_ns, 0);
	case EDIT_TIME:
		return start(state, now_ns);
	case EDIT_BUILT:
		return built(state, event, now_ns);
	case EDIT_SWAPPED:
		return concluded(state, event, now_ns);
	}
	return nothing;
}
