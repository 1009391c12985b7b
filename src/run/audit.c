/* SPDX-License-Identifier: Apache-2.0 */
#include "run/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "render/json_parts.h"
#include "render/json_writer.h"
#include "run/calls_key.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define TAIL_BYTES ((off_t)1 << 17) /* the longest line is a twentieth of it */

struct audit {
	char *path;
	int fd; /* -1: a new file could not be made yet */
	struct audit_limits limits;
	struct chain chain;    /* as the file has it */
	struct buffer bodies;  /* of the lines that wait, each with a newline */
	uint64_t waiting;      /* of those */
	uint64_t lost, untold; /* lines; untold: by the file */
	int why;               /* they were lost; 0: the last write did what it should */
	uint64_t size, first;  /* of the file: bytes, and its first line; 0: it has none */
	uint64_t since_ns;
	bool torn; /* what it ends with is no whole line */
};

/* --- lines of its own -------------------------------------------------------------- */

static void begin(struct json_writer *json, const char *what, uint64_t wall_ns)
{
	json_begin_object(json, NULL);
	json_text(json, "audit", what);
	json_wall_time(json, "time", wall_ns);
}

void audit_add(struct audit *audit, const char *body, size_t length)
{
	buffer_append(&audit->bodies, body, length);
	buffer_append(&audit->bodies, "\n", 1);
	audit->waiting++;
}

static void add_own(struct audit *audit, struct json_writer *json)
{
	json_end_object(json);
	audit_add(audit, buffer_text(&json->text), json->text.length);
}

static void say_opened(struct audit *audit, uint64_t wall_ns)
{
	AUTO(json_clear) struct json_writer json = { 0 };

	begin(&json, "opened", wall_ns);
	json_text(&json, "hash", audit->chain.keyed ? "hmac-sha256" : "sha256");
	add_own(audit, &json);
}

static void say_resumed(struct audit *audit, size_t torn, uint64_t wall_ns)
{
	AUTO(json_clear) struct json_writer json = { 0 };

	begin(&json, "resumed", wall_ns);
	json_text(&json, "why", "no closing line: the run before did not end by itself");
	json_u64(&json, "torn_bytes", torn);
	add_own(audit, &json);
}

static void put_lost(struct audit *audit, struct chain *chain, uint64_t wall_ns, struct buffer *out)
{
	AUTO(json_clear) struct json_writer json = { 0 };

	begin(&json, "lost", wall_ns);
	json_u64(&json, "lines", audit->untold);
	json_text(&json, "why", strerror(audit->why));
	json_end_object(&json);
	chain_add(chain, buffer_text(&json.text), json.text.length, out);
}

static void put_closed(struct audit *audit, struct chain *chain, const char *why, uint64_t wall_ns,
		       struct buffer *out)
{
	AUTO(json_clear) struct json_writer json = { 0 };

	begin(&json, "closed", wall_ns);
	json_text(&json, "why", why);
	json_u64(&json, "first", audit->first);
	json_end_object(&json);
	chain_close(chain, buffer_text(&json.text), json.text.length, out);
}

/* --- what is there already ----------------------------------------------------------- */

struct tail {
	char *text;
	size_t length; /* of whole lines */
	size_t torn;   /* bytes behind them */
};

static int read_tail(int fd, off_t size, struct tail *out)
{
	const off_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
	size_t length = (size_t)(size - from);
	char *end;

	out->text = malloc(length + 1);
	if (!out->text)
		return -ENOMEM;
	if (pread(fd, out->text, length, from) != (ssize_t)length)
		return errno ? -errno : -EIO;
	end = memrchr(out->text, '\n', length);
	out->length = end ? (size_t)(end - out->text) + 1 : 0;
	out->torn = length - out->length;
	return 0;
}

/* The last line that is one of a chain; what is torn in front of it was said by the one behind. */
static bool last_line(const struct tail *tail, const char **line, size_t *length)
{
	size_t end = tail->length ? tail->length - 1 : 0;
	const char *before = end ? memrchr(tail->text, '\n', end) : NULL;

	*line = before ? before + 1 : tail->text;
	*length = (size_t)(tail->text + end - *line);
	return tail->length > 0;
}

static int no_chain(const struct audit *audit, struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 "'%s' is there already, and its last line is none of an audit",
			 audit->path),
		    "choose another file: what is there is not changed");
}

static int first_of(const struct audit *audit, uint64_t *out)
{
	char start[256];
	struct chain_head head;
	const ssize_t n = pread(audit->fd, start, sizeof(start) - 1, 0);
	char padded[sizeof(start) + 1];

	if (n <= 0)
		return -EINVAL;
	/* Only how it begins is asked. */
	snprintf(padded, sizeof(padded), "%.*s", (int)n, start);
	padded[n - 1] = '}';
	if (!chain_read(padded, (size_t)n, &head))
		return -EINVAL;
	*out = head.number;
	return 0;
}

