/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of a document, each as CSV until one is chosen. */
#include "render/document_csv.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "render/csv.h"

void document_csv_begin_list(struct document_csv *csv, const char *key)
{
	if (csv->list) {
		if (!csv->depth++) {
			csv->inner_key = key;
			buffer_clear(&csv->inner);
		}
		return;
	}
	if (!csv->list_count)
		csv->list_count = 1;
	if (csv->list_count == DOCUMENT_LISTS_MAX) {
		csv->failed = true;
		return;
	}
	csv->list = &csv->lists[csv->list_count++];
	csv->list->key = key;
}

void document_csv_end_list(struct document_csv *csv)
{
	if (!csv->list)
		return;
	if (!csv->depth) {
		csv->list = NULL;
		return;
	}
	if (--csv->depth)
		return;
	if (!csv->list->count)
		csv_string(&csv->list->head, csv->inner_key);
	csv_text(&csv->list->rows, buffer_text(&csv->inner), csv->inner.length);
}

void document_csv_begin_object(struct document_csv *csv)
{
	if (csv->depth && csv->inner.length)
		buffer_string(&csv->inner, "; ");
}

void document_csv_end_object(struct document_csv *csv)
{
	if (!csv->list || csv->depth)
		return;
	csv_end_line(&csv->list->rows);
	csv->list->count++;
}

static bool ends_item(const struct buffer *text)
{
	return !text->length || text->data[text->length - 1] == ' ';
}

void document_csv_fact(struct document_csv *csv, const char *key, const char *text)
{
	struct document_list *list = csv->list ? csv->list : &csv->lists[0];

	if (csv->depth) {
		buffer_printf(&csv->inner, "%s%s", ends_item(&csv->inner) ? "" : " ",
			      text ? text : "-");
		return;
	}
	if (!list->count)
		csv_string(&list->head, key);
	csv_string(&list->rows, text);
}

static bool is_choice(const struct document_csv *csv, size_t i, const char *name)
{
	return name ? csv->lists[i].key && strcmp(csv->lists[i].key, name) == 0 : true;
}

static int refuse(const struct document_csv *csv, const char *name, struct skbscope_error *error)
{
	struct buffer names = { 0 };
	int r;

	for (size_t i = 1; i < csv->list_count; i++)
		if (csv->lists[i].key)
			buffer_printf(&names, "%s%s", names.length ? ", " : "", csv->lists[i].key);
	r = name ? fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "there is no list '%s'", name)
		 : fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			"CSV is one table, and there are %zu: %s", csv->list_count - 1,
			buffer_text(&names));
	if (name && names.length)
		hint(error, r, "there is %s", buffer_text(&names));
	else if (names.length)
		hint(error, r, "choose one: --table %s", csv->lists[1].key);
	buffer_free(&names);
	return r;
}

static int write_list(const struct document_list *list, FILE *stream)
{
	if (list->head.failed || list->rows.failed)
		return -ENOMEM;
	fputs(buffer_text(&list->head), stream);
	fputs(list->head.length ? "\n" : "", stream);
	fputs(buffer_text(&list->rows), stream);
	fputs(list->key || list->count || !list->rows.length ? "" : "\n", stream);
	return 0;
}

int document_csv_end(struct document_csv *csv, const char *name, FILE *stream,
		     struct skbscope_error *error)
{
	const struct document_list *chosen = &csv->lists[0];
	size_t found = csv->list_count ? 0 : 1;
	int r;

	for (size_t i = 1; i < csv->list_count; i++)
		if (is_choice(csv, i, name)) {
			chosen = &csv->lists[i];
			found++;
		}
	if (csv->failed || csv->inner.failed)
		r = -ENOMEM;
	else
		r = found == 1 && (csv->list_count || !name) ? write_list(chosen, stream)
							     : refuse(csv, name, error);
	for (size_t i = 0; i < DOCUMENT_LISTS_MAX; i++) {
		buffer_free(&csv->lists[i].head);
		buffer_free(&csv->lists[i].rows);
	}
	buffer_free(&csv->inner);
	return r;
}
