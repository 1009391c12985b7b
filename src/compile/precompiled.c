/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can change it and is known before it is made (the compiler, the tree, the flags,
 * the kernel they speak of) is in the key; what only making it tells (the files read, the
 * names missed, the libraries) is among the inputs, as with an image. The worker opens it
 * in memory: it may not read our cache, and what was checked cannot be exchanged.
 */
#include "compile/precompiled.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/private_dir.h"
#include "compile/cache.h"
#include "compile/cache_entry.h"
#include "compile/worker_client.h"

void precompiled_clear(struct precompiled *precompiled)
{
	for (size_t i = 0; i < PRECOMPILED_FILES; i++)
		closep(&precompiled->files[i]);
	inputs_freep(&precompiled->inputs);
	*precompiled = (struct precompiled)PRECOMPILED_INIT;
}

static int make_files(struct precompiled *precompiled)
{
	for (size_t i = 0; i < PRECOMPILED_FILES; i++) {
		precompiled->files[i] = worker_memory_file("skbscope-precompiled");
		if (precompiled->files[i] < 0)
			return -1;
	}
	return 0;
}

static bool seal(const struct precompiled *precompiled)
{
	const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

	for (size_t i = 0; i < PRECOMPILED_FILES; i++)
		if (fcntl(precompiled->files[i], F_ADD_SEALS, seals) < 0)
			return false;
	return true;
}

int precompiled_ask(struct precompiled *precompiled, struct request_build *build)
{
	precompiled_clear(precompiled);
	precompiled->since_ns = clock_file_ns();
	if (make_files(precompiled) < 0 ||
	    request_build_precompiled(build, precompiled->files) < 0) {
		precompiled_clear(precompiled);
		return -1;
	}
	build->request.precompile = true;
	return 0;
}

/* Answers of a worker that only makes it and of one that warms up with it are alike. */
bool precompiled_take(struct precompiled *precompiled, const struct buffer *bytes)
{
	const struct inputs_origin nowhere = { 0 };
	struct answer answer;

	if (answer_read(buffer_text(bytes), bytes->length, &answer) == 0 &&
	    answer.header.precompiled && seal(precompiled) &&
	    inputs_new(NULL, &precompiled->inputs) == 0) {
		inputs_add_listed(precompiled->inputs, &nowhere, bytes);
		if (inputs_take(precompiled->inputs, NULL, precompiled->since_ns, NULL) == 0 &&
		    inputs_are_certain(precompiled->inputs))
			return true;
	}
	precompiled_clear(precompiled);
	return false;
}

int precompiled_make(struct precompiled *precompiled, struct skbscope_error *error)
{
	AUTO(request_build_clear) struct request_build build = { 0 };
	AUTO(worker_result_clear) struct worker_result result = { 0 };
	const struct worker_limits limits = { .timeout_ms = WORKER_TIMEOUT_MS };
	const char *why;
	int r = request_build_own(&build, "", error);

	if (r == 0 && precompiled_ask(precompiled, &build) < 0)
		r = fail_memory(error, SKBSCOPE_STAGE_WORKER);
	if (r == 0)
		r = worker_run(&build.request, &limits, &result, error);
	if (r < 0 || precompiled_take(precompiled, &result.answer))
		return r;
	why = buffer_text(&result.log);
	return fail(error, ENOTSUP, SKBSCOPE_STAGE_WORKER, "%.*s", (int)strcspn(why, "\n"), why);
}

/* A header that was touched is another to the compiler, whatever is in it. */
bool precompiled_holds(const struct precompiled *precompiled)
{
	const struct skbscope_inputs *inputs = precompiled->inputs;
	const uint64_t now_ns = clock_file_ns();
	bool refreshed = false;

	for (size_t i = 0; inputs && i < inputs->count; i++)
		if (!input_holds(&inputs->items[i], now_ns, &refreshed) || refreshed)
			return false;
	return inputs;
}

void precompiled_add(const struct precompiled *precompiled, struct request_build *build)
{
	if (build->request.headers == SKBSCOPE_HEADERS_UAPI && precompiled_holds(precompiled))
		(void)request_build_precompiled(build, precompiled->files);
}

