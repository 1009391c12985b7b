/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The promises of the edit loop, as tables: at this time this happens, so that is done, and
 * after it the policy wants to be called at that time.
 */
#include "harness.h"

#include <inttypes.h>

#include "run/edit.h"

#define MS UINT64_C(1000000)
#define START_MS UINT64_C(100000) /* a clock that has been running for a while */
#define NEVER UINT64_MAX

struct row {
	uint64_t at_ms; /* after the start */
	struct edit_event event;
	enum edit_do expected;
	uint64_t due_ms; /* after the start; NEVER */
	const char *sentence;
};

/* What happens. */
#define SAVED                                                                                      \
	{                                                                                          \
		.kind = EDIT_SAVED                                                                 \
	}
#define TOUCHED                                                                                    \
	{                                                                                          \
		.kind = EDIT_SAVED, .look.tried = true                                             \
	}
#define GONE                                                                                       \
	{                                                                                          \
		.kind = EDIT_SAVED, .look.unsettled = true                                         \
	} /* or just emptied */
#define RELOAD                                                                                     \
	{                                                                                          \
		.kind = EDIT_RELOAD                                                                \
	}
#define UNSEEN                                                                                     \
	{                                                                                          \
		.kind = EDIT_UNSEEN                                                                \
	}
#define TIME                                                                                       \
	{                                                                                          \
		.kind = EDIT_TIME                                                                  \
	}
#define CANCELLED                                                                                  \
	{                                                                                          \
		.kind = EDIT_BUILT, .result = EDIT_CANCELLED                                       \
	}
#define BUILT                                                                                      \
	{                                                                                          \
		.kind = EDIT_BUILT, .look.tried = true                                             \
	}
#define BUILT_AS_BEFORE                                                                            \
	{                                                                                          \
		.kind = EDIT_BUILT, .look.tried = true, .runs = true                               \
	}
#define MISREAD                                                                                    \
	{                                                                                          \
		.kind = EDIT_BUILT, .misread = true                                                \
	}
#define MISREAD_AS_BEFORE                                                                          \
	{                                                                                          \
		.kind = EDIT_BUILT, .misread = true, .runs = true                                  \
	}
#define REFUSED(words_)                                                                            \
	{                                                                                          \
		.kind = EDIT_BUILT, .result = EDIT_REFUSED, .look.tried = true, .words = words_    \
	}
#define REFUSED_MISREAD                                                                            \
	{                                                                                          \
		.kind = EDIT_BUILT, .result = EDIT_REFUSED, .misread = true, .words = 1            \
	}
#define REFUSED_CHANGED                                                                            \
	{                                                                                          \
		.kind = EDIT_BUILT, .result = EDIT_REFUSED, .words = 1                             \
	} /* since it was begun */
#define REFUSED_EMPTY                                                                              \
	{                                                                                          \
		.kind = EDIT_BUILT, .result = EDIT_REFUSED, .look = { true, true }, .words = 1     \
	}
#define NOTHING_READ                                                                               \
	{                                                                                          \
		.kind = EDIT_BUILT, .result = EDIT_FAILED, .misread = true, .nothing_read = true   \
	}
#define FAILED(words_)                                                                             \
	{                                                                                          \
		.kind = EDIT_BUILT, .result = EDIT_FAILED, .look.tried = true, .words = words_     \
	}
#define SWAPPED                                                                                    \
	{                                                                                          \
		.kind = EDIT_SWAPPED                                                               \
	}
#define SWAPPED_MISREAD                                                                            \
	{                                                                                          \
		.kind = EDIT_SWAPPED, .misread = true                                              \
	}
#define SWAP_REFUSED(words_)                                                                       \
	{                                                                                          \
		.kind = EDIT_SWAPPED, .result = EDIT_REFUSED, .words = words_                      \
	}

/* EDIT_STALE, and somebody has read it already. */
#define STALE_NO_NEWS ((enum edit_do)(EDIT_STALE + 1))

