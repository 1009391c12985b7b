/* SPDX-License-Identifier: Apache-2.0 */
#include "render/sarif.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"
#define ROOT "SRCROOT"

static const char *const levels[] = { "note", "warning", "error" };

static void put_text(struct json_writer *json, const char *key, const char *text)
{
	json_begin_object(json, key);
	json_text(json, "text", text);
	json_end_object(json);
}

/* RFC 3986: all that is not certain to stand for itself is escaped. */
static void append_uri(struct buffer *out, const char *path)
{
	for (; *path; path++)
		if (isalnum((unsigned char)*path) || strchr("/-._~", *path))
			buffer_append(out, path, 1);
		else
			buffer_printf(out, "%%%02X", (unsigned char)*path);
}

/* Below the root, or NULL. */
static const char *relative(const struct sarif *sarif, const char *path)
{
	const size_t length = sarif->root ? strlen(sarif->root) : 0;

	return length && strncmp(path, sarif->root, length) == 0 && path[length] == '/'
		       ? path + length + 1
		       : NULL;
}

/* "-e" and "-" are texts that have no file. */
static bool is_file(const char *path)
{
	return strcmp(path, "-") != 0 && strcmp(path, "-e") != 0;
}

static size_t artifact_index(struct sarif *sarif, const char *path)
{
	const char *at = buffer_text(&sarif->artifacts);
	const char *end = at + sarif->artifacts.length;
	size_t index = 0;

	for (; at < end; at += strlen(at) + 1, index++)
		if (strcmp(at, path) == 0)
			return index;
	buffer_append(&sarif->artifacts, path, strlen(path) + 1);
	return index;
}

static const char *artifact_name(const struct sarif *sarif, size_t index)
{
	const char *at = buffer_text(&sarif->artifacts);

	while (index--)
		at += strlen(at) + 1;
	return at;
}

static void put_uri(struct sarif *sarif, const char *path)
{
	AUTO(buffer_free) struct buffer uri = { 0 };
	const char *below = relative(sarif, path);

	/* A first segment with a colon would be a scheme, but that is escaped. */
	if (!below && path[0] == '/')
		buffer_string(&uri, "file://");
	append_uri(&uri, below ? below : path);
	json_text(&sarif->json, "uri", buffer_text(&uri));
	if (below || path[0] != '/')
		json_text(&sarif->json, "uriBaseId", ROOT);
}

/* SARIF counts characters, diagnostics count bytes; both from 1. */
static uint64_t characters_to(const char *source, uint32_t column)
{
	uint64_t count = 1;

	for (uint32_t i = 0; source[i] && i + 1 < column; i++)
		count += ((unsigned char)source[i] & 0xc0) != 0x80;
	return count;
}

/* Of the word at that place, else of one character. */
static uint32_t end_of_token(const char *source, uint32_t column)
{
	uint32_t end = column - 1;

	while (isalnum((unsigned char)source[end]) || source[end] == '_')
		end++;
	if (end == column - 1 && source[end])
		do
			end++;
		while (((unsigned char)source[end] & 0xc0) == 0x80);
	return end + 1;
}

static void put_region(struct json_writer *json, const struct skbscope_diagnostic *entry)
{
	const char *source = entry->source;

	json_begin_object(json, "region");
	json_u64(json, "startLine", entry->line);
	if (entry->column && source && entry->column <= strlen(source) + 1) {
		json_u64(json, "startColumn", characters_to(source, entry->column));
		if (entry->column <= strlen(source))
			json_u64(json, "endColumn",
				 characters_to(source, end_of_token(source, entry->column)));
	}
	if (source)
		put_text(json, "snippet", source);
	json_end_object(json);
}

static void put_location(struct sarif *sarif, const struct skbscope_diagnostic *entry,
			 const char *path, const char *message)
{
	struct json_writer *json = &sarif->json;

	json_begin_object(json, NULL);
	json_begin_object(json, "physicalLocation");
	json_begin_object(json, "artifactLocation");
	if (is_file(path))
		put_uri(sarif, path);
	json_u64(json, "index", artifact_index(sarif, path));
	json_end_object(json);
	if (entry->line)
		put_region(json, entry);
	json_end_object(json);
	if (message)
		put_text(json, "message", message);
	json_end_object(json);
}

