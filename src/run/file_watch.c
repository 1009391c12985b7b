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

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/io.h"
#include "run/edit.h"

/* Writing without closing is not heard: the file is not whole yet. */
#define ENTRY_EVENTS                                                                               \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB)
#define SELF_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)
#define LINKS_MAX 40 /* as the kernel follows */
#define READ_MAX (4u << 20)

/* A name in a directory on the way to a file; "": the directory itself. */
struct place {
	int watch;
	char *name;
};

struct files {
	int fd;
	char **paths; /* absolute; those that were read first */
	size_t count, read_count;
	struct place *places;
	size_t place_count, place_room;
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

static void forget_paths(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->paths);
	files->paths = NULL;
	files->count = files->read_count = 0;
}

static void forget_places(struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(places[i].name);
	free(places);
}

void files_free(struct files *files)
{
	if (!files)
		return;
	forget_paths(files);
	forget_places(files->places, files->place_count);
	close(files->fd);
	free(files);
}

int files_fd(const struct files *files)
{
	return files->fd;
}

size_t files_count(const struct files *files)
{
	return files->read_count;
}

static bool is_watched(const struct place *places, size_t count, int watch)
{
	for (size_t i = 0; i < count; i++)
		if (places[i].watch == watch)
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
	char *copy;

	if (watch < 0)
		return errno == ENOSPC || errno == ENOMEM ? -errno : 0;
	for (size_t i = 0; i < files->place_count; i++)
		if (files->places[i].watch == watch && strcmp(files->places[i].name, name) == 0)
			return 0;
	if (files->place_count == files->place_room) {
		size_t room = files->place_room ? 2 * files->place_room : 16;
		struct place *places = realloc(files->places, room * sizeof(*places));

		if (!places)
			return -ENOMEM;
		files->places = places;
		files->place_room = room;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	files->places[files->place_count++] = (struct place){ watch, copy };
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
	struct place *before = files->places;
	size_t before_count = files->place_count;
	int r = 0;

	files->places = NULL;
	files->place_count = files->place_room = 0;
	for (size_t i = 0; i < files->count && r == 0; i++)
		r = watch_path(files, files->paths[i]);
	for (size_t i = 0; i < before_count; i++)
		if (!is_watched(files->places, files->place_count, before[i].watch) &&
		    !is_watched(before, i, before[i].watch))
			inotify_rm_watch(files->fd, before[i].watch);
	forget_places(before, before_count);
	return r;
}

static bool knows(const struct files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->paths[i], path) == 0)
			return true;
	return false;
}

static uint64_t changed_at(const struct stat *st)
{
	return (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec;
}

/* In the same tick counts: rather once too often. */
static bool changed_since(const char *path, uint64_t since_ns)
{
	struct stat st;

	return stat(path, &st) == 0 && changed_at(&st) >= since_ns;
}

static const char *path_of(const struct skbscope_compile_files *depends, size_t i)
{
	return i < depends->file_count ? depends->files[i]
				       : depends->missing[i - depends->file_count];
}

bool files_are(const struct files *files, const struct skbscope_compile_files *depends)
{
	if (files->count != depends->file_count + depends->missing_count ||
	    files->read_count != depends->file_count)
		return false;
	for (size_t i = 0; i < files->count; i++)
		if (!knows(files, path_of(depends, i)))
			return false;
	return true;
}

static int copy_paths(const struct skbscope_compile_files *depends, char **paths)
{
	for (size_t i = 0; i < depends->file_count + depends->missing_count; i++) {
		paths[i] = strdup(path_of(depends, i));
		if (!paths[i]) {
			while (i-- > 0)
				free(paths[i]);
			return -ENOMEM;
		}
	}
	return 0;
}

int files_watch(struct files *files, const struct skbscope_compile_files *depends,
		uint64_t since_ns, bool *changed)
{
	size_t count = depends->file_count + depends->missing_count;
	AUTO(freep) char **paths = calloc(count + 1, sizeof(*paths));
	bool unheard = false;
	int r;

	if (!paths || copy_paths(depends, paths) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!knows(files, paths[i]) && changed_since(paths[i], since_ns))
			unheard = true;
	forget_paths(files);
	files->paths = TAKE(paths);
	files->count = count;
	files->read_count = depends->file_count;
	r = arm(files);
	if (r == 0)
		*changed = unheard;
	return r;
}

int files_watch_program(struct files *files, const char *path)
{
	char absolute[PATH_MAX];
	const char *const paths[] = { absolute };
	const struct skbscope_compile_files depends = { .files = paths, .file_count = 1 };
	bool changed;

	/* Not realpath(): a link is to be watched as a link. */
	if (path[0] == '/') {
		snprintf(absolute, sizeof(absolute), "%s", path);
	} else {
		AUTO(freep) char *here = getcwd(NULL, 0);

		if (!here)
			return -errno;
		snprintf(absolute, sizeof(absolute), "%s/%s", here, path);
	}
	return files_watch(files, &depends, UINT64_MAX, &changed);
}

static bool concerns(const struct files *files, const struct inotify_event *event)
{
	for (size_t i = 0; i < files->place_count; i++)
		if (files->places[i].watch == event->wd &&
		    strcmp(files->places[i].name, event->name) == 0)
			return true;
	return false;
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
				heard |= is_watched(files->places, files->place_count, event->wd);
			else if (event->len && concerns(files, event))
				heard = true;
		}
	}
	/* A link or a directory on the way may be another one now. */
	if (heard)
		arm(files);
	return heard;
}

static void mix_both(struct files_state *state, const void *data, size_t length)
{
	state->fingerprint = hash_bytes(state->fingerprint, data, length);
	state->contents = hash_bytes(state->contents, data, length);
}

static void look_at(const char *path, struct files_state *state, bool *unsettled)
{
	/* O_NONBLOCK: in its place may be a pipe. */
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	AUTO(buffer_free) struct buffer text = { 0 };
	struct stat st;
	mode_t type;

	*unsettled = true;
	if (fd < 0 || fstat(fd, &st) < 0) {
		int code = errno;
		uint64_t now = clock_monotonic_ns();

		mix_both(state, &code, sizeof(code));
		/* Nobody looked: then it may be anything. */
		if (code == EMFILE || code == ENFILE)
			mix_both(state, &now, sizeof(now));
		return;
	}
	type = st.st_mode & S_IFMT;
	mix_both(state, &type, sizeof(type));
	state->fingerprint = hash_bytes(state->fingerprint, &st.st_mode, sizeof(st.st_mode));
	state->fingerprint = hash_bytes(state->fingerprint, &st.st_uid, sizeof(st.st_uid));
	state->fingerprint = hash_bytes(state->fingerprint, &st.st_gid, sizeof(st.st_gid));
	/* Empty for a moment is how a file begins that is being written. */
	*unsettled = S_ISREG(st.st_mode) && st.st_size == 0 &&
		     changed_at(&st) + EDIT_SETTLE_NS > clock_wall_ns();
	if (!S_ISREG(st.st_mode))
		return;
	read_descriptor(fd, READ_MAX, &text);
	mix_both(state, buffer_text(&text), text.length);
}

struct files_state files_look(const struct files *files)
{
	struct files_state state = { .fingerprint = HASH_INIT, .contents = HASH_INIT };

	for (size_t i = 0; i < files->count; i++) {
		bool unsettled;

		mix_both(&state, &i, sizeof(i));
		look_at(files->paths[i], &state, &unsettled);
		state.unsettled |= unsettled && i < files->read_count;
	}
	return state;
}
