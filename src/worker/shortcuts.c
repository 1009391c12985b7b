/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that libbcc need not do. It asks /proc/kallsyms whether the kernel has
 * bpf_probe_read_kernel (every kernel since 5.5 does): as root that is 120,000
 * lines and over 100 ms, and without privilege it is not allowed to look, gives
 * up, and quietly uses the older bpf_probe_read, which packet programs may not
 * call. It generates, for every table, host code that prints and parses its
 * keys and values (10 ms). And before its two passes it parses everything once
 * more, for tracepoint functions (a quarter of what is left).
 */
#include "worker/shortcuts.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/interpose.h"
#include "worker/precompile.h"
#include "worker/versions.h"

INTERPOSE void *bcc_symcache_new(int pid, void *option);
INTERPOSE int bcc_symcache_resolve_name(void *resolver, const char *module, const char *name,
					uint64_t *address);
INTERPOSE void bcc_free_symcache(void *resolver, int pid);

static bool used;
static char cache; /* any address but NULL */

void *bcc_symcache_new(int pid, void *option)
{
	(void)pid;
	(void)option;
	used = true;
	return &cache;
}

int bcc_symcache_resolve_name(void *resolver, const char *module, const char *name,
			      uint64_t *address)
{
	(void)resolver;
	(void)module;
	(void)name;
	*address = 1;
	return 0;
}

void bcc_free_symcache(void *resolver, int pid)
{
	(void)resolver;
	(void)pid;
}

bool symbols_shortcut_used(void)
{
	return used;
}

/* ebpf::bpf_module_rw_engine_enabled(): a libbcc may be built without it. */
INTERPOSE bool rw_engine_enabled(void) __asm__("_ZN4ebpf28bpf_module_rw_engine_enabledEv");

bool rw_engine_enabled(void)
{
	return false;
}

/*
 * The pass for tracepoints: it writes the user's text to a stream, with structs put
 * before the functions that have such arguments. A program without any goes through
 * as it is, so it may as well be handed over: when that action is to be executed,
 * its stream gets the text. Where the action's constructor is not asked for by
 * name, the pass stays.
 */
#define TRACEPOINT_ACTION "_ZN4ebpf24TracepointFrontendActionC1ERN4llvm11raw_ostreamE"
#define EXECUTE_ACTION "_ZN5clang16CompilerInstance13ExecuteActionERNS_14FrontendActionE"
#define STREAM_WRITE "_ZN4llvm11raw_ostream5writeEPKcm"

INTERPOSE void tracepoint_action(void *action, void *stream) __asm__(TRACEPOINT_ACTION);
INTERPOSE bool execute_action(void *compiler, void *action) __asm__(EXECUTE_ACTION);

static struct {
	const char *text;
	size_t length;
	const void *action;
	void *stream;
} tracepoints;

/* Older ones keep what is written in a buffer, which libbcc does not flush. */
static bool string_stream_is_direct(void)
{
	char version[32];

	library_version("libLLVM", version, sizeof(version));
	return strtoul(version, NULL, 10) >= 14;
}

bool tracepoints_are_absent(const char *text)
{
	return !strstr(text, "tracepoint__") && !strstr(text, "TRACEPOINT_PROBE") &&
	       string_stream_is_direct();
}

void tracepoints_skip(const char *text, size_t length)
{
	const bool none = tracepoints_are_absent(text);

	memset(&tracepoints, 0, sizeof(tracepoints));
	tracepoints.text = none ? text : NULL;
	tracepoints.length = length;
}

void tracepoint_action(void *action, void *stream)
{
	void (*next)(void *, void *);

	*(void **)&next = dlsym(RTLD_NEXT, TRACEPOINT_ACTION);
	next(action, stream);
	tracepoints.action = action;
	tracepoints.stream = stream;
}

bool execute_action(void *compiler, void *action)
{
	bool (*next)(void *, void *);
	void *(*write)(void *, const char *, size_t);
	void *instead = precompile_action();

	*(void **)&next = dlsym(RTLD_NEXT, EXECUTE_ACTION);
	*(void **)&write = dlsym(RTLD_DEFAULT, STREAM_WRITE);
	if (instead && action != tracepoints.action) {
		precompile_executed(next(compiler, instead));
		return false; /* libbcc need not go on */
	}
	if (action != tracepoints.action || !tracepoints.text || !write)
		return next(compiler, action);
	tracepoints.action = NULL; /* the next may be given the same place */
	write(tracepoints.stream, tracepoints.text, tracepoints.length);
	return true;
}