static enum edit_do done(struct edit_action action)
{
	return action.what == EDIT_STALE && !action.news ? STALE_NO_NEWS : action.what;
}

static void play_rows(const struct row *rows, size_t count)
{
	struct edit state = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		uint64_t now = (START_MS + row->at_ms) * MS;
		enum edit_do what = done(edit_step(&state, &row->event, now));
		uint64_t due = edit_due(&state);
		uint64_t due_ms = due == UINT64_MAX ? NEVER : due / MS - START_MS;

		if (what == row->expected && due_ms == row->due_ms)
			continue;
		test_failures++;
		fprintf(stderr,
			"row %zu (%" PRIu64 " ms): not so: %s\n"
			"\tdoes %d, not %d; is due at %" PRId64 " ms, not %" PRId64 "\n",
			i + 1, row->at_ms, row->sentence, (int)what, (int)row->expected,
			(int64_t)due_ms, (int64_t)row->due_ms);
		return; /* the rest starts from elsewhere */
	}
}

#define PLAY(...)                                                                                  \
	do {                                                                                       \
		static const struct row rows[] = { __VA_ARGS__ };                                  \
		play_rows(rows, sizeof(rows) / sizeof(rows[0]));                                   \
	} while (0)

TEST(a_saved_file_runs_without_any_waiting)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "the first save is compiled at once" },
	     { 90, BUILT, EDIT_SWAP, NEVER, "what compiles is swapped in" },
	     { 95, SWAPPED, EDIT_LIVE, NEVER, "and is reported" },
	     { 96, TIME, EDIT_NOTHING, NEVER, "then there is nothing to do" },
	     { 2000, SAVED, EDIT_COMPILE, NEVER, "the next save is a first one again" });
}

TEST(a_save_on_the_heels_of_another_cancels_and_waits_a_moment)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "the first save is compiled at once" },
	     { 3, SAVED, EDIT_CANCEL, NEVER, "the second takes its place" },
	     { 4, CANCELLED, EDIT_NOTHING, 18, "which waits 15 ms for a third" },
	     { 10, SAVED, EDIT_NOTHING, 25, "each starts the wait anew" },
	     { 24, TIME, EDIT_NOTHING, 25, "too early is too early" },
	     { 25, TIME, EDIT_COMPILE, NEVER, "after 15 quiet milliseconds it is compiled" },
	     { 125, BUILT, EDIT_SWAP, NEVER, "and swapped in" },
	     { 126, SWAPPED, EDIT_LIVE, NEVER, "once for all three" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "the first save is compiled at once" },
	     { 3, SAVED, EDIT_CANCEL, NEVER, "the second takes its place" },
	     { 5, SAVED, EDIT_NOTHING, NEVER, "a third cancels nothing more" },
	     { 40, CANCELLED, EDIT_COMPILE, NEVER, "what waited long enough begins when it can" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "the first save is compiled at once" },
	     { 3, SAVED, EDIT_CANCEL, NEVER, "the second takes its place" },
	     { 4, BUILT, EDIT_NOTHING, 18, "what ended before it heard of that is dropped" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "the first save is compiled at once" },
	     { 3, SAVED, EDIT_CANCEL, NEVER, "the second takes its place" },
	     { 4, REFUSED(1), EDIT_NOTHING, 18, "nor is its failure worth a word" });
}

TEST(what_was_cancelled_counts_as_not_compiled)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "one text" },
	     { 10, SAVED, EDIT_CANCEL, NEVER, "another" },
	     { 13, TOUCHED, EDIT_NOTHING, NEVER, "and the first again" },
	     { 14, CANCELLED, EDIT_NOTHING, 28, "which has to be compiled after all" },
	     { 28, TIME, EDIT_COMPILE, NEVER, "and is" });
}

