/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled program into a file that others load: see docs/export.md. */
#ifndef RUN_EXPORT_H
#define RUN_EXPORT_H

#include "run/program.h"
#include "run/settings.h"

struct export_settings {
	const char *program, *file;
	struct compile_settings compiling;
	struct traffic_settings traffic; /* of it: functions, directions, filter, enforce */
	struct talk_settings talk;
};

enum export_form {
	EXPORT_OBJECT, /* .o: ELF, for tc, bpftool and libbpf */
	EXPORT_IMAGE,  /* .skb: for skbscope itself */
};

/* By the file's name. */
int export_form_of(const char *file, enum export_form *out, struct skbscope_error *error);

/* The program was compiled with kernel_prints, and what is said of it goes to stderr. */
int export_object(const struct export_settings *settings, const struct program *program,
		  struct skbscope_error *error);

#endif
