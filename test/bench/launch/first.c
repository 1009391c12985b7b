/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts a command and takes the time until the kernel counts the first packet in
 * a map of a given name made since then, whoever made it. The kernel is asked, not
 * the command, so compilers, interpreters and shells are all measured alike.
 *
 * Prints: milliseconds, then of the command while it runs on: resident kB,
 * proportional kB (its descendants included), peak kB of its largest process, and
 * whether LLVM is mapped.
 */
#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull
#define POLL_NS 100000 /* how exact the result is */
#define LIMIT_NS (60 * SECOND_NS)
#define SETTLE_NS (SECOND_NS / 2) /* until the memory is looked at */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec pause = { (time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS) };

	nanosleep(&pause, NULL);
}

/* Maps get ever higher numbers, so only those after *seen need a look. */
static int find_map(const char *name, uint32_t *seen)
{
	uint32_t id = *seen;

	while (bpf_map_get_next_id(id, &id) == 0) {
		struct bpf_map_info info = { 0 };
		uint32_t length = sizeof(info);
		int fd;

		*seen = id;
		fd = bpf_map_get_fd_by_id(id);
		if (fd < 0)
			continue; /* a feature probe, gone already */
		if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && strcmp(info.name, name) == 0)
			return fd;
		close(fd);
	}
	return -1;
}

static uint64_t packets(int map)
{
	uint32_t key = 0;
	uint64_t value = 0;

	return bpf_map_lookup_elem(map, &key, &value) == 0 ? value : 0;
}

/* Whether the command ended in failure; one that merely ended may have left its
 * program behind, as tc does. */
static int failed(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid && (info.si_code != CLD_EXITED || info.si_status != 0);
}

/* Returns when it happened, or 0. */
static uint64_t wait_for_packet(pid_t pid, const char *name, uint32_t seen, uint64_t limit_ns)
{
	int map = -1;
	uint64_t when = 0;

	while (!when && now_ns() < limit_ns && !failed(pid)) {
		if (map < 0)
			map = find_map(name, &seen);
		if (map >= 0 && packets(map))
			when = now_ns();
		else
			sleep_ns(POLL_NS);
	}
	if (map >= 0)
		close(map);
	return when;
}

/* Returns when the text had come, or 0. */
static uint64_t wait_for_output(int fd, const char *text, uint64_t limit_ns)
{
	struct pollfd readable = { fd, POLLIN, 0 };
	static char output[1 << 20];
	size_t length = 0;

	while (length < sizeof(output) && now_ns() < limit_ns && poll(&readable, 1, 1000) >= 0) {
		ssize_t n;

		if (!readable.revents)
			continue;
		n = read(fd, output + length, sizeof(output) - length);
		if (n <= 0)
			break;
		length += (size_t)n;
		if (memmem(output, length, text, strlen(text)))
			return now_ns();
	}
	return 0;
}

static uint64_t field_kb(pid_t pid, const char *file, const char *field)
{
	char path[64], line[256];
	uint64_t kb = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	while (fgets(line, sizeof(line), stream))
		if (strncmp(line, field, strlen(field)) == 0)
			kb = strtoull(line + strlen(field), NULL, 10);
	fclose(stream);
	return kb;
}

static int maps_llvm(pid_t pid)
{
	char path[64], line[512];
	int found = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	while (fgets(line, sizeof(line), stream))
		if (strstr(line, "libLLVM") || strstr(line, "libclang"))
			found = 1;
	fclose(stream);
	return found;
}

static uint64_t tree_pss_kb(pid_t root)
{
	uint64_t kb = field_kb(root, "smaps_rollup", "Pss:");
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pid_t pid = (pid_t)atoi(entry->d_name);

		if (field_kb(pid, "status", "PPid:") == (uint64_t)root)
			kb += tree_pss_kb(pid);
	}
	if (directory)
		closedir(directory);
	return kb;
}

static pid_t start(char **command, int output, const char *errors)
{
	pid_t pid = fork();

	if (pid == 0) {
		int error = open(errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

		dup2(output, STDOUT_FILENO);
		dup2(error, STDERR_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	return pid;
}

/* The peak of the largest process among the command and those it waited for. */
static uint64_t end(pid_t pid)
{
	struct rusage usage = { 0 };
	uint64_t limit_ns = now_ns() + 5 * SECOND_NS;

	kill(pid, SIGINT);
	while (wait4(pid, NULL, WNOHANG, &usage) == 0) {
		if (now_ns() > limit_ns)
			kill(pid, SIGKILL);
		sleep_ns(SECOND_NS / 100);
	}
	return (uint64_t)usage.ru_maxrss;
}

int main(int argc, char **argv)
{
	const char *map = "packet_count", *text = NULL, *errors = "/dev/null";
	int option, output, pipes[2] = { -1, -1 };
	uint64_t start_ns, first_ns, rss = 0, pss = 0;
	uint32_t seen = 0;
	int llvm = 0;
	pid_t pid;

	while ((option = getopt(argc, argv, "+m:e:o:")) >= 0) {
		if (option == 'm')
			map = optarg;
		else if (option == 'e')
			errors = optarg;
		else if (option == 'o')
			text = optarg;
		else
			optind = argc;
	}
	if (optind >= argc) {
		fputs("usage: first [-m MAP | -o TEXT] [-e ERRORS] COMMAND…\n"
		      "-o waits for that text on stdout instead of a packet in a map.\n",
		      stderr);
		return 2;
	}
	if (text && pipe2(pipes, O_CLOEXEC) != 0)
		return 1;
	output = text ? pipes[1] : open("/dev/null", O_WRONLY | O_CLOEXEC);
	while (bpf_map_get_next_id(seen, &seen) == 0)
		;

	start_ns = now_ns();
	pid = start(argv + optind, output, errors);
	if (text) {
		close(pipes[1]);
		first_ns = wait_for_output(pipes[0], text, start_ns + LIMIT_NS);
	} else {
		first_ns = wait_for_packet(pid, map, seen, start_ns + LIMIT_NS);
	}
	if (first_ns) {
		sleep_ns(SETTLE_NS);
		rss = field_kb(pid, "status", "VmRSS:");
		pss = tree_pss_kb(pid);
		llvm = maps_llvm(pid);
	}
	uint64_t peak = end(pid);

	if (!first_ns) {
		fprintf(stderr, "first: %s\n",
			text ? "it was never printed" : "no packet was counted");
		return 1;
	}
	printf("%.2f %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", (double)(first_ns - start_ns) / 1e6,
	       rss, pss, peak, llvm ? "yes" : "no");
	return 0;
}