TEST(of_a_steady_stream_of_saves_one_is_let_through_every_half_second)
{
	struct edit state = { 0 };
	struct edit_event saved = SAVED, time = TIME, cancelled = CANCELLED, swapped = SWAPPED;
	const struct edit_event built = BUILT;
	unsigned int swaps = 0;
	uint64_t compiles_until = 0;
	bool cancelling = false;

	/* Every 5 ms for 10 s; a compilation takes 100 ms. */
	for (uint64_t ms = 0; ms < 10000; ms++) {
		uint64_t now = (START_MS + ms) * MS;
		struct edit_action action = { .what = EDIT_NOTHING };

		if (cancelling) {
			action = edit_step(&state, &cancelled, now);
			cancelling = false;
		} else if (compiles_until && ms >= compiles_until) {
			compiles_until = 0;
			action = edit_step(&state, &built, now);
			if (action.what == EDIT_SWAP) {
				swaps++;
				edit_step(&state, &swapped, now);
			}
		} else if (ms % 5 == 0) {
			action = edit_step(&state, &saved, now);
		} else if (edit_due(&state) <= now) {
			action = edit_step(&state, &time, now);
		}
		if (action.what == EDIT_COMPILE)
			compiles_until = ms + 100;
		if (action.what == EDIT_CANCEL) {
			cancelling = true;
			compiles_until = 0;
		}
	}
	CHECK(swaps >= 13 && swaps <= 20); /* one in 500 ms and the 100 it takes, 600 in all */
}

TEST(patience_ends_half_a_second_after_the_first_save)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "the first save" },
	     { 250, SAVED, EDIT_CANCEL, NEVER, "cancelled by the next" },
	     { 251, CANCELLED, EDIT_NOTHING, 265, "which waits for more" },
	     { 260, SAVED, EDIT_NOTHING, 275, "which come" },
	     { 275, TIME, EDIT_COMPILE, NEVER, "and has its turn" },
	     { 490, SAVED, EDIT_CANCEL, NEVER, "within the half second it is cancelled too" },
	     { 491, CANCELLED, EDIT_NOTHING, 500, "but waits no longer than that" },
	     { 499, SAVED, EDIT_NOTHING, 500, "whatever still comes" },
	     { 500, TIME, EDIT_COMPILE, NEVER, "then it is compiled" },
	     { 510, SAVED, EDIT_NOTHING, NEVER, "and not cancelled any more" },
	     { 600, BUILT, EDIT_SWAP, 500, "but let through" },
	     { 605, SWAPPED, EDIT_LIVE, 500, "and reported" },
	     { 606, TIME, EDIT_COMPILE, NEVER, "and what came meanwhile is next" });
}

TEST(what_came_while_one_was_let_through_is_not_forgotten)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "a slow compilation" },
	     { 510, RELOAD, EDIT_NOTHING, NEVER, "a reload after half a second" },
	     { 520, TOUCHED, EDIT_NOTHING, NEVER, "and what is no change" },
	     { 600, BUILT, EDIT_SWAP, 500, "it is let through" },
	     { 605, SWAPPED, EDIT_LIVE, 500, "and reported" },
	     { 606, TIME, EDIT_COMPILE, NEVER, "then comes the reload" },
	     { 700, BUILT_AS_BEFORE, EDIT_SWAP, NEVER, "which has its answer" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "a slow compilation" },
	     { 510, SAVED, EDIT_NOTHING, NEVER, "a save after half a second" },
	     { 600, NOTHING_READ, EDIT_COMPILE, NEVER, "it waited long enough" });
}

TEST(in_a_steady_stream_a_failure_is_reported_in_the_end)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "the first save" },
	     { 450, SAVED, EDIT_CANCEL, NEVER, "the stream goes on" },
	     { 451, CANCELLED, EDIT_NOTHING, 465, "and on" },
	     { 465, TIME, EDIT_COMPILE, NEVER, "it is compiled" },
	     { 510, SAVED, EDIT_NOTHING, NEVER, "changed, but not cancelled" },
	     { 550, REFUSED_MISREAD, EDIT_STALE, 565, "and reported though it changed" });
}