static void put_rule(struct sarif *sarif, const char *id)
{
	size_t index = 0;

	json_text(&sarif->json, "ruleId", id);
	while (sarif->rules[index].id && strcmp(sarif->rules[index].id, id) != 0)
		index++;
	if (sarif->rules[index].id)
		json_u64(&sarif->json, "ruleIndex", index);
}

/* A viewer shows the message, and may show nothing else. */
static void put_message(struct json_writer *json, const char *message, const char *hint)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_string(&text, message);
	if (hint && *hint)
		buffer_printf(&text, "\nhint: %s", hint);
	put_text(json, "message", buffer_text(&text));
}

/* The notes behind a finding, COUNT of them, are of it. */
static void put_result(struct sarif *sarif, const struct skbscope_diagnostics *list, size_t at,
		       size_t count, const char *rule)
{
	const struct skbscope_diagnostic *entry = skbscope_diagnostics_get(list, at);
	struct json_writer *json = &sarif->json;

	json_begin_object(json, NULL);
	put_rule(sarif, rule);
	json_text(json, "level", levels[entry->severity]);
	put_message(json, entry->message, entry->hint);
	json_begin_array(json, "locations");
	put_location(sarif, entry, entry->file ? entry->file : artifact_name(sarif, sarif->program),
		     NULL);
	json_end_array(json);
	if (count)
		json_begin_array(json, "relatedLocations");
	for (size_t i = 1; i <= count; i++) {
		const struct skbscope_diagnostic *note = skbscope_diagnostics_get(list, at + i);

		put_location(sarif, note, note->file, note->message);
	}
	if (count)
		json_end_array(json);
	if (entry->hint && *entry->hint) {
		json_begin_object(json, "properties");
		json_text(json, "hint", entry->hint);
		json_end_object(json);
	}
	json_end_object(json);
}

static size_t notes_behind(const struct skbscope_diagnostics *list, size_t at)
{
	const struct skbscope_diagnostic *entry;
	size_t count = 0;

	while ((entry = skbscope_diagnostics_get(list, at + count + 1)) &&
	       entry->severity == SKBSCOPE_SEVERITY_NOTE && entry->file)
		count++;
	return count;
}

void sarif_add(struct sarif *sarif, const struct skbscope_diagnostics *diagnostics,
	       const char *error, const char *warning)
{
	const struct skbscope_diagnostic *entry;

	for (size_t i = 0; (entry = skbscope_diagnostics_get(diagnostics, i)); i++) {
		const char *rule = entry->rule                                  ? entry->rule
				   : entry->severity == SKBSCOPE_SEVERITY_ERROR ? error
										: warning;
		const size_t notes = entry->severity == SKBSCOPE_SEVERITY_NOTE
					     ? 0
					     : notes_behind(diagnostics, i);

		if (entry->severity == SKBSCOPE_SEVERITY_NOTE && !entry->file)
			sarif_notice(sarif, SARIF_NOTE, entry->message, entry->hint);
		else
			put_result(sarif, diagnostics, i, notes, rule);
		i += notes;
	}
}

void sarif_add_error(struct sarif *sarif, const struct skbscope_error *error, const char *rule)
{
	struct skbscope_diagnostics *one = NULL;
	const struct skbscope_diagnostic entry = { .severity = SKBSCOPE_SEVERITY_ERROR,
						   .message = error->message,
						   .hint = error->hint,
						   .rule = rule };

	if (skbscope_diagnostics_new(&one) < 0 || skbscope_diagnostics_add(one, &entry) < 0)
		sarif->artifacts.failed = true;
	else
		sarif_add(sarif, one, rule, rule);
	skbscope_diagnostics_free(one);
}

void sarif_notice(struct sarif *sarif, enum sarif_level level, const char *message,
		  const char *hint)
{
	buffer_printf(&sarif->notices, "%d%s", level, message);
	if (hint && *hint)
		buffer_printf(&sarif->notices, "\nhint: %s", hint);
	buffer_append(&sarif->notices, "", 1);
}

