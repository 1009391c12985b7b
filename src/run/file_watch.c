/* SPDX-License-Identifier: Apache-2.0 */
/* Watching directories, so that a file is heard of under its name, whichever inode
 * has it at the moment. */
#include "run/file_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"

/* Writing without closing is not heard: the file is not whole yet. */
#define ENTRY_EVENTS                                                                               \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB)
#define SELF_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)
#define LINKS_MAX 40 /* as the kernel follows */

/* A name in a directory on the way to a file; "": the directory itself. */
struct place {
	const struct place *next;
	int watch;
	const char *name;
};

struct files {
	int fd;
	const struct skbscope_inputs *inputs; /* the caller's; NULL: none yet */
	struct arena *arena;                  /* of the places */
	const struct place *places;
};

int files_new(struct files **out)
{
	struct files *files = calloc(1, sizeof(*files));

	if (!files)
		return -ENOMEM;
	files->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (files->fd < 0) {
		int r = -errno;

		free(files);
		return r;
	}
	*out = files;
	return 0;
}

void files_free(struct files *files)
{
	if (!files)
		return;
	arena_free(files->arena);
	close(files->fd);
	free(files);
}

int files_fd(const struct files *files)
{
	return files->fd;
}

size_t files_count(const struct files *files)
{
	size_t count = 0;

	for (size_t i = 0; i < files->inputs->count; i++)
		count += files->inputs->items[i].users &&
			 files->inputs->items[i].role != INPUT_MISSED;
	return count;
}

static bool is_watched(const struct place *places, int watch)
{
	for (; places; places = places->next)
		if (places->watch == watch)
			return true;
	return false;
}

static bool is_place(const struct files *files, int watch, const char *name)
{
	for (const struct place *place = files->places; place; place = place->next)
		if (place->watch == watch && strcmp(place->name, name) == 0)
			return true;
	return false;
}

/* A directory that cannot be watched (not there, no right) is no failure: its
 * parent is watched for the day it can. */
static int add_place(struct files *files, const char *directory, const char *name)
{
	/* Of a directory that is only passed, what is in it would wake us for nothing. */
	uint32_t events = name[0] ? ENTRY_EVENTS | SELF_EVENTS : SELF_EVENTS;
	int watch = inotify_add_watch(files->fd, directory[0] ? directory : "/",
				      events | IN_MASK_ADD | IN_ONLYDIR | IN_EXCL_UNLINK);
	struct place *place;

	if (watch < 0)
		return errno == ENOSPC || errno == ENOMEM ? -errno : 0;
	if (is_place(files, watch, name))
		return 0;
	place = ARENA_NEW(files->arena, struct place);
	if (!place)
		return -ENOMEM;
	*place = (struct place){ files->places, watch, arena_string(files->arena, name) };
	if (!place->name)
		return -ENOMEM;
	files->places = place;
	return 0;
}

/* A path on its way to being a file: what is known to be directories and no links,
 * and what is still to be looked up. */
struct walk {
	char done[PATH_MAX];
	char todo[PATH_MAX];
	int links;
};

/* The next name of todo; false at its end. */
static bool take_name(struct walk *walk, char name[NAME_MAX + 1])
{
	size_t skip = strspn(walk->todo, "/"), length = strcspn(walk->todo + skip, "/");

	if (!length || length > NAME_MAX)
		return false;
	memcpy(name, walk->todo + skip, length);
	name[length] = '\0';
	memmove(walk->todo, walk->todo + skip + length, strlen(walk->todo + skip + length) + 1);
	return true;
}

static bool follow(struct walk *walk, const char *link)
{
	char target[PATH_MAX], todo[PATH_MAX];
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	if (length <= 0 || ++walk->links > LINKS_MAX)
		return false;
	target[length] = '\0';
	if ((size_t)snprintf(todo, sizeof(todo), "%s/%s", target, walk->todo) >= sizeof(todo))
		return false;
	memcpy(walk->todo, todo, sizeof(todo));
	if (target[0] == '/')
		walk->done[0] = '\0';
	return true;
}

/* Every name on the way that may come to mean something else: links, what is not
 * there, and the file. A directory that is moved away says so itself, but not to those
 * that it holds. */
static int watch_path(struct files *files, const char *path)
{
	struct walk walk = { .links = 0 };
	char name[NAME_MAX + 1];

	if (strlen(path) >= sizeof(walk.todo))
		return 0;
	strcpy(walk.todo, path);
	while (take_name(&walk, name)) {
		char full[PATH_MAX];
		struct stat st;
		int there, r;

		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			char *slash = strrchr(walk.done, '/');

			if (slash)
				*slash = '\0';
			continue;
		}
		if ((size_t)snprintf(full, sizeof(full), "%s/%s", walk.done, name) >= sizeof(full))
			return 0;
		there = lstat(full, &st);
		if (there == 0 && S_ISDIR(st.st_mode) && walk.todo[strspn(walk.todo, "/")]) {
			memcpy(walk.done, full, sizeof(full));
			r = add_place(files, walk.done, "");
			if (r < 0)
				return r;
			continue;
		}
		r = add_place(files, walk.done, name);
		if (r < 0 || there < 0 || !S_ISLNK(st.st_mode) || !follow(&walk, full))
			return r;
	}
	return 0;
}

static int arm(struct files *files)
{
	struct arena *arena = files->arena;
	const struct place *before = files->places;
	int r;

	files->places = NULL;
	files->arena = arena_new();
	r = files->arena ? 0 : -ENOMEM;
	for (size_t i = 0; i < files->inputs->count && r == 0; i++)
		if (files->inputs->items[i].users)
			r = watch_path(files, files->inputs->items[i].path);
	for (; before; before = before->next)
		if (!is_watched(files->places, before->watch) &&
		    !is_watched(before->next, before->watch))
			inotify_rm_watch(files->fd, before->watch);
	arena_free(arena);
	return r;
}

int files_watch(struct files *files, const struct skbscope_inputs *inputs)
{
	files->inputs = inputs;
	return arm(files);
}

bool files_heard(struct files *files)
{
	_Alignas(struct inotify_event) char bytes[16384];
	bool heard = false;
	ssize_t n;

	while ((n = read(files->fd, bytes, sizeof(bytes))) > 0) {
		for (const char *at = bytes; at < bytes + n;) {
			const struct inotify_event *event = (const void *)at;

			at += sizeof(*event) + event->len;
			if (event->mask & IN_Q_OVERFLOW)
				heard = true;
			else if (event->mask & SELF_EVENTS)
				heard |= is_watched(files->places, event->wd);
			else if (event->len)
				heard |= is_place(files, event->wd, event->name);
		}
	}
	/* A link or a directory on the way may be another one now. */
	if (heard)
		arm(files);
	return heard;
}