/* By its own hash where it is a closing line, else by what it says of the line before it. Where
 * there is none that cannot be told. */
static bool key_fits(const struct audit *audit, const struct tail *tail, const char *line,
		     size_t length, const struct chain_head *head)
{
	struct chain chain = audit->chain;
	const char *end = line;

	if (chain_is_closing(line, length))
		return chain_closing_fits(&chain, line, length);
	while (end > tail->text) {
		const size_t left = (size_t)(end - tail->text) - 1;
		const char *newline = memrchr(tail->text, '\n', left);
		const char *before = newline ? newline + 1 : tail->text;
		const size_t size = left - (size_t)(before - tail->text);
		struct chain_head other;

		if (chain_read(before, size, &other) && other.number + 1 == head->number) {
			chain_follow(&chain, other.number, before, size);
			return strcmp(chain.before, head->before) == 0;
		}
		end = before;
	}
	return true;
}

static int other_key(const struct audit *audit, struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 "'%s' was written %s, or its end was changed", audit->path,
			 audit->chain.keyed ? "with another key or without one" : "with a key"),
		    "give --audit-key as when the file was begun, or choose another file");
}

static int resume(struct audit *audit, off_t size, uint64_t wall_ns, struct skbscope_error *error)
{
	struct tail tail = { 0 };
	AUTO(freep) char *text = NULL;
	struct chain_head head;
	const char *line;
	size_t length;
	int r = read_tail(audit->fd, size, &tail);

	text = tail.text;
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot read '%s'", audit->path);
	if (!last_line(&tail, &line, &length) || !chain_read(line, length, &head) ||
	    first_of(audit, &audit->first) < 0)
		return no_chain(audit, error);
	if (!key_fits(audit, &tail, line, length, &head))
		return other_key(audit, error);
	chain_follow(&audit->chain, head.number, line, length);
	audit->size = (uint64_t)size;
	audit->torn = tail.torn > 0;
	if (tail.torn || !chain_is_closing(line, length))
		say_resumed(audit, tail.torn, wall_ns);
	return 0;
}

/* Its first line, and the chain's next, are what is found there. */
static int open_file(struct audit *audit, struct skbscope_error *error)
{
	struct stat status;

	audit->fd = open(audit->path,
			 O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (audit->fd < 0)
		return fail_errno(error, errno, STAGE, "cannot write '%s'", audit->path);
	if (fstat(audit->fd, &status) < 0 || !S_ISREG(status.st_mode))
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "'%s' is no regular file",
			    audit->path);
	if (flock(audit->fd, LOCK_EX | LOCK_NB) < 0)
		return hint(error,
			    fail(error, EBUSY, SKBSCOPE_STAGE_USAGE,
				 "another run writes its audit to '%s'", audit->path),
			    "each run needs a file of its own");
	audit->first = 0;
	audit->size = 0;
	audit->since_ns = clock_wall_ns();
	return status.st_size ? resume(audit, status.st_size, audit->since_ns, error) : 0;
}

int audit_open(const char *path, const char *key_path, const struct audit_limits *limits,
	       struct audit **out, struct skbscope_error *error)
{
	AUTO(audit_freep) struct audit *audit = calloc(1, sizeof(*audit));
	uint8_t key[CHAIN_KEY_BYTES];
	int r = 0;

	if (audit) {
		audit->fd = -1;
		audit->path = strdup(path);
	}
	if (!audit || !audit->path)
		return fail_memory(error, STAGE);
	audit->limits = *limits;
	if (key_path)
		r = key_file_read(key_path, "--audit-key", key, error);
	chain_open(&audit->chain, key_path && r == 0 ? key : NULL);
	explicit_bzero(key, sizeof(key));
	if (r == 0)
		r = open_file(audit, error);
	if (r < 0)
		return r;
	say_opened(audit, audit->since_ns);
	*out = TAKE(audit);
	return 0;
}

void audit_freep(struct audit **out)
{
	struct audit *audit = *out;

	if (!audit)
		return;
	closep(&audit->fd);
	free(audit->path);
	buffer_free(&audit->bodies);
	explicit_bzero(audit, sizeof(*audit));
	free(audit);
	*out = NULL;
}

/* --- writing ------------------------------------------------------------------------- */