void sarif_artifact(struct sarif *sarif, const char *path)
{
	sarif->program = artifact_index(sarif, path);
}

static void put_rules(struct sarif *sarif)
{
	struct json_writer *json = &sarif->json;

	json_begin_array(json, "rules");
	for (const struct sarif_rule *rule = sarif->rules; rule->id; rule++) {
		json_begin_object(json, NULL);
		json_text(json, "id", rule->id);
		put_text(json, "shortDescription", rule->text);
		json_begin_object(json, "defaultConfiguration");
		json_text(json, "level", levels[rule->level]);
		json_end_object(json);
		json_end_object(json);
	}
	json_end_array(json);
}

static void put_root(struct sarif *sarif)
{
	AUTO(buffer_free) struct buffer uri = { 0 };

	sarif->root = getcwd(NULL, 0);
	if (!sarif->root)
		return;
	if (strcmp(sarif->root, "/") == 0)
		sarif->root[0] = '\0'; /* all is below it, and is named as it is */
	buffer_string(&uri, "file://");
	append_uri(&uri, sarif->root);
	buffer_string(&uri, "/");
	json_begin_object(&sarif->json, "originalUriBaseIds");
	json_begin_object(&sarif->json, ROOT);
	json_text(&sarif->json, "uri", buffer_text(&uri));
	json_end_object(&sarif->json);
	json_end_object(&sarif->json);
}

void sarif_begin(struct sarif *sarif, const char *version, const struct sarif_rule *rules,
		 FILE *stream)
{
	struct json_writer *json = &sarif->json;

	*sarif = (struct sarif){ .json.stream = stream, .rules = rules };
	json_begin_object(json, NULL);
	json_text(json, "$schema", SCHEMA);
	json_text(json, "version", "2.1.0");
	json_begin_array(json, "runs");
	json_begin_object(json, NULL);
	json_begin_object(json, "tool");
	json_begin_object(json, "driver");
	json_text(json, "name", "skbscope");
	json_text(json, "version", version);
	json_text(json, "semanticVersion", version);
	put_rules(sarif);
	json_end_object(json);
	json_end_object(json);
	put_root(sarif);
	json_text(json, "columnKind", "unicodeCodePoints");
	json_begin_array(json, "results");
}

static void put_artifacts(struct sarif *sarif)
{
	struct json_writer *json = &sarif->json;
	const char *at = buffer_text(&sarif->artifacts);
	const char *end = at + sarif->artifacts.length;

	json_begin_array(json, "artifacts");
	for (; at < end; at += strlen(at) + 1) {
		json_begin_object(json, NULL);
		if (is_file(at)) {
			json_begin_object(json, "location");
			put_uri(sarif, at);
			json_end_object(json);
		} else {
			put_text(json, "description",
				 strcmp(at, "-") == 0 ? "the program that was read from stdin"
						      : "the program that was given as -e TEXT");
		}
		json_text(json, "sourceLanguage", "c");
		json_end_object(json);
	}
	json_end_array(json);
}

static void put_invocation(struct sarif *sarif, bool successful, int exit_status)
{
	struct json_writer *json = &sarif->json;
	const char *at = buffer_text(&sarif->notices), *end = at + sarif->notices.length;

	json_begin_array(json, "invocations");
	json_begin_object(json, NULL);
	json_boolean(json, "executionSuccessful", successful);
	json_i64(json, "exitCode", exit_status);
	json_begin_array(json, "toolExecutionNotifications");
	for (; at < end; at += strlen(at) + 1) {
		json_begin_object(json, NULL);
		json_text(json, "level", levels[at[0] - '0']);
		put_text(json, "message", at + 1);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
	json_end_array(json);
}

int sarif_end(struct sarif *sarif, bool successful, int exit_status)
{
	struct json_writer *json = &sarif->json;

	json_end_array(json);
	put_artifacts(sarif);
	put_invocation(sarif, successful, exit_status);
	json_end_object(json);
	json_end_array(json);
	json_end_object(json);
	json->text.failed |= sarif->artifacts.failed || sarif->notices.failed;
	buffer_free(&sarif->artifacts);
	buffer_free(&sarif->notices);
	free(TAKE(sarif->root));
	return json_finish(json);
}
