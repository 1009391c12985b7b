/* SPDX-License-Identifier: Apache-2.0 */
/* Whose API a path is of, and which part of the path names a model. */
#ifndef STREAMS_DIALECT_H
#define STREAMS_DIALECT_H

#include <stdbool.h>

#include "base/span.h"

enum dialect {
	DIALECT_NONE,
	DIALECT_OPENAI,
	DIALECT_ANTHROPIC,
	DIALECT_GEMINI,
	DIALECT_AZURE,
	DIALECT_OLLAMA,
	DIALECT_MLFLOW
};
enum operation {
	OPERATION_NONE,
	OPERATION_CHAT,
	OPERATION_RESPONSES,
	OPERATION_COMPLETIONS,
	OPERATION_EMBEDDINGS,
	OPERATION_MODELS,
	OPERATION_COUNT_TOKENS,
	OPERATION_INVOCATIONS,
	OPERATION_PING,
	OPERATION_VERSION,
};

struct dialect_path {
	enum dialect dialect;
	enum operation operation;
	struct span model; /* in the path; without text: none */
	int stream_asked;  /* by the path: 0 or 1; -1: it does not say */
	bool mlflow;       /* a route of MLflow's gateway */
	bool anthropic_if; /* only with the header anthropic-version */
};

/* Of a path without a query. */
struct dialect_path dialect_of(struct span path);

const char *dialect_name(enum dialect dialect); /* NULL for none */
const char *operation_name(enum operation operation);
/* By its path, so that "model" in the body is something else. */
bool dialect_names_model(enum dialect dialect);
/* Whether a stream says that it ends, rather than only end. */
bool dialect_ends_streams(enum dialect dialect);

#endif
