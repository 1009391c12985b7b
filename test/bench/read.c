/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one large hash: from key to key, in batches, as a whole reading, and as
 * JSON beside bpftool's. The same map each time, compiled and created by the
 * library as for any program; nothing is attached.
 *
 * usage: read [ENTRIES [ROUNDS]]    (1,000,000 and 5)
 *
 * Prints figures and judges none of them: docs/benchmarks.md says how to read them.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <skbscope/skbscope.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "kernel/map_read.h"
#include "kernel/maps.h"

#define ROUNDS_MAX 101
#define FILL_ROWS 8192u
#define SKIPPED 77

struct key { /* what programs count by: addresses and ports */
	uint32_t source, destination;
	uint16_t source_port, destination_port;
	uint32_t protocol;
};

struct bench {
	struct skbscope_session *session;
	int map;
	uint32_t map_id;
	uint32_t entries;
	unsigned int rounds;
};

/* One way to read the map: returns how many rows it saw, or a negative errno. */
typedef long reading(struct bench *bench);

static long read_with(struct bench *bench, int batch)
{
	struct map_reader reader;
	struct table_rows rows;
	long count;
	int r;

	map_reader_init(&reader, bench->map, BPF_MAP_TYPE_HASH, sizeof(struct key),
			sizeof(uint64_t), bench->entries, possible_cpus());
	if (!batch)
		reader.batch = MAP_BATCH_MISSING;
	r = map_read(&reader, UINT64_MAX / 4, &rows);
	if (r < 0)
		return r;
	if (batch && reader.batch != MAP_BATCH_WORKS)
		return -EOPNOTSUPP;
	count = (long)rows.count;
	table_rows_clear(&rows);
	return count;
}

static long key_by_key(struct bench *bench)
{
	return read_with(bench, 0);
}

static long batched(struct bench *bench)
{
	return read_with(bench, 1);
}

static long take_reading(struct bench *bench, int render)
{
	struct skbscope_snapshot *snapshot = NULL;
	struct skbscope_error error = { 0 };
	long count;
	int r = skbscope_session_read(bench->session, NULL, &snapshot, &error);

	if (r < 0) {
		fprintf(stderr, "%s\n", error.message);
		return r;
	}
	count = (long)snapshot->tables[0].row_count;
	if (render) {
		AUTO(fclosep) FILE *nowhere = fopen("/dev/null", "we");

		r = nowhere ? skbscope_render_json(snapshot, NULL, nowhere, &error) : -errno;
	}
	skbscope_snapshot_free(snapshot);
	return r < 0 ? r : count;
}

static long whole_reading(struct bench *bench)
{
	return take_reading(bench, 0);
}

static long reading_as_json(struct bench *bench)
{
	return take_reading(bench, 1);
}

static long bpftool_as_json(struct bench *bench)
{
	char command[128];

	snprintf(command, sizeof(command), "bpftool map dump -j id %u >/dev/null 2>&1",
		 bench->map_id);
	return system(command) == 0 ? (long)bench->entries : -ENOENT;
}

static const struct way {
	const char *name;
	reading *read;
	int optional; /* needs something that may not be installed */
} ways[] = {
	{ "from key to key", key_by_key, 0 },
	{ "in batches", batched, 0 },
	{ "skbscope_session_read", whole_reading, 0 },
	{ "the same, and its JSON", reading_as_json, 0 },
	{ "bpftool map dump -j", bpftool_as_json, 1 },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Kernels number their maps upwards: ours is the newest of that name. */
static int find_map(struct bench *bench, const char *name)
{
	uint32_t id = 0;

	while (bpf_map_get_next_id(id, &id) == 0) {
		struct bpf_map_info info = { 0 };
		uint32_t length = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
		    strcmp(info.name, name) == 0) {
			closep(&bench->map);
			bench->map = fd;
			bench->map_id = id;
		} else {
			close(fd);
		}
	}
	return bench->map < 0 ? -ENOENT : 0;
}

static int fill_map(const struct bench *bench)
{
	static struct key keys[FILL_ROWS];
	static uint64_t values[FILL_ROWS];

	for (uint32_t done = 0; done < bench->entries;) {
		uint32_t rows =
			bench->entries - done < FILL_ROWS ? bench->entries - done : FILL_ROWS;

		for (uint32_t i = 0; i < rows; i++) {
			keys[i] = (struct key){ .source = done + i,
						.destination = 23,
						.protocol = 17 };
			values[i] = done + i;
		}
		if (bpf_map_update_batch(bench->map, keys, values, &rows, NULL) != 0)
			return -errno;
		done += rows;
	}
	return 0;
}

static int prepare(struct bench *bench, struct skbscope_source **source,
		   struct skbscope_image **image, struct skbscope_error *error)
{
	struct skbscope_session_options options = { .size = sizeof(options) };
	char text[512];
	int r;

