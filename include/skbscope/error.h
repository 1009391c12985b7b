/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong, as one sentence for a person and one code for a program.
 *
 * Every function that can fail returns 0 or a negative errno, and fills the
 * struct skbscope_error it was given (which may be NULL) only on failure.
 * The library itself never prints.
 */
#ifndef SKBSCOPE_ERROR_H
#define SKBSCOPE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#define SKBSCOPE_API __attribute__((visibility("default")))

/* Where on the path from file to numbers it happened. */
enum skbscope_stage {
	SKBSCOPE_STAGE_NONE,
	SKBSCOPE_STAGE_USAGE,   /* the request itself makes no sense */
	SKBSCOPE_STAGE_READ,    /* finding or reading the program */
	SKBSCOPE_STAGE_COMPILE, /* the program does not compile */
	SKBSCOPE_STAGE_WORKER,  /* the compiler process failed, not the program */
	SKBSCOPE_STAGE_LOAD,    /* creating maps, loading programs */
	SKBSCOPE_STAGE_VERIFY,  /* the kernel's verifier refused the program */
	SKBSCOPE_STAGE_ATTACH,  /* hooks, interfaces, namespaces */
	SKBSCOPE_STAGE_OBSERVE, /* reading maps of a running session */
	SKBSCOPE_STAGE_RENDER,  /* writing the result */
};

struct skbscope_error {
	int code; /* negative errno */
	enum skbscope_stage stage;
	char message[1024]; /* what was wrong and where: one sentence, no newline at the end */
	char hint[1024];    /* what to do about it; empty if there is nothing to say */
};

#ifdef __cplusplus
}
#endif

#endif
