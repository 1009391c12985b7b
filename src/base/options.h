/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door through which option structs of other library versions come in: past
 * it every field is there, and nothing that was asked for is unknown.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stddef.h>

#include <skbscope/error.h>

/* Copies the caller's struct (NULL: all defaults), whose first member is its
 * size_t size, into *full of full_size bytes that are already zero. Fields a
 * newer caller has and we do not must be zero. */
int options_take(void *full, size_t full_size, const void *caller, enum skbscope_stage stage,
		 struct skbscope_error *error);

#endif