/* A part of a line is taken back: nobody else writes there. */
static int append(struct audit *audit, const struct buffer *lines)
{
	int r = lines->failed ? -ENOMEM : write_all(audit->fd, lines->data, lines->length);

	if (r == 0) {
		audit->size += lines->length;
		audit->torn = false;
		return 0;
	}
	if (ftruncate(audit->fd, (off_t)audit->size) < 0)
		audit->torn = true;
	return r;
}

static void put_bodies(const struct buffer *bodies, struct chain *chain, struct buffer *out)
{
	const char *at = buffer_text(bodies), *end;

	for (; (end = strchr(at, '\n')); at = end + 1)
		chain_add(chain, at, (size_t)(end - at), out);
	out->failed |= bodies->failed;
}

static int put_waiting(struct audit *audit, uint64_t wall_ns)
{
	AUTO(buffer_free) struct buffer lines = { 0 };
	struct chain chain = audit->chain;
	int r;

	if (audit->torn)
		buffer_string(&lines, "\n");
	if (audit->untold)
		put_lost(audit, &chain, wall_ns, &lines);
	put_bodies(&audit->bodies, &chain, &lines);
	r = append(audit, &lines);
	if (r < 0)
		return r;
	if (!audit->first)
		audit->first = audit->chain.next;
	audit->chain = chain;
	audit->untold = 0;
	return 0;
}

static int close_file(struct audit *audit, const char *why, uint64_t wall_ns)
{
	AUTO(buffer_free) struct buffer lines = { 0 };
	struct chain chain = audit->chain;
	int r;

	put_closed(audit, &chain, why, wall_ns, &lines);
	r = append(audit, &lines);
	if (r == 0 && fsync(audit->fd) < 0)
		r = -errno;
	if (r == 0)
		audit->chain = chain;
	return r;
}

static bool is_full(const struct audit *audit, uint64_t wall_ns)
{
	return (audit->limits.bytes && audit->size >= audit->limits.bytes) ||
	       (audit->limits.age_ns && wall_ns > audit->since_ns &&
		wall_ns - audit->since_ns >= audit->limits.age_ns);
}

/* What has that name already stays. */
static int set_aside(const struct audit *audit)
{
	AUTO(freep) char *name = NULL;

	if (asprintf(&name, "%s.%012" PRIu64, audit->path, audit->first) < 0)
		return -ENOMEM;
	return renameat2(AT_FDCWD, audit->path, AT_FDCWD, name, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

static void rotate(struct audit *audit, uint64_t wall_ns, struct buffer *news)
{
	int r = close_file(audit, "rotated", wall_ns);

	if (r == 0)
		r = set_aside(audit);
	if (r < 0) {
		buffer_printf(news, "audit: '%s' cannot be set aside (%s), and goes on\n",
			      audit->path, strerror(-r));
		audit->limits = (struct audit_limits){ 0 };
	} else {
		closep(&audit->fd);
	}
	say_opened(audit, wall_ns);
}

static int ready(struct audit *audit)
{
	struct skbscope_error error;

	return audit->fd >= 0 ? 0 : open_file(audit, &error);
}

void audit_write(struct audit *audit, uint64_t wall_ns, struct buffer *news)
{
	int r;

	if (!audit->waiting)
		return;
	r = ready(audit);
	if (r == 0)
		r = put_waiting(audit, wall_ns);
	if (r < 0) {
		if (!audit->why)
			buffer_printf(news, "audit: cannot write '%s' (%s): lines are lost\n",
				      audit->path, strerror(-r));
		audit->lost += audit->waiting;
		audit->untold += audit->waiting;
	} else if (audit->why) {
		buffer_printf(news, "audit: '%s' is written again; %" PRIu64 " lines were lost\n",
			      audit->path, audit->lost);
	}
	audit->why = -r;
	audit->waiting = 0;
	buffer_clear(&audit->bodies);
	if (r == 0 && is_full(audit, wall_ns))
		rotate(audit, wall_ns, news);
}

void audit_finish(struct audit *audit, const char *why, uint64_t wall_ns, struct buffer *news)
{
	int r;

	audit_write(audit, wall_ns, news);
	audit_write(audit, wall_ns, news); /* what a new file begins with */
	r = audit->fd < 0 ? -EBADF : close_file(audit, why, wall_ns);
	if (r < 0 && !audit->why)
		buffer_printf(news, "audit: '%s' has no closing line (%s)\n", audit->path,
			      strerror(-r));
}

uint64_t audit_lost(const struct audit *audit)
{
	return audit->lost;
}

void audit_text(const struct audit *audit, struct buffer *out)
{
	buffer_printf(out, "%s: lines up to %" PRIu64 ", --expect %" PRIu64 ":%s", audit->path,
		      audit->chain.next - 1, audit->chain.next - 1, audit->chain.before);
}
