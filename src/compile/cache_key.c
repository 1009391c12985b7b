/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that can change a compilation's result goes into one hash, each part
 * with its length, so that no two lists of parts look alike. Files of the machine
 * (the compiler, ourselves) count by their identity rather than their content:
 * reading a hundred megabytes would cost more than compiling.
 */
#include "compile/cache_key.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/paths.h"
#include "compile/worker_child.h"
#include "image/format.h"

#define GENERATION "skbscope cache 1"
#define NOTES_MAX 65536u

typedef struct sha256_ctx hash_t;

static void hash_end(hash_t *hash, uint8_t out[CACHE_HASH_BYTES])
{
#if NETTLE_VERSION_MAJOR >= 4
	sha256_digest(hash, out);
#else
	sha256_digest(hash, CACHE_HASH_BYTES, out);
#endif
}

void cache_hash(const void *data, size_t length, uint8_t out[CACHE_HASH_BYTES])
{
	hash_t hash;

	sha256_init(&hash);
	sha256_update(&hash, length, data);
	hash_end(&hash, out);
}

static void put_number(hash_t *hash, uint64_t number)
{
	sha256_update(hash, sizeof(number), (const uint8_t *)&number);
}

static void put_bytes(hash_t *hash, const char *data, size_t length)
{
	put_number(hash, length);
	sha256_update(hash, length, (const uint8_t *)data);
}

static void put_string(hash_t *hash, const char *string)
{
	if (string)
		put_bytes(hash, string, strlen(string));
	else
		put_number(hash, UINT64_MAX);
}

static void put_strings(hash_t *hash, const char *const *strings, size_t count)
{
	put_number(hash, count);
	for (size_t i = 0; i < count; i++)
		put_string(hash, strings[i]);
}

/* As typed, since messages say it so, and as it is, since "." means another place
 * elsewhere. */
static void put_directory(hash_t *hash, const char *path)
{
	AUTO(freep) char *real = path ? realpath(path, NULL) : NULL;

	put_string(hash, path);
	put_string(hash, real);
}

static int put_file(hash_t *hash, const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	put_number(hash, (uint64_t)status.st_dev);
	put_number(hash, (uint64_t)status.st_ino);
	put_number(hash, (uint64_t)status.st_size);
	put_number(hash, (uint64_t)status.st_mtim.tv_sec);
	put_number(hash, (uint64_t)status.st_mtim.tv_nsec);
	put_number(hash, (uint64_t)status.st_ctim.tv_sec);
	put_number(hash, (uint64_t)status.st_ctim.tv_nsec);
	return 0;
}

/* The file that this code was loaded from. Part of an executable, dladdr() says
 * argv[0], which may say anything. */
static int put_self(hash_t *hash, const char *path)
{
	static const char here;
	Dl_info info;

	if (path)
		return put_file(hash, path);
	if (dladdr(&here, &info) && info.dli_fname && strstr(info.dli_fname, "/libskbscope.so"))
		return put_file(hash, info.dli_fname);
	return put_file(hash, "/proc/self/exe");
}

/* The build's identifier is in the notes. Not every kernel shows them, or has BTF:
 * then release and version have to do, which name the build as well. */
static int put_kernel(hash_t *hash, const struct cache_surroundings *around)
{
	AUTO(buffer_free) struct buffer notes = { 0 };
	struct utsname system;
	struct stat btf;

	if (uname(&system) < 0)
		return -errno;
	put_string(hash, around->release ? around->release : system.release);
	put_string(hash, around->version ? around->version : system.version);
	put_string(hash, around->machine ? around->machine : system.machine);
	if (read_file(around->kernel_notes ? around->kernel_notes : "/sys/kernel/notes", NOTES_MAX,
		      &notes) < 0)
		buffer_clear(&notes);
	put_bytes(hash, buffer_text(&notes), notes.length);
	if (stat(around->kernel_btf ? around->kernel_btf : "/sys/kernel/btf/vmlinux", &btf) < 0)
		btf.st_size = -1;
	put_number(hash, (uint64_t)btf.st_size);
	put_number(hash, (uint64_t)(around->page_size ? around->page_size : sysconf(_SC_PAGESIZE)));
	put_number(hash, (uint64_t)(around->cpus ? around->cpus : sysconf(_SC_NPROCESSORS_CONF)));
	return 0;
}

