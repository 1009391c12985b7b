/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/ai.h"

#include <string.h>

enum meaning {
	TEXT,  /* generated, if it is not empty */
	DELTA, /* generated, if the type says that it is a difference */
	TYPE,  /* of the event */
	MODEL, /* that answered */
	TOKENS_IN,
	TOKENS_OUT, /* so far: the last one counts */
	TOKENS_CACHED,
	ERROR,       /* its type, if it is a text */
	ERROR_OTHER, /* a name that is less good */
	ERROR_PLAIN, /* there is one, and it has no type */
	DONE,        /* the stream's end, if true */
};

struct place {
	const char *path;
	enum meaning meaning;
};

static const struct place places[] = {
	/* OpenAI: chat and completions; Azure, LiteLLM, MLflow's gateway */
	{ "choices[].delta.content", TEXT },
	{ "choices[].delta.reasoning_content", TEXT },
	{ "choices[].delta.reasoning", TEXT },
	{ "choices[].delta.refusal", TEXT },
	{ "choices[].delta.tool_calls[].function.name", TEXT },
	{ "choices[].delta.tool_calls[].function.arguments", TEXT },
	{ "choices[].delta.function_call.arguments", TEXT },
	{ "choices[].text", TEXT },
	{ "model", MODEL },
	{ "usage.prompt_tokens", TOKENS_IN },
	{ "usage.completion_tokens", TOKENS_OUT },
	{ "usage.prompt_tokens_details.cached_tokens", TOKENS_CACHED },
	/* OpenAI: responses */
	{ "delta", DELTA },
	{ "response.model", MODEL },
	{ "response.usage.input_tokens", TOKENS_IN },
	{ "response.usage.output_tokens", TOKENS_OUT },
	{ "response.usage.input_tokens_details.cached_tokens", TOKENS_CACHED },
	{ "response.error.code", ERROR },
	{ "usage.input_tokens_details.cached_tokens", TOKENS_CACHED },
	/* Anthropic */
	{ "type", TYPE },
	{ "delta.text", TEXT },
	{ "delta.thinking", TEXT },
	{ "delta.partial_json", TEXT },
	{ "content_block.text", TEXT },
	{ "message.model", MODEL },
	{ "message.usage.input_tokens", TOKENS_IN },
	{ "message.usage.output_tokens", TOKENS_OUT },
	{ "message.usage.cache_read_input_tokens", TOKENS_CACHED },
	{ "usage.input_tokens", TOKENS_IN },
	{ "usage.output_tokens", TOKENS_OUT },
	{ "usage.cache_read_input_tokens", TOKENS_CACHED },
	{ "input_tokens", TOKENS_IN }, /* count_tokens */
	/* Gemini; a stream without alt=sse is an array of documents */
	{ "candidates[].content.parts[].text", TEXT },
	{ "candidates[].content.parts[].functionCall.name", TEXT },
	{ "modelVersion", MODEL },
	{ "usageMetadata.promptTokenCount", TOKENS_IN },
	{ "usageMetadata.candidatesTokenCount", TOKENS_OUT },
	{ "usageMetadata.cachedContentTokenCount", TOKENS_CACHED },
	{ "totalTokens", TOKENS_IN }, /* countTokens */
	/* Ollama */
	{ "message.content", TEXT },
	{ "message.thinking", TEXT },
	{ "message.tool_calls[].function.name", TEXT },
	{ "response", TEXT },
	{ "prompt_eval_count", TOKENS_IN },
	{ "eval_count", TOKENS_OUT },
	{ "done", DONE },
	/* Errors of all of them */
	{ "error.type", ERROR },
	{ "error.status", ERROR },
	{ "error.code", ERROR_OTHER },
	{ "error_code", ERROR },          /* MLflow's REST API */
	{ "detail[].type", ERROR_OTHER }, /* FastAPI */
	{ "error", ERROR_PLAIN },
	{ "detail", ERROR_PLAIN },
};

void ai_init(struct ai *ai)
{
	*ai = (struct ai){
		.stream_asked = -1, .tokens_in = -1, .tokens_out = -1, .tokens_cached = -1
	};
}

static void set_text(char *out, size_t size, const struct json_value *value)
{
	size_t length = value->length < size - 1 ? value->length : size - 1;

	memcpy(out, value->text, length);
	out[length] = '\0';
}

