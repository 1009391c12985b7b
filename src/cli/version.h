/* SPDX-License-Identifier: Apache-2.0 */
/* Which skbscope this is, and on what it stands. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include <stdio.h>

int version_print(FILE *stream); /* gives an exit status */

#endif
