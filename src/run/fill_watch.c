/* SPDX-License-Identifier: Apache-2.0 */
/* When a file is taken for whole, and what is said where it is not. */
#include "run/fill_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define LOOK_AGAIN_NS UINT64_C(50000000)
#define SETTLE_NS UINT64_C(300000000)    /* gone or empty for longer: it is meant */
#define PATIENCE_NS UINT64_C(1000000000) /* with somebody who writes and never closes */

enum look { WHOLE, GONE, EMPTY, BEING_WRITTEN, UNREADABLE };

struct seen_file {
	const char *path;   /* absolute, the inputs'; NULL: nothing to watch */
	struct buffer text; /* that was looked at last, whether taken over or not */
	enum look found;    /* the last time */
	uint64_t since_ns;  /* and since when */
	bool gone;          /* that was said */
};

static enum look look(const char *path, bool patient, struct buffer *out,
		      struct skbscope_error *error)
{
	AUTO(closep) int fd = open_regular(path, false);
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return GONE;
	if (fd >= 0 && !file_is_whole(fd) && patient)
		return BEING_WRITTEN;
	r = fd < 0 ? fd : fill_file_read(fd, path, out, error);
	if (fd == -EINVAL)
		fail(error, fd, STAGE, "'%s' is not a file", path);
	else if (fd < 0)
		fail_errno(error, fd, STAGE, "cannot read '%s'", path);
	if (r < 0)
		return UNREADABLE;
	return out->length ? WHOLE : EMPTY; /* the lease ends with the descriptor */
}

static bool is_same(const struct buffer *a, const struct buffer *b)
{
	return a->length == b->length && memcmp(buffer_text(a), buffer_text(b), a->length) == 0;
}

static void say_kept(struct fill_watch *watch, const char *message, const char *hint)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_printf(&text, "%s; the rows stay as they are\n", message);
	if (hint && *hint)
		buffer_printf(&text, "  %s\n", hint);
	watch->say(watch->owner, buffer_text(&text));
}

static void say_gone(struct fill_watch *watch, size_t file)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_printf(&text, "%s is gone", watch->fill->files[file].path);
	say_kept(watch, buffer_text(&text), NULL);
}

static void take_over(struct fill_watch *watch, size_t file, struct buffer *text)
{
	AUTO(buffer_free) struct buffer news = { 0 };
	struct skbscope_error error = { 0 };

	if (is_same(text, &watch->fill->files[file].text))
		return;
	if (watch->changed(watch->owner, file, text, &news, &error) < 0) {
		say_kept(watch, error.message, error.hint);
	} else if (news.length) {
		buffer_string(&news, "\n");
		watch->say(watch->owner, buffer_text(&news));
	}
}

/* Whether it is as it will stay; else it is looked at again. */
static bool is_settled(struct seen_file *seen, enum look found, uint64_t now_ns)
{
	if (found != seen->found)
		seen->since_ns = now_ns;
	seen->found = found;
	if (found == WHOLE || found == UNREADABLE)
		return true;
	return found != BEING_WRITTEN && now_ns >= seen->since_ns + SETTLE_NS;
}

/* True: look at it again. */
static bool check(struct fill_watch *watch, size_t file, uint64_t now_ns)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct seen_file *seen = &watch->seen[file];
	struct skbscope_error error = { 0 };
	bool patient = seen->found != BEING_WRITTEN || now_ns < seen->since_ns + PATIENCE_NS;
	enum look found = look(seen->path, patient, &text, &error);

	if (!is_settled(seen, found, now_ns))
		return true;
	if (found == GONE && !seen->gone)
		say_gone(watch, file);
	seen->gone = found == GONE;
	if (found == UNREADABLE)
		say_kept(watch, error.message, error.hint);
	if (found == GONE || found == UNREADABLE || is_same(&text, &seen->text))
		return false;
	buffer_clear(&seen->text);
	buffer_append(&seen->text, buffer_text(&text), text.length);
	take_over(watch, file, &text);
	return false;
}

static void check_all(struct fill_watch *watch, uint64_t now_ns)
{
	bool again = false;

	for (size_t i = 0; i < watch->fill->texts->count; i++)
		if (watch->seen[i].path)
			again |= check(watch, i, now_ns);
	loop_disarm(&watch->later);
	if (again)
		loop_arm(watch->loop, &watch->later, now_ns + LOOK_AGAIN_NS);
}

static void heard(void *context, uint32_t events, uint64_t now_ns)
{
	struct fill_watch *watch = context;

	(void)events;
	if (files_heard(watch->files))
		check_all(watch, now_ns);
}

static void look_again(void *context, uint64_t now_ns)
{
	check_all(context, now_ns);
}

static int add_file(struct fill_watch *watch, size_t file)
{
	const char *path = watch->fill->files[file].path;
	const struct buffer *text = &watch->fill->files[file].text;
	char here[PATH_MAX] = "";
	char *absolute;

	if (!path || strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0)
		return 0;
	if (path[0] != '/' && !getcwd(here, sizeof(here)))
		return -errno;
	absolute = arena_printf(arena_of(watch->inputs), "%s%s%s", here, *here ? "/" : "", path);
	if (!absolute)
		return -ENOMEM;
	inputs_add(watch->inputs, INPUT_READ, true, absolute);
	watch->seen[file].path = absolute;
	buffer_append(&watch->seen[file].text, buffer_text(text), text->length);
	return watch->seen[file].text.failed ? -ENOMEM : 0;
}

int fill_watch_open(struct fill_watch *watch, struct skbscope_error *error)
{
	size_t count = fill_is_empty(watch->fill) ? 0 : watch->fill->texts->count;
	int r = 0;

	watch->heard = (struct loop_source){
		.events = EPOLLIN, .priority = LOOP_REST, .ready = heard, .context = watch
	};
	watch->later = (struct loop_timer){ .due = look_again, .context = watch };
	if (!count)
		return 0;
	watch->seen = calloc(count + 1, sizeof(*watch->seen));
	watch->inputs = watch->seen ? arena_object_new(sizeof(*watch->inputs)) : NULL;
	if (!watch->inputs)
		return fail_memory(error, STAGE);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_file(watch, i);
	if (r == 0 && watch->inputs->count)
		r = files_new(&watch->files);
	if (r == 0 && watch->files)
		r = files_watch(watch->files, watch->inputs);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot watch the files of --set");
	if (!watch->files)
		return 0;
	watch->heard.fd = files_fd(watch->files);
	r = loop_add(watch->loop, &watch->heard);
	/* What was saved since it was read. */
	if (r == 0)
		loop_arm(watch->loop, &watch->later, 0);
	return r < 0 ? fail_errno(error, r, STAGE, "cannot watch the files of --set") : 0;
}

void fill_watch_stop(struct fill_watch *watch)
{
	loop_remove(&watch->heard);
	loop_disarm(&watch->later);
}

void fill_watch_close(struct fill_watch *watch)
{
	fill_watch_stop(watch);
	for (size_t i = 0; watch->seen && i < watch->fill->texts->count; i++)
		buffer_free(&watch->seen[i].text);
	free(TAKE(watch->seen));
	files_free(TAKE(watch->files));
	inputs_freep(&watch->inputs);
}
