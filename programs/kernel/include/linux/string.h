/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/macros.h>
#include <skbscope/string.h>
/* Folded where their operands are constants. */
__kernel_size_t strlen(const char *string);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, __kernel_size_t bytes);