/* A whole number that is not negative, as JSON writes one: -1 if it is none. */
static int64_t number_of(const struct json_value *value)
{
	int64_t number = 0;

	if (value->is_text || value->cut || !value->length)
		return -1;
	for (size_t i = 0; i < value->length; i++) {
		const char c = value->text[i];

		if (c == '.' && i && strspn(value->text + i + 1, "0") == value->length - i - 1)
			return number;
		if (c < '0' || c > '9' || number > INT64_MAX / 10 - 1)
			return -1;
		number = number * 10 + (c - '0');
	}
	return number;
}

static void set_number(int64_t *out, const struct json_value *value)
{
	int64_t number = number_of(value);

	if (number >= 0)
		*out = number;
}

static bool is_word(const struct json_value *value, const char *word)
{
	return !value->is_text && strcmp(value->text, word) == 0;
}

void ai_asked(void *context, const struct json_value *value)
{
	struct ai *ai = context;

	if (strcmp(value->path, "model") == 0 && value->is_text && value->length) {
		if (!dialect_names_model(ai->dialect))
			set_text(ai->model_asked, sizeof(ai->model_asked), value);
	} else if (strcmp(value->path, "stream") == 0) {
		if (is_word(value, "true"))
			ai->stream_asked = 1;
		else if (is_word(value, "false"))
			ai->stream_asked = 0;
	}
}

static void set_error(struct ai *ai, const struct json_value *value, unsigned int rank)
{
	if (rank <= ai->error_rank || !value->length || is_word(value, "null") ||
	    (rank > 2 && !value->is_text))
		return;
	ai->error_rank = rank;
	set_text(ai->error_type, sizeof(ai->error_type), value);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static void set_type(struct ai *ai, const struct json_value *value)
{
	static const char *const last[] = { "message_stop", "response.completed",
					    "response.incomplete", "response.failed" };

	if (!value->is_text)
		return;
	ai->type_is_delta = ends_with(value->text, ".delta");
	for (size_t i = 0; i < sizeof(last) / sizeof(*last); i++)
		ai->ended |= strcmp(value->text, last[i]) == 0;
}

static void plain_error(struct ai *ai, const struct json_value *value)
{
	/* What it says is for its reader: that there is one is all we keep. */
	if (!value->is_text || ai->error_rank)
		return;
	ai->error_rank = 1;
	strcpy(ai->error_type, "error");
}

static void take(struct ai *ai, enum meaning meaning, const struct json_value *value)
{
	switch (meaning) {
	case TEXT:
		ai->has_text |= value->is_text && value->length;
		break;
	case DELTA:
		ai->has_delta |= value->is_text && value->length;
		break;
	case TYPE:
		set_type(ai, value);
		break;
	case MODEL:
		if (!ai->model_answered[0] && value->is_text)
			set_text(ai->model_answered, sizeof(ai->model_answered), value);
		break;
	case TOKENS_IN:
		set_number(&ai->tokens_in, value);
		break;
	case TOKENS_OUT:
		set_number(&ai->tokens_out, value);
		break;
	case TOKENS_CACHED:
		set_number(&ai->tokens_cached, value);
		break;
	case ERROR:
		set_error(ai, value, 3);
		break;
	case ERROR_OTHER:
		set_error(ai, value, 2);
		break;
	case ERROR_PLAIN:
		plain_error(ai, value);
		break;
	case DONE:
		ai->ended |= is_word(value, "true");
		break;
	}
}

void ai_answered(void *context, const struct json_value *value)
{
	const char *path = value->path;

	if (strncmp(path, "[].", 3) == 0)
		path += 3;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (places[i].path[0] == path[0] && strcmp(places[i].path, path) == 0)
			take(context, places[i].meaning, value);
}

void ai_text_now(struct ai *ai, uint64_t now_ns)
{
	if (!ai->texts++)
		ai->first_text_ns = now_ns;
	else if (now_ns > ai->last_text_ns && now_ns - ai->last_text_ns > ai->gap_max_ns)
		ai->gap_max_ns = now_ns - ai->last_text_ns;
	ai->last_text_ns = now_ns;
	ai->has_text = false;
}

void ai_document_ends(struct ai *ai, uint64_t now_ns)
{
	ai->events++;
	if (ai->has_text || (ai->has_delta && ai->type_is_delta))
		ai_text_now(ai, now_ns);
	ai->has_text = ai->has_delta = ai->type_is_delta = false;
}
