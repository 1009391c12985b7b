/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/dialect.h"

#include <string.h>

#include "streams/route.h"

static const char *const dialects[] = { NULL,    "openai", "anthropic", "gemini",
					"azure", "ollama", "mlflow" };
static const char *const operations[] = { NULL,         "chat",   "responses",    "completions",
					  "embeddings", "models", "count_tokens", "invocations",
					  "ping",       "version" };

const char *dialect_name(enum dialect dialect)
{
	return dialects[dialect];
}

const char *operation_name(enum operation operation)
{
	return operations[operation];
}

bool dialect_names_model(enum dialect dialect)
{
	return dialect == DIALECT_GEMINI || dialect == DIALECT_AZURE;
}

bool dialect_ends_streams(enum dialect dialect)
{
	return dialect != DIALECT_NONE && dialect != DIALECT_GEMINI;
}

#define SEGMENTS 12u

struct path {
	struct span segments[SEGMENTS]; /* of longer ones, the last */
	size_t count;
};

static void split(struct span rest, struct path *path)
{
	path->count = 0;
	while (rest.length) {
		const char *slash = memchr(rest.text, '/', rest.length);
		size_t length = slash ? (size_t)(slash - rest.text) : rest.length;

		if (length) {
			if (path->count == SEGMENTS)
				memmove(path->segments, path->segments + 1,
					sizeof(path->segments) - sizeof(*path->segments));
			else
				path->count++;
			path->segments[path->count - 1] = (struct span){ rest.text, length };
		}
		rest = span_from(rest, length + (slash != NULL));
	}
}

/* From the end: 0 is the last. "" where there is none. */
static struct span last(const struct path *path, size_t back)
{
	return back < path->count ? path->segments[path->count - 1 - back] : (struct span){ "", 0 };
}

static bool last_is(const struct path *path, size_t back, const char *text)
{
	return span_is(last(path, back), text);
}

static size_t find(const struct path *path, const char *text)
{
	for (size_t i = 0; i < path->count; i++)
		if (span_is(path->segments[i], text))
			return i;
	return SIZE_MAX;
}

/* A word as common as "models" is OpenAI's only where OpenAI has it. */
static bool after_openai(const struct path *path, size_t back)
{
	return path->count == back || route_is_version(last(path, back)) ||
	       last_is(path, back, "openai");
}

static bool openai(const struct path *path, struct dialect_path *out)
{
	if (last_is(path, 0, "completions"))
		out->operation = last_is(path, 1, "chat") ? OPERATION_CHAT
				 : after_openai(path, 1)  ? OPERATION_COMPLETIONS
							  : OPERATION_NONE;
	else if (last_is(path, 0, "embeddings") && after_openai(path, 1))
		out->operation = OPERATION_EMBEDDINGS;
	else if (last_is(path, 0, "responses") && after_openai(path, 1))
		out->operation = OPERATION_RESPONSES;
	else if (path->count > 1 && last_is(path, 0, "models") && after_openai(path, 1))
		out->operation = OPERATION_MODELS;
	else if (path->count > 2 && last_is(path, 1, "models") && after_openai(path, 2)) {
		out->operation = OPERATION_MODELS;
		out->model = last(path, 0);
	}
	if (out->operation)
		out->dialect = DIALECT_OPENAI;
	return out->operation;
}

static bool azure(const struct path *path, struct dialect_path *out)
{
	size_t at = find(path, "deployments");

	if (at == SIZE_MAX || !at || !span_is(path->segments[at - 1], "openai") ||
	    at + 2 >= path->count)
		return false;
	out->operation = last_is(path, 0, "embeddings")     ? OPERATION_EMBEDDINGS
			 : !last_is(path, 0, "completions") ? OPERATION_NONE
			 : last_is(path, 1, "chat")         ? OPERATION_CHAT
							    : OPERATION_COMPLETIONS;
	out->model = path->segments[at + 1];
	out->dialect = DIALECT_AZURE;
	return true;
}

