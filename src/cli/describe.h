/* SPDX-License-Identifier: Apache-2.0 */
/* What show and check say of an image's tables. */
#ifndef CLI_DESCRIBE_H
#define CLI_DESCRIBE_H

#include <json-c/json.h>
#include <stdio.h>

#include <skbscope/image.h>

int describe_tables(const struct skbscope_image *image, FILE *stream);
struct json_object *describe_tables_json(const struct skbscope_image *image); /* NULL: null */

#endif
