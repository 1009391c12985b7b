/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and values as somebody typed them. Where they are understood, what a table shows of
 * the bytes is understood too, and is the same bytes again.
 */
#include "model/parse.h"

#include <linux/bpf.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "model/format.h"
#include "unit/model/declare.h"

static const struct {
	uint32_t type;
	const char *key, *value;
} tables[] = {
	{ BPF_MAP_TYPE_LPM_TRIE, "prefixlen u32; data u32", "u64" },
	{ BPF_MAP_TYPE_LPM_TRIE, "prefixlen u32; zone u16; data u8[4]; x u16", "s32" },
	{ BPF_MAP_TYPE_HASH, "addr ipv4_t; port __be16; mac mac_t; p ip_proto_t",
	  "gap ns_t; limit bytes_t; v verdict_t; f tcp_flags_t; z pair[2]; y pair" },
	{ BPF_MAP_TYPE_ARRAY, "u32", "raw u8[3]; type eth_proto_t; h hex32_t; a u8:3; b u8:5" },
	{ BPF_MAP_TYPE_HASH, "in6_addr",
	  "b log2_t; w when_t; i ifindex_t; m mode; on bool; u u128" },
	{ BPF_MAP_TYPE_HASH, "char[7]", "name char[4]; s s32; d ipv4_host_t; x u64" },
};

static void add_types(struct btf *btf)
{
	static const struct {
		const char *name, *of;
	} typedefs[] = {
		{ "ipv4_t", "unsigned int" },
		{ "ipv4_host_t", "unsigned int" },
		{ "ns_t", "unsigned long long" },
		{ "bytes_t", "unsigned long long" },
		{ "ip_proto_t", "unsigned char" },
		{ "tcp_flags_t", "unsigned char" },
		{ "verdict_t", "int" },
		{ "ifindex_t", "unsigned int" },
		{ "eth_proto_t", "unsigned short" },
		{ "log2_t", "unsigned int" },
		{ "hex32_t", "unsigned int" },
		{ "when_t", "unsigned long long" },
	};
	const int byte = btf__find_by_name(btf, "unsigned char");
	const int word = btf__find_by_name(btf, "unsigned int");

	for (size_t i = 0; i < sizeof(typedefs) / sizeof(*typedefs); i++)
		btf__add_typedef(btf, typedefs[i].name, btf__find_by_name(btf, typedefs[i].of));
	btf__add_struct(btf, "mac_t", 6);
	btf__add_field(btf, "bytes", btf__find_by_name(btf, "mac_t") + 1, 0, 0);
	btf__add_array(btf, 3, byte, 6);
	btf__add_struct(btf, "in6_addr", 16);
	btf__add_field(btf, "bytes", btf__find_by_name(btf, "in6_addr") + 1, 0, 0);
	btf__add_array(btf, 3, byte, 16);
	btf__add_struct(btf, "pair", 8);
	btf__add_field(btf, "a", word, 0, 0);
	btf__add_field(btf, "b", word, 32, 0);
	btf__add_enum(btf, "mode", 4);
	btf__add_enum_value(btf, "MODE_OFF", 0);
	btf__add_enum_value(btf, "MODE_DROP", 7);
}

static int read_text(const struct skbscope_schema *schema, bool key, const char *text,
		     size_t length, uint8_t *bytes, uint8_t *written)
{
	const struct span span = { text, length };
	struct skbscope_error error = { 0 };
	const char *at = NULL;
	int r = key ? parse_key(schema, NULL, span, bytes, &at, &error)
		    : parse_value(schema, NULL, span, bytes, written, &at, &error);

	PROMISE(r == 0 || (error.message[0] && error.stage == SKBSCOPE_STAGE_USAGE));
	PROMISE(at >= text && at <= text + length);
	return r;
}

/* Text may hold what ends a word; it is typed in quotes. */
static void show(const struct skbscope_schema *schema, bool key, const uint8_t *bytes,
		 struct buffer *out)
{
	size_t count = 0;
	const char *separator;

	for (size_t i = 0; i < schema->column_count; i++)
		count += schema->columns[i].is_key == key;
	separator = count > 1 ? "{" : "";
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];
		AUTO(buffer_free) struct buffer cell = { 0 };

		if (column->is_key != key)
			continue;
		value_format(column, bytes, true, &cell);
		buffer_string(out, separator);
		if (column->type->display != SKBSCOPE_DISPLAY_TEXT) {
			buffer_string(out, buffer_text(&cell));
		} else {
			buffer_string(out, "\"");
			for (const char *c = buffer_text(&cell); *c; c++)
				buffer_printf(out, "%s%c", *c == '"' ? "\\" : "", *c);
			buffer_string(out, "\"");
		}
		separator = ", ";
	}
	buffer_string(out, count > 1 ? "}" : "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buffer_free) struct buffer shown = { 0 };
	uint8_t *bytes[2], *written;
	const struct skbscope_schema *schema;
	struct declared table;
	size_t length;
	bool key;
	char *text;

	if (!size)
		return 0;
	key = data[0] & 1;
	declare_open(&table);
	add_types(table.btf);
	declare_map(&table, tables[(data[0] >> 1) % (sizeof(tables) / sizeof(*tables))].type,
		    tables[(data[0] >> 1) % (sizeof(tables) / sizeof(*tables))].key,
		    tables[(data[0] >> 1) % (sizeof(tables) / sizeof(*tables))].value);
	declare_close(&table);
	schema = schema_set_get(table.set, 0);
	length = key ? schema->key_size : schema->value_size;
	text = malloc(size);
	bytes[0] = malloc(length);
	bytes[1] = malloc(length);
	written = malloc(length);
	PROMISE(text && bytes[0] && bytes[1] && written);
	memcpy(text, data + 1, size - 1);
	if (read_text(schema, key, text, size - 1, bytes[0], written) == 0) {
		show(schema, key, bytes[0], &shown);
		PROMISE(read_text(schema, key, buffer_text(&shown), shown.length, bytes[1],
				  written) == 0);
		PROMISE(memcmp(bytes[0], bytes[1], length) == 0);
	}
	free(text);
	free(bytes[0]);
	free(bytes[1]);
	free(written);
	declare_clear(&table);
	return 0;
}
