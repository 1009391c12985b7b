/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the client and the worker tell each other, and through which descriptors.
 *
 * A request travels in a sealed memory file, the answer comes back in another,
 * and everything libbcc and clang print lands in a third. Files, not pipes: the
 * kernel bounds their size (RLIMIT_FSIZE), nobody has to drain them while the
 * compiler runs, and what a crashed worker had to say is still there.
 */
#ifndef COMPILE_PROTOCOL_H
#define COMPILE_PROTOCOL_H

#include <skbscope/image.h>

#include "base/arena.h"
#include "base/buffer.h"

/* The worker's descriptors. 0 is /dev/null, 1 and 2 are the log. */
enum {
	WORKER_FD_REQUEST = 3,
	WORKER_FD_ANSWER = 4,
	WORKER_FD_ALIVE = 5, /* a socket that closes when the worker is gone */
	WORKER_FD_PATHS = 6, /* the first of the request's paths */
};

#define WORKER_MAX_PATHS 128
#define WORKER_MAX_REQUEST (8u << 20)
#define WORKER_MAX_OUTPUT (64u << 20) /* image, and log */
#define WORKER_MAX_SECONDS 600u       /* of CPU; the wall clock is the client's business */

/* What the compiler takes a precompiled header's file for while it makes one. */
#define PRECOMPILED_OUTPUT "/virtual/precompiled"

/* How the compiler knows the user's file; outside the worker it has its own name. */
#define WORKER_SOURCE_FILE "/virtual/source.c"

/* The worker reaches directories by descriptors that its parent opened, because
 * it may not be allowed to walk to them: path I is /proc/self/fd/(FD_PATHS + I). */
#define WORKER_PATH_PREFIX "/proc/self/fd/"
enum {
	WORKER_PATH_HEADERS = 0,
	WORKER_PATH_DIRECTORY = 1, /* the program's own */
	WORKER_PATH_MORE = 2,
};
#define WORKER_TREE WORKER_PATH_PREFIX "6"
_Static_assert(WORKER_FD_PATHS + WORKER_PATH_HEADERS == 6, "WORKER_TREE");

enum { PRECOMPILED_FILES = 2 };

/* What packets begin with. */
enum worker_link { LINK_ETHERNET, LINK_BARE };
struct insertions;

struct worker_request {
	const char *path, *name, *comment; /* of the source, for the image */
	const char *text;                  /* as it was written */
	size_t text_length;
	const char *compiled; /* the same with insertions; NULL: there are none */
	size_t compiled_length;
	const struct insertions *insertions; /* for the client alone; NULL: none */
	uint32_t typed_lines, lead_lines;    /* of the source */
	enum skbscope_headers headers;
	bool kernel_types;
	bool prints;          /* bpf_trace_printk() goes to a ring of the program */
	uint32_t precompiled; /* the path of a precompiled header, and the next one is of
			       * what it is good for; 0: none */
	bool precompile;      /* make it instead of compiling, in these two files */
	bool surroundings;    /* say what programs are compiled in, instead of compiling */
	/* A tcpdump expression to compile instead, for this link layer; NULL: none. */
	const char *expression;
	uint32_t link;            /* enum worker_link */
	const char *const *flags; /* for clang, after mapping */
	size_t flag_count;
	const char *const *paths; /* their real names */
	const int *path_fds;      /* and their descriptors, for the client alone */
	size_t path_count;
};

/* At the start of the answer file. Then come an image in image_write()'s format,
 * unless there was nothing to make one of, and the list of files. Of an expression there are
 * instructions of classic BPF in the image's place, and of the surroundings entries: a letter,
 * text, a NUL. */
enum surroundings_entry {
	SURROUNDINGS_ARGUMENT = 'a', /* of clang -cc1, in their order */
	SURROUNDINGS_HEADER = 'h',   /* the name of a header in libbcc's memory */
	SURROUNDINGS_TEXT = 't',     /* and what is in it */
};

struct worker_answer_header {
	uint32_t magic;
	uint32_t image_length;
	uint64_t main_ns; /* CLOCK_MONOTONIC at the start of main() */
	uint32_t kallsyms_shortcut;
	uint32_t precompiled; /* it was made, or used */
	uint32_t files_length;
	char libbcc[32], llvm[32]; /* versions; not to be trusted to end */
};
#define WORKER_ANSWER_MAGIC 0x53424b53u

/* The list of files: for each a letter, the real name, a NUL. A program that was
 * refused depends on files as well. */
enum file_role {
	FILE_READ = 'r',
	FILE_MISSED = 'm',  /* looked for, and not there or out of reach; may be a directory */
	FILE_LIBRARY = 'l', /* of the compiler itself */
	FILE_LOST = '?',    /* the list is not complete; no name */
};

struct answer {
	struct worker_answer_header header;
	const char *image, *files; /* borrowed */
};
/* -EBADMSG if malformed. */
int answer_read(const char *data, size_t length, struct answer *out);

struct file_list {
	const char *next;
	size_t left;
};
/* False at the end. What cannot be understood is FILE_LOST. */
bool file_list_next(struct file_list *list, enum file_role *role, const char **path);

/* How a worker that could still say so ended: four bytes on the socket, when everything
 * else is written, and its exit status. Others are exit() calls inside libbcc and LLVM. */
enum worker_status {
	WORKER_DONE = 0,
	WORKER_REFUSED = 40,     /* libbcc answered NULL: the program is at fault */
	WORKER_NO_FUNCTION = 41, /* an image that has tables at most */
	WORKER_GAVE_UP = 42,     /* after a word on why */
};

/* With this argument and its parent's number the request is one to warm up with, and the
 * answer is WORKER_WARM on the socket. The one message that then comes brings descriptors
 * of the real request: its file, the answer's, the paths, the log. From there on it is a
 * worker like any other. */
#define WORKER_WAIT_ARGUMENT "--wait"
#define WORKER_WARM 'w'
enum { WORKER_FILES = 3 };

int request_write(const struct worker_request *request, struct buffer *out);
/* Strings are borrowed from data, arrays live in the arena. -EBADMSG if malformed. */
int request_read(const char *data, size_t length, struct arena *arena, struct worker_request *out);

/* Appends text with descriptor paths and the compiler's names for the user's
 * file, the header tree and the program's directory replaced by the real ones. */
void request_real_names(const struct worker_request *request, const char *text, size_t length,
			struct buffer *out);

#endif
