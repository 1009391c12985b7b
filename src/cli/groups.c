/* SPDX-License-Identifier: Apache-2.0 */
/* The options that commands share, so that the same words mean the same everywhere. */
#include "cli/options.h"
#include "render/event_lines.h"
#include "render/registry.h"
#include "run/program.h"

#define AT(member) MEMBER(struct traffic_settings, member)
static const char *const hooks[] = { "auto", "tcx", "clsact", NULL }; /* enum skbscope_hook */
static const char *const directions[] = { "in", "out", "inout", NULL };
static const struct option_row traffic[] = {
	{ 'i', COMMON, "interface", "IFACE", "names, or any (default: that of the default route)",
	  AT(interfaces) },
	{ 'Q', RARE, "direction", NULL, "only these packets (default: as the program says)",
	  AT(direction), .choices = directions },
	{ 'r', COMMON, "read", "FILE", "a capture file in place of an interface", AT(recording) },
	{ 0, RARE, "local", "CIDR", "in a capture, packets from these addresses are outgoing",
	  AT(local) },
	{ 0, RARE, "netns", "NAME|PID|PATH", "network namespace of the interfaces", AT(netns) },
	{ 0, RARE, "hook", NULL, "how to attach (default: tcx if the kernel has it)", AT(hook),
	  .choices = hooks },
	{ 0, RARE, "ingress", "FN", "function to run on incoming packets", AT(ingress) },
	{ 0, RARE, "egress", "FN", "function to run on outgoing packets", AT(egress) },
	{ 'n', RARE, "numbers", NULL, "show numbers of protocols and interfaces, no names",
	  AT(numbers) },
	{ 0, RARE, "buffer", "SIZE", "buffer of each table of events (default: by memory, to 16M)",
	  SIZE(struct traffic_settings, buffer_bytes) },
	{ 0 },
};
const struct option_group traffic_options = { "Traffic", traffic };

#undef AT
#define AT(member) MEMBER(struct table_settings, member)
static const struct option_row tables[] = {
	{ 0, COMMON, "set", "TABLE[KEY]=VALUE", "fill a table; TABLE=@FILE: with a file's lines",
	  AT(set) },
	{ 0 },
};
const struct option_group table_options = { "Tables", tables };

#undef AT
#define AT(member) MEMBER(struct pace_settings, member)
static const struct option_row pace[] = {
	{ 0, COMMON, "interval", "TIME", "time between readings: 500ms, 2s, 1m (default: 1s)",
	  DURATION(struct pace_settings, interval_ns) },
	{ 0, COMMON, "duration", "TIME", "stop after this long",
	  DURATION(struct pace_settings, duration_ns) },
	{ 'c', RARE, "count", "N", "stop after N events or prints, or N readings of tables alone",
	  AT(count) },
	{ 0, RARE, "once", NULL, "stop after one reading (same as --count 1)", .same_as = "count",
	  .value = "1" },
	{ 0 },
};
const struct option_group pace_options = { "Readings", pace };

#undef AT
#define AT(member) MEMBER(struct output_settings, member)
static const struct option_row display[] = {
	{ 0, RARE, "top", "N", "show only the first N rows of each table", AT(top) },
	{ 0, RARE, "process", NULL, "show the local process of rows that have ports", AT(process) },
	{ 0, RARE, "time", NULL, "clock of events and prints (default: auto)", AT(time),
	  .choices = event_time_names },
	{ 'x', RARE, "hex", NULL, "show the bytes behind an event's struct", AT(hex) },
	{ 0, RARE, "exact", NULL, "show every digit instead of k, M and G", AT(exact) },
	{ 0 },
};
const struct option_group display_options = { "Display", display };

#define FORMAT_ROW(names)                                                                          \
	.letter = 'o', .name = "output", .help = "output format (default: table)",                 \
	.choices = (names), AT(format)
#define JSON_ROW                                                                                   \
	.letter = 'j', .common = COMMON, .name = "json", .help = "same as --output json",          \
	.same_as = "output", .value = "json"
#define PRETTY_ROW                                                                                 \
	.letter = 'p', .name = "pretty", .help = "same as --output pretty: JSON of many lines",    \
	.same_as = "output", .value = "pretty"
#define TABLE_ROW                                                                                  \
	.name = "table", .argument = "NAME", .help = "of several tables the one to write as CSV",  \
	AT(table)

static const struct option_row format[] = {
	{ FORMAT_ROW(render_answer_format_names) },
	{ JSON_ROW },
	{ PRETTY_ROW },
	{ TABLE_ROW },
	{ 0 },
};
const struct option_group format_options = { "Output", format };

