/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking maps of the real kernel: batches and single steps find the same rows,
 * a bound is kept and told, and a map that changes under the walk cannot keep it
 * going for ever or count a row twice.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "fixture.h"
#include "kernel/map_read.h"
#include "kernel/maps.h"

/* Key by key, then as the kernel allows. */
static const enum map_batch ways[] = { MAP_BATCH_MISSING, MAP_BATCH_UNTRIED };
#define WAYS (sizeof(ways) / sizeof(*ways))

static int make_map(enum bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);

	fixture_needs_root();
	if (type == BPF_MAP_TYPE_LPM_TRIE)
		options.map_flags = BPF_F_NO_PREALLOC;
	return bpf_map_create(type, "knl_read", key, value, entries, &options);
}

/* Value 3 × key + 1 on every CPU. */
static bool fill(int fd, uint32_t count)
{
	uint64_t values[256];

	for (uint32_t key = 0; key < count; key++) {
		for (size_t i = 0; i < 256; i++)
			values[i] = 3 * (uint64_t)key + 1;
		if (bpf_map_update_elem(fd, &key, values, BPF_ANY) < 0)
			return false;
	}
	return true;
}

/* Every key below count exactly once, with its value on each CPU. */
static void check_rows(const struct map_reader *reader, const struct table_rows *rows,
		       uint32_t count)
{
	uint8_t *seen = calloc(count, 1);

	CHECK_NUMBER(rows->count, count);
	CHECK(rows->complete);
	for (size_t i = 0; i < rows->count; i++) {
		const uint8_t *values = table_rows_value(rows, i);
		uint32_t key;

		memcpy(&key, table_rows_key(rows, i), sizeof(key));
		REQUIRE(key < count && !seen[key]);
		seen[key] = 1;
		for (uint32_t cpu = 0; cpu < reader->cpu_count; cpu++) {
			uint64_t value;

			memcpy(&value, values + cpu * sizeof(value), sizeof(value));
			REQUIRE(value == 3 * (uint64_t)key + 1);
		}
	}
	free(seen);
}

static void reads_all(enum bpf_map_type type, uint32_t count)
{
	int fd = make_map(type, 4, 8, count);
	struct map_reader reader;
	struct table_rows rows;

	REQUIRE(fd >= 0 && fill(fd, count));
	for (size_t way = 0; way < WAYS; way++) {
		map_reader_init(&reader, fd, type, 4, 8, count, possible_cpus());
		reader.batch = ways[way];
		REQUIRE(map_read(&reader, 2 * (uint64_t)count, &rows) == 0);
		if (ways[way] == MAP_BATCH_UNTRIED)
			CHECK_NUMBER(reader.batch,
				     fixture_has_batches(fd) ? MAP_BATCH_WORKS : MAP_BATCH_MISSING);
		check_rows(&reader, &rows, count);
		table_rows_clear(&rows);
	}
	close(fd);
}

TEST(batches_and_steps_find_the_same_rows_of_a_hash)
{
	reads_all(BPF_MAP_TYPE_HASH, 20023);
}

TEST(batches_and_steps_find_the_same_rows_of_a_percpu_hash)
{
	reads_all(BPF_MAP_TYPE_PERCPU_HASH, 2023);
}

TEST(batches_and_steps_find_the_same_rows_of_an_lru)
{
	int fd = make_map(BPF_MAP_TYPE_LRU_HASH, 4, 8, 4096);
	struct map_reader reader;
	struct table_rows rows;

	/* An LRU may push out entries before it is full: put in a few only. */
	REQUIRE(fd >= 0 && fill(fd, 23));
	map_reader_init(&reader, fd, BPF_MAP_TYPE_LRU_HASH, 4, 8, 4096, possible_cpus());
	REQUIRE(map_read(&reader, 8192, &rows) == 0);
	check_rows(&reader, &rows, 23);
	table_rows_clear(&rows);
	close(fd);
}

TEST(batches_and_steps_find_the_same_rows_of_an_array)
{
	reads_all(BPF_MAP_TYPE_ARRAY, 20023);
}

TEST(batches_and_steps_find_the_same_rows_of_a_percpu_array)
{
	reads_all(BPF_MAP_TYPE_PERCPU_ARRAY, 2023);
}

TEST(an_empty_hash_is_read_completely)
{
	int fd = make_map(BPF_MAP_TYPE_HASH, 4, 8, 23);
	struct map_reader reader;
	struct table_rows rows;

	REQUIRE(fd >= 0);
	for (size_t way = 0; way < WAYS; way++) {
		map_reader_init(&reader, fd, BPF_MAP_TYPE_HASH, 4, 8, 23, possible_cpus());
		reader.batch = ways[way];
		REQUIRE(map_read(&reader, 46, &rows) == 0);
		CHECK_NUMBER(rows.count, 0);
		CHECK(rows.complete);
		table_rows_clear(&rows);
	}
	close(fd);
}

