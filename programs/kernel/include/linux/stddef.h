/* SPDX-License-Identifier: GPL-2.0-only */
/* Every uapi header opens this one: the base, and the two macros that uapi
 * structs are made with. */
#pragma once
#include <skbscope/base.h>
#define __struct_group(tag, name, attributes, members...) \
	union { struct { members } attributes; struct tag { members } attributes name; } attributes
#define struct_group(name, members...) __struct_group(, name, , members)
#define struct_group_tagged(tag, name, members...) __struct_group(tag, name, , members)
#define struct_group_attr(name, attributes, members...) __struct_group(, name, attributes, members)
#define __DECLARE_FLEX_ARRAY(type, name) struct { struct { } skbscope_empty_##name; type name[]; }
#define DECLARE_FLEX_ARRAY(type, name) __DECLARE_FLEX_ARRAY(type, name)
#define __counted_by(member)
#define __counted_by_le(member)
#define __counted_by_be(member)
