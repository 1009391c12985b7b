/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests that run compiled programs in the real kernel: from C text to an open
 * session, frames to feed it, and a count of the kernel objects of ours.
 */
#ifndef TEST_PROGRAM_FIXTURE_H
#define TEST_PROGRAM_FIXTURE_H

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include <skbscope/skbscope.h>

#include "base/buffer.h"
#include "harness.h"
#include "image/image.h"

static inline void fixture_needs_root(void)
{
	if (geteuid() != 0)
		test_skip("loading programs needs root");
}

/* Where tests of this build keep what they compile (test/images.sh); NULL: nowhere. */
static inline const char *fixture_images(void)
{
	static char path[512];
	const char *build = getenv("SKBSCOPE_BUILD");

	if (!build || snprintf(path, sizeof(path), "%s/test/images", build) >= (int)sizeof(path))
		return NULL;
	return path;
}

static inline struct skbscope_image *fixture_compile_anew(const char *text)
{
	struct skbscope_compile_options options = { .size = sizeof(options),
						    .timeout_ms = 30000 * test_slowness(),
						    .cache_directory = fixture_images() };
	struct skbscope_diagnostics *diagnostics = NULL;
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;
	struct skbscope_error error = { 0 };

	if (skbscope_diagnostics_new(&diagnostics) < 0)
		abort();
	if (skbscope_source_from_text("fixture.c", text, strlen(text), &source, &error) < 0 ||
	    skbscope_compile(source, &options, &image, NULL, diagnostics, &error) < 0) {
		fprintf(stderr, "fixture: %s (%s)\n", error.message, error.hint);
		skbscope_diagnostics_print(diagnostics, 0, stderr);
	}
	skbscope_diagnostics_free(diagnostics);
	skbscope_source_free(source);
	return image;
}

/* NULL, and the diagnostics on stderr, if the text does not compile. What is tried with
 * a fixture comes after compiling: a text is compiled once, and read back after that. So it
 * is by the next run of the same test, which finds it where tests of this build keep it. */
static inline struct skbscope_image *fixture_compile(const char *text)
{
	static struct {
		char *text;
		struct buffer image;
	} known[32];
	struct skbscope_image *image;
	size_t i = 0;

	while (i < 32 && known[i].text && strcmp(known[i].text, text) != 0)
		i++;
	if (i < 32 && known[i].text)
		return image_read(known[i].image.data, known[i].image.length, &image, NULL) == 0
			       ? image
			       : NULL;
	image = fixture_compile_anew(text);
	if (image && i < 32 && image_write(image, &known[i].image) == 0)
		known[i].text = strdup(text);
	return image;
}

/* One program loaded, with what it takes to ask why not. */
struct fixture {
	struct skbscope_image *image;
	struct skbscope_session *session;
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_error error;
	int result;
};

static inline void fixture_open(struct fixture *fixture, const char *text,
				struct skbscope_session_options options)
{
	memset(fixture, 0, sizeof(*fixture));
	options.size = sizeof(options);
	fixture->image = fixture_compile(text);
	fixture->result = -1;
	if (!fixture->image || skbscope_diagnostics_new(&fixture->diagnostics) < 0)
		return;
	fixture->result = skbscope_session_open(fixture->image, &options, &fixture->session,
						fixture->diagnostics, &fixture->error);
}

/* The same where it must succeed. */
static inline bool fixture_opened(struct fixture *fixture, const char *text,
				  struct skbscope_session_options options)
{
	fixture_open(fixture, text, options);
	if (fixture->result == 0)
		return true;
	fprintf(stderr, "fixture: %s (%s)\n%s\n", fixture->error.message, fixture->error.hint,
		fixture->diagnostics ? skbscope_diagnostics_log(fixture->diagnostics) : "");
	return false;
}

static inline void fixture_close(struct fixture *fixture)
{
	skbscope_session_close(fixture->session);
	skbscope_image_free(fixture->image);
	skbscope_diagnostics_free(fixture->diagnostics);
	memset(fixture, 0, sizeof(*fixture));
}

/* By the kernel's own word: 5.10 has no batches of per-CPU arrays. The map's keys have
 * four bytes, its values eight. */
