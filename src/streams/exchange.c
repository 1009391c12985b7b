/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

struct owned_text {
	struct owned_text *next;
	char text[];
};

struct exchange *exchange_new(uint64_t time_ns)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return NULL;
	call_init(&exchange->call);
	exchange->call.time_ns = time_ns;
	exchange->bytes = sizeof(*exchange);
	return exchange;
}

void exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	content_free(&exchange->request);
	content_free(&exchange->answer);
	for (struct owned_text *text = exchange->texts, *next; text; text = next) {
		next = text->next;
		free(text);
	}
	free(exchange->ai);
	free(exchange);
}

const char *exchange_text(struct exchange *exchange, struct span text)
{
	static const char more[] = "…";
	const size_t room = CALL_TEXT_MAX - (sizeof(more) - 1);
	struct owned_text *owned;
	size_t length, size;
	bool cut;

	length = text.length ? strnlen(text.text, text.length) : 0;
	cut = length > CALL_TEXT_MAX;
	if (cut)
		length = utf8_whole(text.text, room);
	if (!length)
		return NULL;
	size = sizeof(*owned) + length + (cut ? sizeof(more) : 1);
	owned = malloc(size);
	if (!owned) {
		exchange->no_memory = true;
		return NULL;
	}
	memcpy(owned->text, text.text, length);
	strcpy(owned->text + length, cut ? more : "");
	owned->next = exchange->texts;
	exchange->texts = owned;
	exchange->bytes += size;
	return owned->text;
}