static const struct option_row check_format[] = {
	{ FORMAT_ROW(render_check_format_names) },
	{ JSON_ROW },
	{ PRETTY_ROW },
	{ TABLE_ROW },
	{ 0 },
};
const struct option_group check_format_options = { "Output", check_format };

static const struct option_row test_format[] = {
	{ FORMAT_ROW(render_test_format_names) },
	{ JSON_ROW },
	{ PRETTY_ROW },
	{ TABLE_ROW },
	{ 0 },
};
const struct option_group test_format_options = { "Output", test_format };

/* Of readings, which have metrics as well. */
static const struct option_row reading_format[] = {
	{ FORMAT_ROW(render_format_names) },
	{ JSON_ROW },
	{ PRETTY_ROW },
	{ TABLE_ROW },
	{ 0, RARE, "series", "N", "the most series of a table in OpenMetrics (default: 1000)",
	  AT(series) },
	{ 0 },
};
const struct option_group reading_format_options = { "Output", reading_format };

#undef AT
#define AT(member) MEMBER(struct compile_settings, member)
static const struct option_row texts[] = {
	{ 'e', COMMON, "text", "TEXT", "the program itself, in place of PROGRAM", AT(text),
	  .in_place_of = "PROGRAM" },
	{ 0 },
};
const struct option_group text_options = { "Compiling", texts };

static const struct option_row compiling[] = {
	{ 0, RARE, "with", "FILE", "another file of the program; may be repeated", AT(with) },
	{ 'D', COMMON, "define", "NAME[=VALUE]", "define a macro for the program; may be repeated",
	  AT(defines), .unarmed = "it defines a macro; \"ip -br link\" lists the interfaces" },
	{ 'I', RARE, "include", "DIR", "look for headers in DIR first; may be repeated",
	  AT(include_directories) },
	{ 0, RARE, "headers", "DIR",
	  "kernel headers to use (default: the small tree, then the kernel's)", AT(headers),
	  .choices = program_header_names },
	{ 0, RARE, "no-cache", NULL, "compile even if the result is cached, and do not cache it",
	  AT(no_cache) },
	{ 0, RARE, "compile-limit", "TIME", "give up compiling after this long (default: 30s)",
	  DURATION(struct compile_settings, limit_ns) },
	{ 0 },
};
const struct option_group compile_options = { "Compiling", compiling };

static const struct option_row searching[] = {
	{ 0, RARE, "program-path", "DIRS",
	  "colon-separated directories to look for programs in; may be repeated",
	  AT(program_paths) },
	{ 0 },
};
const struct option_group search_options = { "Compiling", searching };

#undef AT
#define AT(member) MEMBER(struct run_settings, member)
static const struct option_row losses[] = {
	{ 0, RARE, "fail-on-loss", NULL, "exit with status 6 if anything was not counted",
	  AT(fail_on_loss) },
	{ 0 },
};
const struct option_group loss_options = { "Readings", losses };

static const struct option_row rows[] = {
	{ 0, RARE, "sort", "[TABLE.]COLUMN", "sort rows by this column, largest first",
	  AT(output.sort) },
	{ 0, RARE, "per-cpu", NULL, "show each CPU's values beside their sum", AT(output.per_cpu) },
	{ 0, RARE, "bars", NULL, "show the buckets of histograms in rows", AT(output.bars) },
	{ 0, RARE, "plain", NULL, "no live screen: readings as text, one in place of the other",
	  AT(output.plain) },
	{ 0 },
};
const struct option_group row_options = { "Display", rows };

static const struct option_row serving[] = {
	{ 0, RARE, "listen", "[ADDR:]PORT",
	  "serve a page, JSON and metrics by HTTP (for this machine alone, without ADDR)",
	  AT(listen) },
	{ 0, RARE, "metrics-file", "FILE",
	  "keep the latest reading as metrics in FILE, as node_exporter reads them (*.prom)",
	  AT(metrics) },
	{ 0 },
};
const struct option_group serve_options = { "Output", serving };

#undef AT
#define AT(member) MEMBER(struct talk_settings, member)
static const struct option_row talk[] = {
	{ 'v', RARE, "verbose", NULL,
	  "say more on stderr, with the whole logs of the compiler and the verifier", AT(verbose) },
	{ 'q', RARE, "quiet", NULL, "say nothing but errors on stderr", AT(quiet) },
	{ 0 },
};
const struct option_group talk_options = { "Messages", talk };

#undef AT
#define AT(member) MEMBER(struct general_settings, member)
static const char *const extents[] = { "all", NULL };
static const struct option_row general[] = {
	{ 'h', COMMON, "help", NULL, "show this help; --help=all: every option", AT(help),
	  .choices = extents, .value = "" },
	{ 'V', RARE, "version", NULL, "show versions", AT(version) },
	{ 0 },
};
const struct option_group general_options = { "General", general };