/* A request for it tells all that a key needs. */
static int make_key(struct cache_key *key, struct arena *arena, const char **tree)
{
	AUTO(request_build_clear) struct request_build build = { 0 };
	int r = request_build_own(&build, "", NULL);

	if (r == 0)
		r = cache_key_make_precompiled(&build.request, NULL, key);
	if (tree)
		*tree = r < 0 ? NULL : arena_string(arena, build.request.paths[0]);
	return r;
}

static bool fill_files(struct precompiled *precompiled, const char *data, size_t length)
{
	struct bytes_reader reader = { data, data + length, false };

	if (make_files(precompiled) < 0)
		return false;
	for (size_t i = 0; i < PRECOMPILED_FILES; i++) {
		uint32_t size = bytes_get_u32(&reader);
		const char *bytes = bytes_get(&reader, size);

		if (reader.bad || write_all(precompiled->files[i], bytes, size) < 0)
			return false;
	}
	return reader.next == reader.end && seal(precompiled);
}

static bool load(int directory, struct precompiled *precompiled)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct cache_entry entry;
	struct cache_key key;
	int r;

	if (make_key(&key, NULL, NULL) < 0 || cache_directory_read(directory, &key, &bytes) < 0 ||
	    inputs_new(NULL, &precompiled->inputs) < 0)
		return false;
	r = cache_entry_read(buffer_text(&bytes), bytes.length, arena_of(precompiled->inputs),
			     &entry);
	if (r == 0)
		r = inputs_recall(precompiled->inputs, NULL, 0, entry.inputs, entry.input_count);
	if (r == 0 && memcmp(&entry.key, &key, sizeof(key)) == 0 &&
	    precompiled_holds(precompiled) &&
	    fill_files(precompiled, entry.image, entry.image_length))
		return true;
	/* Damaged, or stale for good: whoever looks finds none, and makes one. */
	if (r != -ENOMEM)
		cache_directory_remove(directory, &key);
	return false;
}

bool precompiled_load(const char *path, struct precompiled *out)
{
	AUTO(precompiled_clear) struct precompiled found = PRECOMPILED_INIT;
	AUTO(closep) int directory = private_dir_open(path, 0);

	if (directory < 0 || !load(directory, &found))
		return false;
	*out = found;
	found = (struct precompiled)PRECOMPILED_INIT;
	return true;
}

static int put_files(const struct precompiled *precompiled, struct buffer *out)
{
	struct bytes_writer writer = { .out = out };

	for (size_t i = 0; i < PRECOMPILED_FILES; i++) {
		AUTO(buffer_free) struct buffer bytes = { 0 };
		int r = lseek(precompiled->files[i], 0, SEEK_SET) < 0 ? -errno : 0;

		if (r == 0)
			r = read_descriptor(precompiled->files[i], CACHE_ENTRY_MAX_BYTES, &bytes);
		if (r < 0)
			return r;
		bytes_put_count(&writer, bytes.length);
		bytes_put(&writer, bytes.data, bytes.length);
	}
	return bytes_written(&writer);
}

int precompiled_store(const char *path, const struct precompiled *precompiled)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(closep) int directory = private_dir_open(path, CACHE_DIRECTORY_MODE);
	AUTO(buffer_free) struct buffer files = { 0 };
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct cache_entry entry = { .tree = "", .log = "" };
	int r = !arena ? -ENOMEM : directory < 0 ? directory : 0;

	if (r == 0)
		r = make_key(&entry.key, arena, &entry.path);
	if (r == 0)
		r = put_files(precompiled, &files);
	if (r < 0)
		return r;
	entry.inputs = precompiled->inputs->items;
	entry.input_count = precompiled->inputs->count;
	entry.image = files.data;
	entry.image_length = files.length;
	r = cache_entry_write(&entry, &bytes);
	return r < 0 ? r : cache_directory_write(directory, &entry.key, &bytes);
}

bool precompiled_is_stored(const char *path)
{
	AUTO(closep) int directory = private_dir_open(path, 0);
	struct cache_key key;

	return directory >= 0 && make_key(&key, NULL, NULL) == 0 &&
	       cache_directory_has(directory, &key);
}
