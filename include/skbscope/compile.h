/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From source to image, in a worker process without privilege. Nothing in the
 * calling process is changed: not its directory, its descriptors or its memory.
 */
#ifndef SKBSCOPE_COMPILE_H
#define SKBSCOPE_COMPILE_H

#include <skbscope/diagnostics.h>
#include <skbscope/image.h>
#include <skbscope/source.h>

struct skbscope_compile_times { /* nanoseconds of wall clock; 0: did not happen */
	uint64_t start_ns;      /* process start and dynamic linking */
	uint64_t types_ns;      /* kernel types from BTF */
	uint64_t compile_ns;    /* libbcc and clang, every attempt */
	uint64_t total_ns;
	uint32_t attempts; /* header choices tried */
};

struct skbscope_compile_options {
	size_t size; /* sizeof this struct */
	enum skbscope_headers headers;
	const char *headers_directory; /* with SKBSCOPE_HEADERS_DIRECTORY; borrowed */
	const char *const *defines;    /* "NAME" or "NAME=VALUE"; borrowed */
	size_t define_count;
	const char *const *include_directories; /* borrowed */
	size_t include_directory_count;
	uint32_t timeout_ms; /* wall clock for each attempt; 0: 30000 */
};

/* *image is written only on success. Warnings (and on failure errors) are added
 * to diagnostics, which may be NULL. Errors: SKBSCOPE_STAGE_COMPILE where the
 * program is at fault, SKBSCOPE_STAGE_WORKER where the compiler process is. */
SKBSCOPE_API int skbscope_compile(const struct skbscope_source *source,
				  const struct skbscope_compile_options *options,
				  struct skbscope_image **image,
				  struct skbscope_compile_times *times,
				  struct skbscope_diagnostics *diagnostics,
				  struct skbscope_error *error);

#endif
