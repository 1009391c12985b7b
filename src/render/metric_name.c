/* SPDX-License-Identifier: Apache-2.0 */
/* Names, labels and numbers of metrics. */
#include "render/metric_name.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "model/format_number.h"

#define NS_PER_S 1000000000u

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Underscores neither at the ends nor twice: what begins with two is Prometheus's own. */
void metric_name_part(const char *name, struct buffer *out)
{
	bool gap = false, any = false;

	for (const char *at = name; *at; at++) {
		if (!is_upper(*at) && !is_lower(*at)) {
			gap = any;
			continue;
		}
		if (gap || (at > name && is_upper(*at) && is_lower(at[-1])))
			buffer_append(out, "_", 1);
		buffer_append(out, &(char){ (char)(is_upper(*at) ? *at + ('a' - 'A') : *at) }, 1);
		gap = false;
		any = true;
	}
}

bool metric_name_ends(const struct buffer *name, const char *end)
{
	const size_t length = strlen(end);

	return name->length > length &&
	       memcmp(name->data + name->length - length, end, length) == 0;
}

bool metric_name_cut(struct buffer *name, const char *end)
{
	if (!metric_name_ends(name, end))
		return false;
	name->length -= strlen(end);
	name->data[name->length] = '\0';
	return true;
}

static void escape(const char *text, size_t length, bool quotes, struct buffer *out)
{
	for (size_t at = 0, end; at < length; at = end) {
		end = at;
		while (end < length && text[end] != '\\' && text[end] != '\n' && text[end] != '"')
			end++;
		buffer_append(out, text + at, end - at);
		if (end == length)
			break;
		buffer_string(out, text[end] == '\\'            ? "\\\\"
				   : text[end] == '\n'          ? "\\n"
				   : text[end] == '"' && quotes ? "\\\""
								: "\"");
		end++;
	}
}

void metric_label(const char *name, const char *value, size_t length, struct buffer *out)
{
	AUTO(buffer_free) struct buffer safe = { 0 };

	utf8_printable(value, length, &safe);
	buffer_printf(out, "%s%s=\"", out->length ? "," : "", name);
	escape(buffer_text(&safe), safe.length, true, out);
	buffer_append(out, "\"", 1);
	out->failed |= safe.failed;
}

void metric_help(const char *text, bool quotes, struct buffer *out)
{
	escape(text, strlen(text), quotes, out);
}

void metric_seconds(bits_t ns, bool negative, struct buffer *out)
{
	const bits_t size = negative ? -ns : ns;
	const unsigned int rest = (unsigned int)(size % NS_PER_S);
	char digits[16];
	size_t length = 10;

	buffer_string(out, negative ? "-" : "");
	format_integer(size / NS_PER_S, false, out);
	if (!rest)
		return;
	snprintf(digits, sizeof(digits), ".%09u", rest);
	while (digits[length - 1] == '0')
		length--;
	buffer_append(out, digits, length);
}

void metric_real(double number, struct buffer *out)
{
	if (isnan(number))
		buffer_string(out, "NaN");
	else if (isinf(number))
		buffer_string(out, number < 0 ? "-Inf" : "+Inf");
	else
		format_double(number, out);
}

/* "0.00131" is the digits 131 and the exponent -3 of the first of them. */
static int split(const char *text, struct buffer *digits)
{
	int exponent = -1;
	bool point = false;

	for (; *text && *text != 'e'; text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		if (*text != '0' || digits->length)
			buffer_append(digits, text, 1);
		exponent += point ? -!digits->length : (digits->length > 0);
	}
	while (metric_name_cut(digits, "0"))
		;
	return *text ? exponent + atoi(text + 1) : exponent;
}

void metric_bound(double bound, struct buffer *out)
{
	AUTO(buffer_free) struct buffer text = { 0 }, digits = { 0 };
	int exponent, length;

	if (!isfinite(bound) || !(bound > 0)) {
		buffer_string(out, bound > 0 ? "+Inf" : "0.0");
		return;
	}
	format_double(bound, &text);
	exponent = split(buffer_text(&text), &digits);
	length = (int)digits.length;
	if (exponent < -4 || exponent >= 6)
		buffer_printf(out, "%.1s%s%se%c%02d", buffer_text(&digits), length > 1 ? "." : "",
			      buffer_text(&digits) + 1, exponent < 0 ? '-' : '+', abs(exponent));
	else if (exponent < 0)
		buffer_printf(out, "0.%.*s%s", -exponent - 1, "0000", buffer_text(&digits));
	else if (length <= exponent + 1)
		buffer_printf(out, "%s%.*s.0", buffer_text(&digits), exponent + 1 - length,
			      "000000");
	else
		buffer_printf(out, "%.*s.%s", exponent + 1, buffer_text(&digits),
			      buffer_text(&digits) + exponent + 1);
}
