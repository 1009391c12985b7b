/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_HTTP_VERIFY_H
#define CLI_HTTP_VERIFY_H

#include "run/settings.h"

/* Gives an exit status. KEY_PATH and EXPECT may be NULL. */
int http_verify(const struct list *paths, const char *key_path, const char *expect);

#endif
