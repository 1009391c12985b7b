/* SPDX-License-Identifier: Apache-2.0 */
/* Series as text, in both forms. */
#include "render/openmetrics.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/format_number.h"
#include "render/common.h"
#include "render/metric_name.h"
#include "render/series_set.h"

const char *const openmetrics_content_types[OPENMETRICS_FORMS] = {
	[OPENMETRICS_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	[OPENMETRICS_1] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

struct exposition {
	struct buffer *out;
	enum openmetrics_form form;
};

/* In 0.0.4 a counter is called what its sample is called. */
static void write_head(const struct exposition *to, const struct metric_head *head)
{
	static const char *const types[] = { [METRIC_GAUGE] = "gauge",
					     [METRIC_COUNTER] = "counter",
					     [METRIC_HISTOGRAM] = "histogram" };
	const bool is_open = to->form == OPENMETRICS_1;
	const char *end = head->kind == METRIC_COUNTER && !is_open ? "_total" : "";

	buffer_printf(to->out, "# HELP %s%s ", head->name, end);
	metric_help(head->help, is_open, to->out);
	buffer_printf(to->out, "\n# TYPE %s%s %s\n", head->name, end, types[head->kind]);
	if (is_open && *head->unit)
		buffer_printf(to->out, "# UNIT %s %s\n", head->name, head->unit);
}

static void write_number(const struct exposition *to, const struct metric_number *number,
			 bool seconds)
{
	buffer_append(to->out, " ", 1);
	if (number->form == NUMBER_REAL)
		metric_real(number->real, to->out);
	else if (seconds)
		metric_seconds(number->whole, number->negative, to->out);
	else
		format_integer(number->whole, number->negative, to->out);
	buffer_append(to->out, "\n", 1);
}

static void write_sample(const struct exposition *to, const struct metric_head *head,
			 const char *labels, const struct metric_number *number)
{
	if (number->form == NUMBER_NONE)
		return;
	buffer_printf(to->out, *labels ? "%s%s{%s}" : "%s%s%s", head->name,
		      head->kind == METRIC_COUNTER ? "_total" : "", labels);
	write_number(to, number, strcmp(head->unit, "seconds") == 0);
}

/* No sum is known, and OpenMetrics has a count only beside one. node_exporter wants it. */
static void write_histogram(const struct exposition *to, const struct families *families,
			    const struct family *family, const char *labels,
			    const struct metric_number *numbers)
{
	struct metric_number all = { .form = NUMBER_WHOLE };

	for (uint32_t i = 0; i < family->slots; i++) {
		all.whole += numbers[i].whole;
		buffer_printf(to->out, "%s_bucket{%s%sle=\"", family->head.name, labels,
			      *labels ? "," : "");
		metric_bound(family_bound(families, family, i), to->out);
		buffer_string(to->out, "\"}");
		write_number(to, &all, false);
	}
	if (to->form == OPENMETRICS_1)
		return;
	buffer_printf(to->out, *labels ? "%s_count{%s}" : "%s_count%s", family->head.name, labels);
	write_number(to, &all, false);
}

static void write_row(const struct exposition *to, const struct families *families,
		      const struct family *family, const char *labels,
		      const struct metric_number *numbers)
{
	if (family->head.kind == METRIC_HISTOGRAM)
		write_histogram(to, families, family, labels, numbers);
	else
		write_sample(to, &family->head, labels, numbers);
}

/* A gauge of several rows is no sum. */
static void write_family(const struct exposition *to, const struct series_table *table,
			 const struct family *family)
{
	const struct families *families = &table->families;

	write_head(to, &family->head);
	for (size_t i = 0; i < table->count; i++)
		if (table->present[i])
			write_row(to, families, family, table->labels[i],
				  table->numbers + i * families->slots + family->slot);
	if (table->has_others && family->head.kind != METRIC_GAUGE)
		write_row(to, families, family, table->other, table->others + family->slot);
}

static void write_other(const struct exposition *to, const struct series *series,
			enum metric_other which)
{
	const struct metric_head *head = metric_other(which);
	bool any = false;

	for (size_t i = 0; i < series->sample_count; i++) {
		if (series->samples[i].which != which)
			continue;
		if (!any)
			write_head(to, head);
		any = true;
		write_sample(to, head, series->samples[i].labels, &series->samples[i].number);
	}
}

void openmetrics_write(const struct series *series, enum openmetrics_form form, struct buffer *out)
{
	const struct exposition to = { out, form };

	for (size_t i = 0; i < series->count; i++)
		for (size_t k = 0; series->tables[i] && k < series->tables[i]->families.count; k++)
			write_family(&to, series->tables[i], &series->tables[i]->families.list[k]);
	for (size_t i = 0; i < METRIC_OTHERS; i++)
		write_other(&to, series, (enum metric_other)i);
	if (form == OPENMETRICS_1)
		buffer_string(out, "# EOF\n");
}

SKBSCOPE_API int skbscope_render_openmetrics(const struct skbscope_snapshot *snapshot,
					     const struct skbscope_render_options *options,
					     FILE *stream, struct skbscope_error *error)
{
	AUTO(series_freep) struct series *series = NULL;
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_render_options full;
	int r = render_options_take(options, &full, error);

	if (r < 0)
		return r;
	r = series_open(full.series, &series);
	if (r == 0)
		r = series_take(series, snapshot, error);
	if (r == 0)
		openmetrics_write(series, OPENMETRICS_1, &text);
	if (text.failed)
		r = -ENOMEM;
	if (r == 0 && fwrite(text.data, 1, text.length, stream) != text.length)
		r = -EIO;
	return render_finish(r, stream, error);
}