static inline bool fixture_has_batches(int fd)
{
	uint32_t key, cursor[2], count = 1;
	uint64_t values[256];
	int r = bpf_map_lookup_batch(fd, NULL, cursor, &key, values, &count, NULL);

	return r == 0 || errno == ENOENT || errno == ENOSPC;
}

/* Whether the kernel tells how many instructions its verifier walked: from 5.16 on. */
static inline bool fixture_tells_verified(void)
{
	static const struct bpf_insn pass_on[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "fixture_ask", "GPL", pass_on, 2, NULL);
	struct bpf_prog_info info;
	uint32_t length = sizeof(info);
	bool tells;

	memset(&info, 0, sizeof(info));
	tells = bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && info.verified_insns > 0;
	if (fd >= 0)
		close(fd);
	return tells;
}

#define FIXTURE_FRAME_BYTES 60
static const uint8_t fixture_frame[FIXTURE_FRAME_BYTES] = {
	2,    0,    0, 0,  0, 1,  2, 0, 0,  0,  0, 2, 8,  0,                    /* Ethernet */
	0x45, 0,    0, 46, 0, 0,  0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, /* IPv4 */
	0x12, 0x34, 0, 53, 0, 26, 0, 0,                                         /* UDP */
};

/* Runs a function on count frames; the last verdict, or INT32_MAX on failure. */
static inline int32_t fixture_feed(struct fixture *fixture, const char *function, uint32_t count)
{
	int32_t verdict = INT32_MAX;

	if (skbscope_session_test_run(fixture->session, function, fixture_frame,
				      sizeof(fixture_frame), count, &verdict, NULL,
				      &fixture->error) < 0) {
		fprintf(stderr, "fixture: %s\n", fixture->error.message);
		return INT32_MAX;
	}
	return verdict;
}

static inline struct skbscope_snapshot *
fixture_read_with(struct fixture *fixture, const struct skbscope_read_options *options)
{
	struct skbscope_snapshot *snapshot = NULL;

	if (skbscope_session_read(fixture->session, options, &snapshot, &fixture->error) < 0)
		fprintf(stderr, "fixture: %s\n", fixture->error.message);
	return snapshot;
}

static inline struct skbscope_snapshot *fixture_read(struct fixture *fixture)
{
	return fixture_read_with(fixture, NULL);
}

static inline struct skbscope_snapshot *fixture_read_at(struct fixture *fixture, uint64_t seconds)
{
	const struct skbscope_read_options options = { .size = sizeof(options),
						       .monotonic_ns = seconds * 1000000000u };

	return fixture_read_with(fixture, &options);
}

static inline const struct skbscope_table *fixture_table(const struct skbscope_snapshot *snapshot,
							 const char *name)
{
	for (size_t i = 0; snapshot && i < snapshot->table_count; i++)
		if (strcmp(snapshot->tables[i].schema->table, name) == 0)
			return &snapshot->tables[i];
	return NULL;
}

/* The number in a table's value of up to eight bytes for a key of four; -1 if
 * there is no such row. */
static inline int64_t fixture_number(const struct skbscope_snapshot *snapshot, const char *name,
				     uint32_t key)
{
	const struct skbscope_table *table = fixture_table(snapshot, name);

	for (size_t i = 0; table && i < table->row_count; i++) {
		uint64_t number = 0;

		if (memcmp(table->keys + i * table->schema->key_size, &key, sizeof(key)) != 0)
			continue;
		memcpy(&number, table->values + i * table->schema->value_size,
		       table->schema->value_size < 8 ? table->schema->value_size : 8);
		return (int64_t)number;
	}
	return -1;
}

static inline uint64_t fixture_verdicts(const struct skbscope_snapshot *snapshot,
					const char *function, int32_t verdict)
{
	for (size_t i = 0; snapshot && i < snapshot->verdict_count; i++)
		if (snapshot->verdicts[i].verdict == verdict &&
		    strcmp(snapshot->verdicts[i].function, function) == 0)
			return snapshot->verdicts[i].packets;
	return 0;
}

static inline int fixture_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

#endif
