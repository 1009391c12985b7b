/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libbcc lets pass and no kernel accepts: references to globals, which are
 * never created, and calls of functions that were not inlined. Warnings, not
 * errors: the function may be one that nobody loads.
 */
#ifndef WORKER_INSPECT_H
#define WORKER_INSPECT_H

#include <stdbool.h>

#include <skbscope/image.h>

#include "compile/protocol.h"

/* Prints to the log in the form of compile/clang_log.h. */
void inspect_program(const struct skbscope_image *image,
		     const struct skbscope_image_program *program,
		     const struct worker_request *request);

/* Whether an instruction loads what should be the address of such. */
bool inspect_loads_lost_symbol(const struct skbscope_image_program *program, uint32_t at);

/* The same of a table in which the program only counts what is there already: libbcc
 * adds the missing key for one type alone. */
void inspect_table(const struct skbscope_image_map *map, const struct worker_request *request);

#endif
