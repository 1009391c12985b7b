/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From source to image, in a worker process without privilege. Nothing in the
 * calling process is changed: not its directory, its descriptors or its memory.
 */
#ifndef SKBSCOPE_COMPILE_H
#define SKBSCOPE_COMPILE_H

#include <stdbool.h>

#include <skbscope/diagnostics.h>
#include <skbscope/image.h>
#include <skbscope/source.h>

#ifdef __cplusplus
extern "C" {
#endif

struct skbscope_compile_times { /* nanoseconds of wall clock; 0: did not happen */
	uint64_t start_ns;      /* process start and dynamic linking */
	uint64_t types_ns;      /* kernel types from BTF */
	uint64_t compile_ns;    /* libbcc and clang, every attempt */
	uint64_t total_ns;
	uint32_t attempts; /* header choices tried */
	bool cached;       /* nothing was compiled: the image was in the cache */
	/* Why the cache was of no use, for people; static. NULL: nothing is wrong. */
	const char *cache_trouble;
	uint32_t warm; /* how many of them a waiting compiler answered */
	/* The image was compiled with a precompiled header of what all programs begin with. */
	bool precompiled;
};

/* What went into an image: the program, the files the compiler read, and the names that
 * it looked for in vain. */
struct skbscope_inputs;
/* Whether none of the caller's own has changed: no header tree, no compiler. Cheap: a file
 * is read only if it looks different. */
SKBSCOPE_API bool skbscope_inputs_hold(struct skbscope_inputs *inputs);
SKBSCOPE_API void skbscope_inputs_free(struct skbscope_inputs *inputs);

struct skbscope_compile_options {
	size_t size; /* sizeof this struct */
	enum skbscope_headers headers;
	const char *headers_directory; /* with SKBSCOPE_HEADERS_DIRECTORY; borrowed */
	const char *const *defines;    /* "NAME" or "NAME=VALUE"; borrowed */
	size_t define_count;
	const char *const *include_directories; /* borrowed */
	size_t include_directory_count;
	uint32_t timeout_ms; /* for each attempt, by the wall clock; 0: 30000. No attempt has
			      * more than 600 s of processor time. */
	/* Images are kept here and found here; made if missing, and used only if it is
	 * the caller's alone to write. Borrowed; NULL: no cache. */
	const char *cache_directory;
	/* Ends the compilation with -ECANCELED as soon as it can be read (a signalfd,
	 * an eventfd, a pipe); nothing is read from it. 0 and -1: none. */
	int cancel_fd;
	/* Where to put what went into the image, or into the attempt at one; the caller's to
	 * free. NULL: not wanted. */
	struct skbscope_inputs **inputs;
	/* Compiles even what is in the cache, and does not keep it there. What all programs
	 * begin with may still be taken from there. */
	bool anew;
	/* With a compiler that waits: what the image need not wait for, which is keeping it in
	 * the cache and starting the next worker, is left for skbscope_compiler_rest(). */
	bool rest_later;
	/* bpf_trace_printk() writes to a ring of the program's own, with up to eight values;
	 * else to the kernel's trace, as ever. */
	bool prints;
	/* The other files of a program of several, each compiled by itself with these options:
	 * tables that one declares "extern" are another's, and the @tail tags of all count. What
	 * else there is only one of (its name, @ingress, @egress) is the first one's. Borrowed. */
	const struct skbscope_source *const *with;
	size_t with_count;
};

/* *image is written only on success. Warnings (and on failure errors) are added
 * to diagnostics, which may be NULL. Errors: SKBSCOPE_STAGE_COMPILE where the
 * program is at fault, SKBSCOPE_STAGE_WORKER where the compiler process is; one that
 * somebody, or the kernel, killed is replaced by another, once. */
SKBSCOPE_API int skbscope_compile(const struct skbscope_source *source,
				  const struct skbscope_compile_options *options,
				  struct skbscope_image **image,
				  struct skbscope_compile_times *times,
				  struct skbscope_diagnostics *diagnostics,
				  struct skbscope_error *error);

/* A compiler that waits: a worker without privilege that has LLVM mapped and
 * initialised, and compiles once; then the next is started. Idle it uses no processor.
 * It ends with its owner, however that ends. */
struct skbscope_compiler;

/* Returns at once; the worker warms up meanwhile. */
SKBSCOPE_API int skbscope_compiler_new(struct skbscope_compiler **out,
				       struct skbscope_error *error);
SKBSCOPE_API void skbscope_compiler_free(struct skbscope_compiler *compiler);

/* skbscope_compile(), faster. Whenever the waiting worker cannot serve (not warm
 * yet, busy for another thread, dead), a worker of its own does it; a dead one is
 * replaced. compiler may be NULL. */
SKBSCOPE_API int
skbscope_compiler_compile(struct skbscope_compiler *compiler, const struct skbscope_source *source,
			  const struct skbscope_compile_options *options,
			  struct skbscope_image **image, struct skbscope_compile_times *times,
			  struct skbscope_diagnostics *diagnostics, struct skbscope_error *error);

/* What rest_later left. Without it the next compilation is a cold one; an image that was not
 * kept is kept with the next, or by skbscope_compiler_free(). Why one could not be kept is
 * among the times of the next compilation (cache_trouble). */
SKBSCOPE_API void skbscope_compiler_rest(struct skbscope_compiler *compiler);

#ifdef __cplusplus
}
#endif

#endif
