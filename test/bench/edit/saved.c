/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saves a file as an editor does and takes the time until the kernel counts the
 * first packet under a key of a map of a given name. With a command, that is
 * started as soon as the file is closed; it is not ended.
 *
 * Prints: milliseconds from close().
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull
#define POLL_NS 100000 /* how exact the result is */
#define LIMIT_NS (60 * SECOND_NS)
#define MAPS_MAX 64
#define FILE_MAX (1u << 20)

/* The maps of that name, and what was under the key when we first looked. */
struct watched {
	const char *name;
	uint32_t key, last_id;
	int maps[MAPS_MAX];
	uint64_t before[MAPS_MAX];
	size_t count;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static uint64_t packets(int map, uint32_t key)
{
	uint64_t value = 0;

	return bpf_map_lookup_elem(map, &key, &value) == 0 ? value : 0;
}

/* Maps get ever higher numbers, so only those after the last need a look. A map that
 * is made after the file was saved starts from nothing. */
static void find_maps(struct watched *watched, int is_new)
{
	while (watched->count < MAPS_MAX &&
	       bpf_map_get_next_id(watched->last_id, &watched->last_id) == 0) {
		struct bpf_map_info info = { 0 };
		uint32_t length = sizeof(info);
		int fd = bpf_map_get_fd_by_id(watched->last_id);

		if (fd < 0)
			continue; /* gone already */
		if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0 ||
		    strcmp(info.name, watched->name) != 0) {
			close(fd);
			continue;
		}
		watched->before[watched->count] = is_new ? 0 : packets(fd, watched->key);
		watched->maps[watched->count++] = fd;
	}
}

static int is_counted(const struct watched *watched)
{
	for (size_t i = 0; i < watched->count; i++)
		if (packets(watched->maps[i], watched->key) > watched->before[i])
			return 1;
	return 0;
}

/* From stdin. */
static size_t read_text(char *text)
{
	size_t length = 0;
	ssize_t n;

	while (length < FILE_MAX && (n = read(STDIN_FILENO, text + length, FILE_MAX - length)) > 0)
		length += (size_t)n;
	return length;
}

/* Returns when it was closed (the moment before: who watches it hears of it in
 * close() itself), or 0. */
static uint64_t save(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	uint64_t when;

	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		return 0;
	when = now_ns();
	return close(fd) == 0 ? when : 0;
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid == 0) {
		int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(quiet, STDOUT_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	return pid;
}

/* Whether the command ended in failure. */
static int failed(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, WNOHANG) == pid &&
	       (!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}

int main(int argc, char **argv)
{
	struct watched watched = { .name = "packet_count" };
	static char text[FILE_MAX];
	const char *path = NULL, *pid_path = NULL;
	uint64_t saved_ns, limit_ns, counted_ns = 0;
	size_t length;
	pid_t pid = 0;
	int option;

	while ((option = getopt(argc, argv, "+f:k:m:p:")) >= 0) {
		if (option == 'f')
			path = optarg;
		else if (option == 'k')
			watched.key = (uint32_t)strtoul(optarg, NULL, 0);
		else if (option == 'm')
			watched.name = optarg;
		else if (option == 'p')
			pid_path = optarg;
		else
			path = NULL, optind = argc;
	}
	if (!path) {
		fputs("usage: saved -f FILE -k KEY [-m MAP] [-p PIDFILE] [COMMAND…] <TEXT\n",
		      stderr);
		return 2;
	}
	length = read_text(text);
	find_maps(&watched, 0);

	saved_ns = save(path, text, length);
	if (!saved_ns) {
		fprintf(stderr, "saved: %s: %s\n", path, strerror(errno));
		return 1;
	}
	if (optind < argc)
		pid = start(argv + optind);
	limit_ns = saved_ns + LIMIT_NS;
	while (!counted_ns && now_ns() < limit_ns && !failed(pid)) {
		struct timespec pause = { 0, POLL_NS };

		find_maps(&watched, 1);
		if (is_counted(&watched))
			counted_ns = now_ns();
		else
			nanosleep(&pause, NULL);
	}
	if (!counted_ns) {
		fputs("saved: the new version counted no packet\n", stderr);
		return 1;
	}
	if (pid && pid_path) {
		FILE *stream = fopen(pid_path, "we");

		if (stream) {
			fprintf(stream, "%d\n", (int)pid);
			fclose(stream);
		}
	}
	printf("%.2f\n", (double)(counted_ns - saved_ns) / 1e6);
	return 0;
}