TEST(half_a_file_is_not_reported_as_an_error)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "the first half is compiled" },
	     { 90, REFUSED_MISREAD, EDIT_NOTHING, 105, "there is more now than was read" },
	     { 105, TIME, EDIT_COMPILE, NEVER, "so it is compiled again" },
	     { 200, BUILT, EDIT_SWAP, NEVER, "and well" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "an include is being written" },
	     { 90, REFUSED_CHANGED, EDIT_NOTHING, 105, "it changed since: nobody hears of it" },
	     { 105, TIME, EDIT_COMPILE, NEVER, "so it is compiled again" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "the file was written to and then emptied" },
	     { 90, REFUSED_EMPTY, EDIT_NOTHING, 290, "empty is how writing begins" },
	     { 120, SAVED, EDIT_COMPILE, NEVER, "a save is better than waiting" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "a file is saved" },
	     { 300, REFUSED_CHANGED, EDIT_STALE, NEVER,
	       "what was saved long ago is no half file" });
}

TEST(what_was_misread_is_compiled_again_though_it_runs)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "half a file that compiles" },
	     { 90, MISREAD, EDIT_SWAP, NEVER, "is a version" },
	     { 95, SWAPPED_MISREAD, EDIT_LIVE, 110, "but not what is there: that follows" },
	     { 110, TIME, EDIT_COMPILE, NEVER, "it is compiled" },
	     { 200, BUILT, EDIT_SWAP, NEVER, "and takes its place" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "a file is saved" },
	     { 90, MISREAD_AS_BEFORE, EDIT_KEEP, 105, "what runs already is no version, but" },
	     { 105, TIME, EDIT_COMPILE, NEVER, "what is there by now follows" },
	     { 200, BUILT, EDIT_SWAP, NEVER, "and is one" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "a file is saved" },
	     { 90, MISREAD_AS_BEFORE, EDIT_KEEP, 105, "and again while it is read" },
	     { 100, TOUCHED, EDIT_COMPILE, NEVER, "even if nothing seems to have changed" });
}

TEST(a_program_that_is_there_is_never_reported_missing)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "it is replaced in a steady stream" },
	     { 600, NOTHING_READ, EDIT_NOTHING, 615, "there was nothing just then: once more" },
	     { 615, TIME, EDIT_COMPILE, NEVER, "as often as it takes" },
	     { 620, NOTHING_READ, EDIT_NOTHING, 635, "however long" });
}

TEST(a_file_that_is_gone_or_empty_has_200_ms_to_come_back)
{
	PLAY({ 0, GONE, EDIT_NOTHING, 200, "it is deleted" },
	     { 50, SAVED, EDIT_COMPILE, NEVER, "and made anew: compiled at once" });
	PLAY({ 0, GONE, EDIT_NOTHING, 200, "it is moved away" },
	     { 50, TOUCHED, EDIT_NOTHING, NEVER, "and back: nothing to do" },
	     { 200, TIME, EDIT_NOTHING, NEVER, "nor later" });
	PLAY({ 0, GONE, EDIT_NOTHING, 200, "it is deleted" },
	     { 200, TIME, EDIT_COMPILE, NEVER, "and stays away" },
	     { 201, FAILED(1), EDIT_STALE, NEVER, "which is reported" },
	     { 900, TOUCHED, EDIT_COMPILE, NEVER, "until it is back" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "it is saved" },
	     { 20, GONE, EDIT_CANCEL, NEVER, "and deleted" },
	     { 21, CANCELLED, EDIT_NOTHING, 220, "it has its time to come back" });
	PLAY({ 0, GONE, EDIT_NOTHING, 200, "it is emptied and saved without an end" },
	     { 190, GONE, EDIT_NOTHING, 390, "which gives it time again" },
	     { 380, GONE, EDIT_NOTHING, 500, "but half a second is the most" });
}

