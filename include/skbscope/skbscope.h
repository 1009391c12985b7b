/* SPDX-License-Identifier: Apache-2.0 */
/* The whole of libskbscope: source → image → session → snapshot → bytes. */
#ifndef SKBSCOPE_SKBSCOPE_H
#define SKBSCOPE_SKBSCOPE_H

#include <skbscope/compile.h>
#include <skbscope/diagnostics.h>
#include <skbscope/difference.h>
#include <skbscope/error.h>
#include <skbscope/events.h>
#include <skbscope/filter.h>
#include <skbscope/image.h>
#include <skbscope/render.h>
#include <skbscope/replay.h>
#include <skbscope/session.h>
#include <skbscope/snapshot.h>
#include <skbscope/source.h>
#include <skbscope/swap.h>

#endif