static bool anthropic(const struct path *path, struct dialect_path *out)
{
	size_t back = last_is(path, 0, "count_tokens") ? 1 : 0;

	if (!last_is(path, back, "messages") || !route_is_version(last(path, back + 1)))
		return false;
	out->operation = back ? OPERATION_COUNT_TOKENS : OPERATION_CHAT;
	out->dialect = DIALECT_ANTHROPIC;
	out->anthropic_if = !last_is(path, back + 2, "anthropic");
	return true;
}

static bool gemini(const struct path *path, struct dialect_path *out)
{
	static const struct {
		const char *verb;
		enum operation operation;
		int stream;
	} verbs[] = {
		{ "generateContent", OPERATION_CHAT, 0 },
		{ "streamGenerateContent", OPERATION_CHAT, 1 },
		{ "embedContent", OPERATION_EMBEDDINGS, -1 },
		{ "batchEmbedContents", OPERATION_EMBEDDINGS, -1 },
		{ "countTokens", OPERATION_COUNT_TOKENS, -1 },
	};
	struct span verb = last(path, 0), model;

	if (!last_is(path, 1, "models") || !span_cut(&verb, ":", &model))
		return false;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (span_is(verb, verbs[i].verb)) {
			out->dialect = DIALECT_GEMINI;
			out->operation = verbs[i].operation;
			out->stream_asked = verbs[i].stream;
			out->model = model;
			return true;
		}
	return false;
}

static bool ollama(const struct path *path, struct dialect_path *out)
{
	if (path->count < 2 || !last_is(path, 1, "api"))
		return false;
	out->operation = last_is(path, 0, "chat")       ? OPERATION_CHAT
			 : last_is(path, 0, "generate") ? OPERATION_COMPLETIONS
			 : last_is(path, 0, "embed") || last_is(path, 0, "embeddings")
				 ? OPERATION_EMBEDDINGS
			 : last_is(path, 0, "tags") ? OPERATION_MODELS
						    : OPERATION_NONE;
	if (out->operation)
		out->dialect = DIALECT_OLLAMA;
	return out->operation;
}

/* /gateway/NAME/mlflow/invocations, /gateway/NAME/invocations, /gateway/proxy/NAME/PATH, and
 * others' paths behind /gateway/; a served model's are /invocations, /ping and /version. */
static bool mlflow(const struct path *path, struct dialect_path *out)
{
	size_t at = find(path, "gateway");

	if (last_is(path, 0, "invocations")) {
		out->dialect = DIALECT_MLFLOW;
		out->operation = OPERATION_INVOCATIONS;
		out->mlflow = at != SIZE_MAX && at + 2 < path->count;
		if (out->mlflow)
			out->model = path->segments[at + 1];
		return path->count == 1 || out->mlflow;
	}
	if (path->count == 1 && (last_is(path, 0, "ping") || last_is(path, 0, "version"))) {
		out->operation = last_is(path, 0, "ping") ? OPERATION_PING : OPERATION_VERSION;
		return true;
	}
	return false;
}

struct dialect_path dialect_of(struct span text)
{
	static bool (*const all[])(const struct path *, struct dialect_path *) = {
		mlflow, azure, gemini, anthropic, ollama, openai,
	};
	static const char *const behind[] = { "mlflow", "openai", "anthropic", "gemini", "proxy" };
	struct path path;
	size_t at;

	split(text, &path);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct dialect_path out = { .stream_asked = -1 };

		if (!all[i](&path, &out))
			continue;
		at = find(&path, "gateway");
		for (size_t j = 0; at + 1 < path.count && j < sizeof(behind) / sizeof(*behind); j++)
			out.mlflow |= at != SIZE_MAX && span_is(path.segments[at + 1], behind[j]);
		return out;
	}
	return (struct dialect_path){ .stream_asked = -1 };
}