TEST(what_was_only_touched_is_not_compiled)
{
	PLAY({ 0, TOUCHED, EDIT_NOTHING, NEVER, "touched" },
	     { 100, SAVED, EDIT_COMPILE, NEVER, "saved" },
	     { 150, TOUCHED, EDIT_NOTHING, NEVER, "touched while it is compiled" },
	     { 200, BUILT, EDIT_SWAP, NEVER, "which is no reason to drop it" },
	     { 201, SWAPPED, EDIT_LIVE, NEVER, "it is live" },
	     { 300, TOUCHED, EDIT_NOTHING, NEVER, "touched again" });
}

TEST(what_runs_already_is_no_new_version)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "other permissions, another file of the same text" },
	     { 90, BUILT_AS_BEFORE, EDIT_KEEP, NEVER, "no version, no word" },
	     { 5000, SAVED, EDIT_COMPILE, NEVER, "and the next save is a first one" });
}

TEST(a_change_that_nobody_heard_is_compiled)
{
	PLAY({ 0, UNSEEN, EDIT_COMPILE, NEVER, "saved before it was watched" },
	     { 90, BUILT_AS_BEFORE, EDIT_KEEP, NEVER, "it was read all the same" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "a new include" },
	     { 90, BUILT, EDIT_SWAP, NEVER, "was compiled" },
	     { 91, SWAPPED, EDIT_LIVE, NEVER, "is live" },
	     { 92, UNSEEN, EDIT_COMPILE, NEVER, "but may have changed before it was known" },
	     { 190, BUILT_AS_BEFORE, EDIT_KEEP, NEVER, "which makes no second version" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "saved" },
	     { 90, MISREAD, EDIT_SWAP, NEVER, "misread" },
	     { 91, SWAPPED_MISREAD, EDIT_LIVE, 106, "and to be compiled soon" },
	     { 92, UNSEEN, EDIT_NOTHING, 106, "not twice" });
}

TEST(a_failure_is_reported_once)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "an error" },
	     { 300, REFUSED(1), EDIT_STALE, NEVER, "is reported" },
	     { 1000, SAVED, EDIT_COMPILE, NEVER, "the same one" },
	     { 1300, REFUSED(1), STALE_NO_NEWS, NEVER, "is not" },
	     { 2000, SAVED, EDIT_COMPILE, NEVER, "another one" },
	     { 2300, REFUSED(2), EDIT_STALE, NEVER, "is" },
	     { 3000, SAVED, EDIT_COMPILE, NEVER, "it is mended" },
	     { 3300, BUILT_AS_BEFORE, EDIT_SWAP, NEVER, "which is news, though it is what runs" },
	     { 3301, SWAPPED, EDIT_LIVE, NEVER, "and reported" },
	     { 4000, SAVED, EDIT_COMPILE, NEVER, "what comes back" },
	     { 4300, REFUSED(2), EDIT_STALE, NEVER, "is reported again" });
}

TEST(what_the_verifier_refuses_is_reported_like_what_the_compiler_refuses)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "it compiles" },
	     { 90, BUILT, EDIT_SWAP, NEVER, "well" },
	     { 95, SWAP_REFUSED(1), EDIT_STALE, NEVER, "but does not load" },
	     { 1000, TOUCHED, EDIT_NOTHING, NEVER, "saved unchanged, it would not either" },
	     { 2000, SAVED, EDIT_COMPILE, NEVER, "otherwise" },
	     { 2090, BUILT, EDIT_SWAP, NEVER, "it compiles" },
	     { 2095, SWAP_REFUSED(1), STALE_NO_NEWS, NEVER, "but does not load: old news" });
}

TEST(what_failed_through_no_fault_of_its_own_is_tried_again_when_saved_unchanged)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "saved" },
	     { 300, FAILED(1), EDIT_STALE, NEVER, "the compiler was killed" },
	     { 1000, TOUCHED, EDIT_COMPILE, NEVER, "saving the same again is enough" },
	     { 1300, REFUSED(2), EDIT_STALE, NEVER, "the text is at fault" },
	     { 2000, TOUCHED, EDIT_NOTHING, NEVER, "then it is not" });
}

