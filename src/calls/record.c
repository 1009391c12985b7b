/* SPDX-License-Identifier: Apache-2.0 */
#include "calls/record.h"

#include <string.h>

/* Its texts, by where they are. */
static const struct {
	size_t offset, size;
} texts[] = {
#define TEXT(member)                                                                               \
	{                                                                                          \
		offsetof(struct call_record, member), sizeof(((struct call_record *)0)->member)    \
	}
	TEXT(client),      TEXT(server),     TEXT(method),      TEXT(host),
	TEXT(path),        TEXT(route),      TEXT(api_version), TEXT(version_source),
	TEXT(dialect),     TEXT(operation),  TEXT(model_asked), TEXT(model_answered),
	TEXT(error_type),  TEXT(consumer),   TEXT(agent),       TEXT(content_type),
	TEXT(gateway),     TEXT(provider),   TEXT(cost),        TEXT(trace_id),
	TEXT(deprecation), TEXT(sunset),     TEXT(upgrade),     TEXT(smuggling),
	TEXT(loss),        TEXT(columns[0]), TEXT(columns[1]),  TEXT(columns[2]),
	TEXT(columns[3]),
#undef TEXT
};

void record_init(struct call_record *call)
{
	memset(call, 0xff, offsetof(struct call_record, client));
	memset(call->client, 0, sizeof(*call) - offsetof(struct call_record, client));
}

void record_mend(struct call_record *call)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = (char *)call + texts[i].offset;
		const size_t length = strnlen(text, texts[i].size - 1);

		memset(text + length, 0, texts[i].size - length);
	}
}

void record_text(char *out, size_t size, const char *text, size_t length)
{
	const size_t fits = strnlen(text, length < size - 1 ? length : size - 1);

	memset(out, 0, size);
	memcpy(out, text, fits);
}
