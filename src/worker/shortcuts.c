/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that libbcc need not do. It asks /proc/kallsyms whether the kernel has
 * bpf_probe_read_kernel (every kernel since 5.5 does): as root that is 120,000
 * lines and over 100 ms, and without privilege it is not allowed to look, gives
 * up, and quietly uses the older bpf_probe_read, which packet programs may not
 * call. And it generates, for every table, host code that prints and parses its
 * keys and values (10 ms).
 */
#include <stdint.h>

#include "worker/interpose.h"

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