TEST(a_reload_is_compiled_whether_anything_changed_or_not)
{
	PLAY({ 0, RELOAD, EDIT_COMPILE, NEVER, "asked for" },
	     { 90, BUILT_AS_BEFORE, EDIT_SWAP, NEVER, "the same is a version, too" },
	     { 91, SWAPPED, EDIT_LIVE, NEVER, "and reported" },
	     { 1000, SAVED, EDIT_COMPILE, NEVER, "the next save" },
	     { 1090, BUILT_AS_BEFORE, EDIT_KEEP, NEVER, "is no reload" });
}

TEST(a_reload_has_an_answer)
{
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "an error" },
	     { 300, REFUSED(1), EDIT_STALE, NEVER, "is reported" },
	     { 1000, RELOAD, EDIT_COMPILE, NEVER, "asked for" },
	     { 1300, REFUSED(1), EDIT_STALE, NEVER, "it is reported again" },
	     { 2000, SAVED, EDIT_COMPILE, NEVER, "just saved" },
	     { 2300, REFUSED(1), STALE_NO_NEWS, NEVER, "it is not" });
	PLAY({ 0, RELOAD, EDIT_COMPILE, NEVER, "asked for" },
	     { 10, SAVED, EDIT_CANCEL, NEVER, "and saved" },
	     { 11, CANCELLED, EDIT_NOTHING, 25, "begun anew" },
	     { 25, TIME, EDIT_COMPILE, NEVER, "it is still" },
	     { 90, BUILT_AS_BEFORE, EDIT_SWAP, NEVER, "what was asked for" });
	PLAY({ 0, SAVED, EDIT_COMPILE, NEVER, "saved" },
	     { 10, RELOAD, EDIT_CANCEL, NEVER, "asked for" },
	     { 11, TOUCHED, EDIT_NOTHING, NEVER, "and touched" },
	     { 12, CANCELLED, EDIT_NOTHING, 26, "begun anew" },
	     { 26, TIME, EDIT_COMPILE, NEVER, "it is still" },
	     { 90, BUILT_AS_BEFORE, EDIT_SWAP, NEVER, "what was asked for" });
}

TEST(twenty_reloads_at_once_are_one_or_two)
{
	PLAY({ 0, RELOAD, EDIT_COMPILE, NEVER, "the first is compiled at once" },
	     { 1, RELOAD, EDIT_CANCEL, NEVER, "the second takes its place" },
	     { 2, RELOAD, EDIT_NOTHING, NEVER, "so does every other" },
	     { 3, RELOAD, EDIT_NOTHING, NEVER, "which cancels nothing" },
	     { 4, CANCELLED, EDIT_COMPILE, NEVER, "the latest is compiled" },
	     { 90, BUILT_AS_BEFORE, EDIT_SWAP, NEVER, "and swapped in" },
	     { 91, SWAPPED, EDIT_LIVE, NEVER, "once" });
}

TEST(compiling_is_timed_from_the_first_change_that_has_no_answer)
{
	struct edit state = { 0 };

	edit_step(&state, &(struct edit_event)SAVED, 1000 * MS);
	edit_step(&state, &(struct edit_event)SAVED, 1010 * MS);
	edit_step(&state, &(struct edit_event)CANCELLED, 1011 * MS);
	edit_step(&state, &(struct edit_event)TIME, 1025 * MS);
	CHECK_NUMBER(state.saved_ns, 1000 * MS);
	CHECK_NUMBER(state.began_ns, 1000 * MS);
	edit_step(&state, &(struct edit_event)BUILT, 1100 * MS);
	CHECK_NUMBER(state.saved_ns, 1000 * MS);
	edit_step(&state, &(struct edit_event)SWAPPED, 1101 * MS);
	CHECK_NUMBER(state.saved_ns, 0);
	CHECK_NUMBER(state.began_ns, 0);
}
