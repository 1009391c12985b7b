/* SPDX-License-Identifier: Apache-2.0 */
/* What Prometheus takes for a name, a label and a number. All of it is appended. */
#ifndef RENDER_METRIC_NAME_H
#define RENDER_METRIC_NAME_H

#include <stdint.h>

#include "base/buffer.h"
#include "model/bits.h"

/* A part of a name, as "inner.rxBytes" becomes "inner_rx_bytes". */
void metric_name_part(const char *name, struct buffer *out);

/* Removes an end, if there is something before it. */
bool metric_name_cut(struct buffer *name, const char *end);
bool metric_name_ends(const struct buffer *name, const char *end);

/* NAME="VALUE", after a comma if there is something before it. What is not UTF-8, and what a
 * terminal would obey, is \xNN in the value. */
void metric_label(const char *name, const char *value, size_t length, struct buffer *out);

/* A help text; quotes are escaped in OpenMetrics alone. */
void metric_help(const char *text, bool quotes, struct buffer *out);

/* Nanoseconds as seconds, every digit. */
void metric_seconds(bits_t ns, bool negative, struct buffer *out);

/* "NaN", "+Inf", or the fewest digits. */
void metric_real(double number, struct buffer *out);

/* The end of a bucket as Go writes a float, since readers compare it as text: "1.0",
 * "1.048575e+06". */
void metric_bound(double bound, struct buffer *out);

#endif
