/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics as SARIF 2.1.0 (OASIS): one document, whatever number of programs it is about,
 * written as they come.
 */
#ifndef RENDER_SARIF_H
#define RENDER_SARIF_H

#include <skbscope/diagnostics.h>

#include "render/json_writer.h"

enum sarif_level { SARIF_NOTE, SARIF_WARNING, SARIF_ERROR }; /* as enum skbscope_severity */

struct sarif_rule {
	const char *id;
	enum sarif_level level;
	const char *text; /* a sentence */
};

struct sarif {
	struct json_writer json;
	const struct sarif_rule *rules; /* one without an id last */
	char *root;                     /* paths below it are relative to it */
	struct buffer artifacts;        /* each with a NUL */
	size_t program;                 /* which of them was told last to be looked at */
	struct buffer notices;          /* each a level's digit, a sentence and a NUL */
};

void sarif_begin(struct sarif *sarif, const char *version, const struct sarif_rule *rules,
		 FILE *stream);
/* A file that was looked at; it is where findings without a place are. */
void sarif_artifact(struct sarif *sarif, const char *path);
/* Findings, and notes as what they are about; ERROR and WARNING are the rules of those that
 * have none of their own. */
void sarif_add(struct sarif *sarif, const struct skbscope_diagnostics *diagnostics,
	       const char *error, const char *warning);
void sarif_add_error(struct sarif *sarif, const struct skbscope_error *error, const char *rule);
/* What is about no line of a program: why there are no findings. */
void sarif_notice(struct sarif *sarif, enum sarif_level level, const char *message,
		  const char *hint);
/* Ends the document and frees; like json_finish(). successful: all was looked at. */
int sarif_end(struct sarif *sarif, bool successful, int exit_status);

#endif
