/* SPDX-License-Identifier: Apache-2.0 */
/* Documents as JSON, and what all of them share. */
#include "render/document.h"

#include <errno.h>
#include <stdarg.h>

#include "base/cleanup.h"

void document_say(struct document *document, const char *format, ...)
{
	AUTO(freep) char *text = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text = NULL;
		document->failed = true;
	} else {
		document->form->say(document, text, (size_t)length);
	}
}

int document_end(struct document *document)
{
	int r = document->form->end(document);

	if (document->failed)
		return -ENOMEM;
	if (r == 0) {
		errno = 0;
		r = fflush(document->stream) == 0 && !ferror(document->stream) ? 0 : -EIO;
	}
	return r;
}

static void begin_object(struct document *document, const char *key)
{
	json_begin_object(&document->json, key);
}

static void end_object(struct document *document)
{
	json_end_object(&document->json);
}

static void begin_list(struct document *document, const char *key, const char *title)
{
	(void)title;
	json_begin_array(&document->json, key);
}

static void end_list(struct document *document)
{
	json_end_array(&document->json);
}

static void write_fact(struct document *document, const char *key, const char *label,
		       struct fact fact)
{
	(void)label;
	if (!key)
		return;
	switch (fact.kind) {
	case FACT_UNKNOWN:
		json_null(&document->json, key);
		break;
	case FACT_TEXT:
		json_text(&document->json, key, fact.text);
		break;
	case FACT_BOOLEAN:
		json_boolean(&document->json, key, fact.number);
		break;
	default:
		json_u64(&document->json, key, fact.number);
	}
}

static void say_nothing(struct document *document, const char *text, size_t length)
{
	(void)document;
	(void)text;
	(void)length;
}

static int end_json(struct document *document)
{
	return json_finish(&document->json);
}

const struct document_form document_json = {
	.begin_object = begin_object,
	.end_object = end_object,
	.begin_list = begin_list,
	.end_list = end_list,
	.fact = write_fact,
	.say = say_nothing,
	.end = end_json,
};