/* Who compiles decides which files can be read. */
static void put_worker_identity(hash_t *hash)
{
	struct child plan;

	worker_child_identity(&plan);
	put_number(hash, plan.change_identity);
	put_number(hash, plan.change_identity ? plan.uid : geteuid());
	put_number(hash, plan.change_identity ? plan.gid : getegid());
}

static void put_places(hash_t *hash)
{
	const struct paths *paths = paths_get();
	char bundled[PATH_MAX + 16];

	put_string(hash, paths->worker);
	put_string(hash, paths->programs);
	put_string(hash, paths->headers);
	snprintf(bundled, sizeof(bundled), "%s/include", paths->programs);
	put_number(hash, access(bundled, F_OK) == 0);
}

/* What is the same for every program. */
static int put_machine(hash_t *hash, const struct cache_surroundings *around)
{
	int r;

	put_string(hash, GENERATION);
	put_number(hash, IMAGE_VERSION);
	r = put_self(hash, around->self);
	if (r == 0)
		r = put_file(hash, around->worker ? around->worker : paths_get()->worker);
	if (r == 0)
		r = put_kernel(hash, around);
	if (r < 0)
		return r;
	put_worker_identity(hash);
	put_places(hash);
	return 0;
}

/* What every key begins with; surroundings: NULL for the real ones. */
static int begin_key(hash_t *hash, const struct cache_surroundings *surroundings)
{
	static const struct cache_surroundings real;

	sha256_init(hash);
	return put_machine(hash, surroundings ? surroundings : &real);
}

int cache_key_make(const struct skbscope_source *source,
		   const struct skbscope_compile_options *options,
		   const struct cache_surroundings *surroundings, struct cache_key *key)
{
	hash_t hash;
	int r = begin_key(&hash, surroundings);

	if (r < 0)
		return r;
	put_string(&hash, source->path);
	put_string(&hash, source->name);
	put_directory(&hash, source->directory);
	put_bytes(&hash, source->text, source->length);
	put_number(&hash, source->typed_lines);
	put_number(&hash, source->lead_lines);

	put_number(&hash, (uint64_t)options->headers);
	put_number(&hash, options->prints);
	put_directory(&hash, options->headers_directory);
	put_strings(&hash, options->defines, options->define_count);
	put_number(&hash, options->include_directory_count);
	for (size_t i = 0; i < options->include_directory_count; i++)
		put_directory(&hash, options->include_directories[i]);
	hash_end(&hash, key->bytes);
	key->kind = CACHE_IMAGE;
	return 0;
}

int cache_key_make_precompiled(const struct worker_request *request,
			       const struct cache_surroundings *surroundings, struct cache_key *key)
{
	hash_t hash;
	int r = begin_key(&hash, surroundings);

	if (r < 0)
		return r;
	put_strings(&hash, request->flags, request->flag_count);
	put_strings(&hash, request->paths, request->path_count);
	hash_end(&hash, key->bytes);
	key->kind = CACHE_PRECOMPILED;
	return 0;
}

int cache_key_make_filter(const char *expression, enum worker_link link,
			  const struct cache_surroundings *surroundings, struct cache_key *key)
{
	hash_t hash;
	int r = begin_key(&hash, surroundings);

	if (r < 0)
		return r;
	put_string(&hash, expression);
	put_number(&hash, link);
	hash_end(&hash, key->bytes);
	key->kind = CACHE_FILTER;
	return 0;
}