TEST(a_trie_is_read_completely)
{
	struct {
		uint32_t length;
		uint32_t address;
	} key;
	int fd = make_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 1000);
	uint64_t value = 1;
	struct map_reader reader;
	struct table_rows rows;

	REQUIRE(fd >= 0);
	for (uint32_t i = 0; i < 523; i++) {
		key.length = 32;
		key.address = i * 2654435761u;
		REQUIRE(bpf_map_update_elem(fd, &key, &value, BPF_ANY) == 0);
	}
	map_reader_init(&reader, fd, BPF_MAP_TYPE_LPM_TRIE, 8, 8, 1000, possible_cpus());
	REQUIRE(map_read(&reader, 2000, &rows) == 0);
	CHECK_NUMBER(rows.count, 523);
	CHECK(rows.complete);
	table_rows_clear(&rows);
	close(fd);
}

TEST(a_bound_is_kept_and_told)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY };
	struct map_reader reader;
	struct table_rows rows;

	for (size_t i = 0; i < 2; i++)
		for (size_t way = 0; way < WAYS; way++) {
			int fd = make_map(types[i], 4, 8, 5000);

			REQUIRE(fd >= 0 && fill(fd, 5000));
			map_reader_init(&reader, fd, types[i], 4, 8, 5000, possible_cpus());
			reader.batch = ways[way];
			REQUIRE(map_read(&reader, 23, &rows) == 0);
			CHECK_NUMBER(rows.count, 23);
			CHECK(!rows.complete);
			table_rows_clear(&rows);
			REQUIRE(map_read(&reader, 5000, &rows) == 0);
			CHECK_NUMBER(rows.count, 5000);
			CHECK(rows.complete);
			table_rows_clear(&rows);
			close(fd);
		}
}

TEST(a_map_without_rows_says_so)
{
	int fd = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
	struct map_reader reader;
	struct table_rows rows;

	REQUIRE(fd >= 0);
	map_reader_init(&reader, fd, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, possible_cpus());
	CHECK_NUMBER(map_read(&reader, 100, &rows), -EOPNOTSUPP);
	close(fd);
}

struct churn {
	int fd;
	atomic_bool stop;
};

/* Adds and deletes keys from 10000 on for as long as it may. */
static void *churn_keys(void *data)
{
	struct churn *churn = data;
	uint64_t value = 1;

	for (uint32_t i = 0; !atomic_load(&churn->stop); i++) {
		uint32_t old = 10000 + (i + 200) % 400, key = 10000 + i % 400;

		bpf_map_delete_elem(churn->fd, &old);
		bpf_map_update_elem(churn->fd, &key, &value, BPF_ANY);
	}
	return NULL;
}

TEST(a_map_that_changes_under_the_walk_gives_each_row_once_and_an_end)
{
	struct churn churn = { .fd = make_map(BPF_MAP_TYPE_HASH, 4, 8, 4096) };
	struct map_reader reader;
	pthread_t thread;

	REQUIRE(churn.fd >= 0 && fill(churn.fd, 2000));
	REQUIRE(pthread_create(&thread, NULL, churn_keys, &churn) == 0);
	for (int round = 0; round < 40; round++) {
		uint8_t seen[10400] = { 0 };
		size_t steady = 0, twice = 0;
		struct table_rows rows;

		map_reader_init(&reader, churn.fd, BPF_MAP_TYPE_HASH, 4, 8, 4096, possible_cpus());
		reader.batch = round % 2 ? MAP_BATCH_MISSING : MAP_BATCH_UNTRIED;
		CHECK(map_read(&reader, 8192, &rows) == 0);
		for (size_t i = 0; i < rows.count; i++) {
			uint32_t key;

			memcpy(&key, table_rows_key(&rows, i), sizeof(key));
			steady += key < 2000;
			twice += key < 10400 && seen[key]++;
		}
		CHECK_NUMBER(twice, 0);
		/* What never moved must be there. But where a key is deleted, and its place
		 * taken by another, just as the kernel is asked for the next one, the kernel
		 * leaves out what stood behind it in its bucket. */
		if (rows.complete && reader.batch != MAP_BATCH_MISSING)
			CHECK_NUMBER(steady, 2000);
		else if (rows.complete)
			CHECK(steady > 1980 && steady <= 2000);
		table_rows_clear(&rows);
	}
	atomic_store(&churn.stop, true);
	pthread_join(thread, NULL);
	close(churn.fd);
}
