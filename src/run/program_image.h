/* SPDX-License-Identifier: Apache-2.0 */
/* A program that was compiled elsewhere: a file of export's in the place of a source. */
#ifndef RUN_PROGRAM_IMAGE_H
#define RUN_PROGRAM_IMAGE_H

#include "run/export.h"

bool program_is_image(const char *name); /* NAME.skb; NULL is none */
/* Fails: what was asked for takes one. */
int program_image_has_no_source(const char *path, const char *asked, struct skbscope_error *error);

/* Its image, and a source that is its documentation comment alone. Refuses settings that are
 * for compiling. */
int program_image_read(const struct compile_settings *settings, const char *path,
		       struct program *program, struct skbscope_error *error);

int export_image(const struct export_settings *settings, const struct program *program,
		 struct skbscope_error *error);

#endif