	snprintf(text, sizeof(text),
		 "struct key { u32 source, destination; u16 source_port, destination_port;\n"
		 "	u32 protocol; };\n"
		 "BPF_HASH(bench_entries, struct key, u64, %u);\n"
		 "int nothing(struct __sk_buff *skb)\n"
		 "{\n"
		 "	struct key key = {};\n"
		 "	return bench_entries.lookup(&key) ? 0 : -1;\n"
		 "}\n",
		 bench->entries);
	r = skbscope_source_from_text("bench.c", text, strlen(text), source, error);
	if (r == 0)
		r = skbscope_compile(*source, NULL, image, NULL, NULL, error);
	if (r == 0)
		r = skbscope_session_open(*image, &options, &bench->session, NULL, error);
	if (r == 0 && (find_map(bench, "bench_entries") < 0 || fill_map(bench) < 0)) {
		snprintf(error->message, sizeof(error->message), "cannot fill the map");
		r = -EIO;
	}
	return r;
}

/* The most memory that was resident since the peak was forgotten, in kilobytes. */
static long peak_kb(void)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const char *line;

	if (read_file("/proc/self/status", 64 << 10, &text) < 0)
		return 0;
	line = strstr(buffer_text(&text), "VmHWM:");
	return line ? strtol(line + strlen("VmHWM:"), NULL, 10) : 0;
}

static void forget_peak(void)
{
	AUTO(closep) int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write_all(fd, "5", 1) < 0)
		fprintf(stderr, "peaks are those of the whole process\n");
}

static int measure(struct bench *bench, uint64_t (*times)[ROUNDS_MAX], long *peaks)
{
	for (unsigned int round = 0; round < bench->rounds; round++) {
		for (size_t i = 0; i < WAYS; i++) {
			uint64_t start_ns;
			long rows;

			forget_peak();
			start_ns = clock_monotonic_ns();
			rows = ways[i].read(bench);
			times[i][round] = clock_monotonic_ns() - start_ns;
			if (peak_kb() > peaks[i])
				peaks[i] = peak_kb();
			if (rows < 0 && ways[i].optional) {
				times[i][round] = 0;
			} else if (rows != (long)bench->entries) {
				fprintf(stderr, "%s: %ld rows, not %u\n", ways[i].name, rows,
					bench->entries);
				return 1;
			}
		}
	}
	return 0;
}

static void report(const struct bench *bench, uint64_t (*times)[ROUNDS_MAX], const long *peaks)
{
	struct utsname host;
	double first = 0;

	uname(&host);
	printf("Reading a hash of %u entries, key 16 bytes, value 8: medians of %u rounds, "
	       "Linux %s\n\n%-26s %10s %10s %10s %10s\n",
	       bench->entries, bench->rounds, host.release, "", "ms", "ns/entry", "times", "MB");
	for (size_t i = 0; i < WAYS; i++) {
		qsort(times[i], bench->rounds, sizeof(times[i][0]), by_size);
		double ms = (double)times[i][bench->rounds / 2] / 1e6;

		if (i == 0)
			first = ms;
		if (ms > 0)
			printf("%-26s %10.1f %10.0f %10.1f %10.1f\n", ways[i].name, ms,
			       ms * 1e6 / bench->entries, first / ms, (double)peaks[i] / 1e3);
		else
			printf("%-26s left out: it failed, or is not installed\n", ways[i].name);
	}
	puts("\ntimes: how many times faster than from key to key\n"
	     "MB: the most memory that was resident meanwhile, the reading before included");
}

int main(int argc, char **argv)
{
	static uint64_t times[WAYS][ROUNDS_MAX];
	static long peaks[WAYS];
	struct bench bench = { .map = -1, .entries = 1000000, .rounds = 5 };
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;
	struct skbscope_error error = { 0 };
	int status = 1;

	if (argc > 1)
		bench.entries = (uint32_t)strtoul(argv[1], NULL, 0);
	if (argc > 2)
		bench.rounds = (unsigned int)strtoul(argv[2], NULL, 0);
	if (!bench.entries || !bench.rounds || bench.rounds > ROUNDS_MAX) {
		fputs("usage: read [ENTRIES [ROUNDS]]\n", stderr);
		return 2;
	}
	if (geteuid() != 0) {
		puts("skipped: maps need root");
		return SKIPPED;
	}

	if (prepare(&bench, &source, &image, &error) < 0)
		fprintf(stderr, "%s\n", error.message);
	else
		status = measure(&bench, times, peaks);
	if (status == 0)
		report(&bench, times, peaks);

	closep(&bench.map);
	skbscope_session_close(bench.session);
	skbscope_image_free(image);
	skbscope_source_free(source);
	return status;
}
