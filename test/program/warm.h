/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the compiler as a process: one compilation with all that it says, one
 * that takes for ever, and what can be seen of the worker meanwhile. */
#ifndef TEST_PROGRAM_WARM_H
#define TEST_PROGRAM_WARM_H

#include "harness.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <skbscope/compile.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "compile/protocol.h"

#define BEGIN "#include <uapi/linux/bpf.h>\n"
#define PACKET_FUNCTION "int count(struct __sk_buff *skb) { return 0; }\n"
#define GOOD BEGIN "BPF_HASH(table);\n" PACKET_FUNCTION

struct run {
	struct skbscope_compiler *compiler;
	const char *path, *text;
	uint32_t timeout_ms;
	int cancel_fd;
	int code;
	struct skbscope_error error;
	struct skbscope_compile_times times;
	struct skbscope_inputs **inputs;
	char said[4096]; /* every diagnostic */
};

static inline void keep_words(struct run *run, const struct skbscope_diagnostics *diagnostics)
{
	size_t at = 0;

	run->said[0] = '\0';
	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++) {
		const struct skbscope_diagnostic *entry = skbscope_diagnostics_get(diagnostics, i);

		at += (size_t)snprintf(run->said + at, sizeof(run->said) - at, "%u:%u %s (%s)\n",
				       entry->line, entry->column, entry->message,
				       entry->hint ? entry->hint : "");
		if (at >= sizeof(run->said))
			break;
	}
}

static inline void *run_compile(void *argument)
{
	struct run *run = argument;
	struct skbscope_compile_options options = { .size = sizeof(options),
						    .timeout_ms = run->timeout_ms,
						    .cancel_fd = run->cancel_fd,
						    .inputs = run->inputs };
	struct skbscope_diagnostics *diagnostics = NULL;
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;

	memset(&run->error, 0, sizeof(run->error));
	run->code = skbscope_diagnostics_new(&diagnostics);
	if (run->code == 0)
		run->code = run->path ? skbscope_source_read(run->path, NULL, &source, &run->error)
				      : skbscope_source_from_text("mine.c", run->text,
								  strlen(run->text), &source,
								  &run->error);
	if (run->code == 0)
		run->code = skbscope_compiler_compile(run->compiler, source, &options, &image,
						      &run->times, diagnostics, &run->error);
	keep_words(run, diagnostics);
	skbscope_diagnostics_free(diagnostics);
	skbscope_image_free(image);
	skbscope_source_free(source);
	return NULL;
}

/* Forty doublings: a preprocessor is busy with them for hours. */
static inline const char *endless_text(void)
{
	static char text[4096];
	size_t at = 0;

	if (*text)
		return text;
	at += (size_t)snprintf(text, sizeof(text), BEGIN "#define A0 1 +\n");
	for (int i = 1; i <= 40; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "#define A%d A%d A%d\n", i,
				       i - 1, i - 1);
	snprintf(text + at, sizeof(text) - at, "#if A40 1\n#endif\n" PACKET_FUNCTION);
	return text;
}

/* One that was told to end has no memory left, and so no arguments. */
static inline bool is_ending(const char *pid)
{
	AUTO(buffer_free) struct buffer arguments = { 0 };
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	return read_file(path, 4096, &arguments) < 0 || arguments.length == 0;
}

/* A worker process whose parent is that one, and which is not the other; 0 if there is
 * none. */
static inline pid_t worker_of(pid_t wanted, pid_t other)
{
	AUTO(closedirp) DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		AUTO(buffer_free) struct buffer stat = { 0 };
		char path[300];
		int parent;
		const char *after;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		if (read_file(path, 4096, &stat) < 0 || !strstr(stat.data, "(skbscope-compil"))
			continue;
		after = strrchr(stat.data, ')');
		if (after && sscanf(after + 1, " %*c %d", &parent) == 1 && parent == wanted &&
		    atoi(entry->d_name) != other && !is_ending(entry->d_name))
			return (pid_t)atoi(entry->d_name);
	}
	return 0;
}

static inline unsigned int count_descriptors(void)
{
	AUTO(closedirp) DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (directory && readdir(directory))
		count++;
	return count;
}

static inline void read_text(pid_t pid, const char *name, char *out, size_t size)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	read_file(path, size - 1, &text);
	for (size_t i = 0; i < text.length; i++)
		if (!text.data[i])
			text.data[i] = '\n';
	snprintf(out, size, "%s", buffer_text(&text));
}

/* As proc(5) has it: 'S' sleeps, 'T' is stopped, 'Z' has ended; 0 if there is none. */
static inline char state_of(pid_t pid)
{
	char stat[512];
	const char *after;

	read_text(pid, "stat", stat, sizeof(stat));
	after = strrchr(stat, ')');
	return after ? after[2] : '\0';
}

/* Of a worker that answered the kernel takes some milliseconds to let go. Looks, and
 * collects nobody: that is the library's to do. */
static inline bool no_child_is_left(void)
{
	siginfo_t ended;
	bool none;

	WAIT_UNTIL(none = waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 &&
			  errno == ECHILD);
	return none;
}

/* No other worker, and no zombie. */
static inline bool no_child_is_left_but(pid_t pid)
{
	siginfo_t ended = { .si_pid = 1 };

	WAIT_UNTIL(!worker_of(getpid(), pid) &&
		   waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && !ended.si_pid);
	return !ended.si_pid;
}

/* One to warm up with, or the one that it waits for. */
static inline bool has_request(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, WORKER_FD_PATHS);
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline bool is_warm(pid_t pid)
{
	return pid && !has_request(pid) && state_of(pid) == 'S';
}

/* Whoever waits for this process and is not the other one, once it is warm. */
static inline pid_t who_waits_but(pid_t other)
{
	pid_t found = 0;

	WAIT_UNTIL(is_warm(found = worker_of(getpid(), other)));
	return is_warm(found) ? found : 0;
}

static inline struct skbscope_compiler *warm_compiler(void)
{
	const pid_t other = worker_of(getpid(), 0);
	struct skbscope_compiler *compiler = NULL;

	if (skbscope_compiler_new(&compiler, NULL) < 0 || !who_waits_but(other))
		abort();
	return compiler;
}

#endif
