/* SPDX-License-Identifier: Apache-2.0 */
/* The looks doctor takes at a machine. Each asks the thing itself, never a version. */
#include "cli/doctor.h"

#include <errno.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/paths.h"
#include "compile/headers.h"
#include "compile/worker_client.h"
#include "kernel/leftovers.h"
#include "kernel/permission.h"

const char *section_name(enum section section)
{
	static const char *const names[] = {
		[SECTION_KERNEL] = "kernel",
		[SECTION_PRIVILEGES] = "privileges",
		[SECTION_COMPILER] = "compiler",
		[SECTION_LEFTOVERS] = "leftovers",
	};

	return names[section];
}

void doctor_add(struct checkup *checkup, const struct item *item)
{
	struct item *copy;

	if (checkup->count == checkup->room) {
		size_t room = checkup->room ? 2 * checkup->room : 32;
		struct item *items = ARENA_ARRAY(checkup->arena, struct item, room);

		if (!items)
			return; /* the arena remembers */
		if (checkup->count)
			memcpy(items, checkup->items, checkup->count * sizeof(*items));
		checkup->items = items;
		checkup->room = room;
	}
	copy = &checkup->items[checkup->count++];
	*copy = *item;
	copy->name = arena_string(checkup->arena, item->name);
	copy->detail = arena_string(checkup->arena, item->detail);
	copy->remedy =
		item->state != FEATURE_MISSING ? NULL : arena_string(checkup->arena, item->remedy);
}

static enum feature_state state_of(bool present)
{
	return present ? FEATURE_PRESENT : FEATURE_MISSING;
}

static void add_mount(struct checkup *checkup, const char *name, const char *path, long magic,
		      const char *purpose, const char *remedy)
{
	struct statfs fs;
	bool mounted = statfs(path, &fs) == 0 && (long)fs.f_type == magic;

	doctor_add(checkup, &(struct item){ SECTION_KERNEL, state_of(mounted), false, name,
					    mounted ? path : purpose, remedy });
}

/* Either of the two hooks will do; without both, nothing runs. */
static void add_features(struct checkup *checkup)
{
	size_t count = 0;
	const struct feature *features = features_probe(&count);
	bool hooks_are_missing = !features_can_attach(features, count);

	for (size_t i = 0; i < count; i++)
		doctor_add(checkup, &(struct item){ SECTION_KERNEL, features[i].state,
						    hooks_are_missing && i < 2, features[i].name,
						    features[i].purpose, features[i].remedy });
}

void doctor_kernel(struct checkup *checkup)
{
	struct utsname name;
	bool btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;

	if (uname(&name) == 0)
		doctor_add(checkup, &(struct item){ SECTION_KERNEL, FEATURE_PRESENT, false,
						    "release", name.release, NULL });
	add_features(checkup);
	doctor_add(checkup,
		   &(struct item){ SECTION_KERNEL, state_of(btf), false, "BTF",
				   btf ? "/sys/kernel/btf/vmlinux"
				       : "programs that use kernel structs need kernel headers",
				   "use a kernel with CONFIG_DEBUG_INFO_BTF" });
	add_mount(checkup, "tracefs", "/sys/kernel/tracing", TRACEFS_MAGIC,
		  "bpf_trace_printk has nowhere to print to",
		  "mount -t tracefs tracefs /sys/kernel/tracing");
	add_mount(checkup, "bpffs", "/sys/fs/bpf", BPF_FS_MAGIC, "there is nowhere to pin tables",
		  "mount -t bpf bpf /sys/fs/bpf");
}

void doctor_privileges(struct checkup *checkup)
{
	static const char *const remedy = "run it with sudo";
	struct privileges has;

	privileges_get(&has);
	doctor_add(checkup, &(struct item){ SECTION_PRIVILEGES, state_of(has.bpf), true, "CAP_BPF",
					    "to create maps and load programs", remedy });
	doctor_add(checkup, &(struct item){ SECTION_PRIVILEGES, state_of(has.net_admin), true,
					    "CAP_NET_ADMIN", "to attach to interfaces", remedy });
	doctor_add(checkup,
		   &(struct item){ SECTION_PRIVILEGES, state_of(has.perfmon), false, "CAP_PERFMON",
				   "for programs that read kernel memory or print", remedy });
	if (has.lockdown[0])
		doctor_add(checkup,
			   &(struct item){ SECTION_PRIVILEGES,
					   state_of(strcmp(has.lockdown, "confidentiality") != 0),
					   false, "lockdown", has.lockdown,
					   "boot without lockdown=confidentiality, which keeps BPF "
					   "programs from reading kernel memory" });
}

static void add_tree(struct checkup *checkup, const char *name, bool essential,
		     int (*find)(struct header_tree *, struct skbscope_error *))
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	struct skbscope_error error = { 0 };
	bool found = find(&tree, &error) == 0;

	doctor_add(checkup, &(struct item){ SECTION_COMPILER, state_of(found), essential, name,
					    !found      ? error.message
					    : tree.note ? tree.note
							: tree.path,
					    error.hint });
}

void doctor_compiler(struct checkup *checkup)
{
	struct worker_versions versions = { 0 };
	struct skbscope_error error = { 0 };
	AUTO(buffer_free) struct buffer detail = { 0 };
	bool works = worker_versions(&versions, &error) == 0;

	if (works)
		buffer_printf(&detail, "libbcc %s, LLVM %s", versions.libbcc, versions.llvm);
	doctor_add(checkup, &(struct item){ SECTION_COMPILER, state_of(works), true, "worker",
					    works ? buffer_text(&detail) : error.message,
					    error.hint[0] ? error.hint
							  : "reinstall skbscope: its worker "
							    "does not run" });
	if (works)
		doctor_add(
			checkup,
			&(struct item){ SECTION_COMPILER, state_of(versions.kallsyms_shortcut),
					false, "libbcc shortcuts",
					versions.kallsyms_shortcut
						? "libbcc asks the worker what the kernel has"
						: "libbcc reads /proc/kallsyms, which is empty for "
						  "the worker: bpf_probe_read_kernel() means "
						  "the older helper, and compiling is slower",
					"use a libbcc linked without -Bsymbolic" });
	add_tree(checkup, "small headers", true, headers_uapi);
	add_tree(checkup, "kernel headers", false, headers_kernel);
}

/* 0 for a mere record, which the next skbscope removes. */
static size_t add_leftover(struct checkup *checkup, const struct leftover *leftover)
{
	const struct ledger_entry *entry = &leftover->entry;
	AUTO(buffer_free) struct buffer detail = { 0 };
	struct item item = { SECTION_LEFTOVERS, FEATURE_MISSING, false, "filter", NULL,
			     "skbscope detach" };

	if (!leftover->present)
		return 0;
	buffer_printf(&detail, "%s on %s, ", entry->name, entry->interface);
	if (leftover->present == -EXDEV) {
		buffer_printf(&detail, "of process %u in another PID namespace", entry->owner.pid);
		item.remedy = "ask there whether it still runs: skbscope doctor";
	} else {
		buffer_printf(&detail, "left by process %u", entry->owner.pid);
	}
	if (leftover->present < 0)
		item.state = FEATURE_UNKNOWN;
	if (leftover->present == -ENOENT)
		buffer_string(&detail, " in a network namespace that is not to be found");
	item.detail = buffer_text(&detail);
	doctor_add(checkup, &item);
	return 1;
}

void doctor_leftovers(struct checkup *checkup)
{
	AUTO(freep) struct leftover *leftovers = NULL;
	struct skbscope_error error = { 0 };
	size_t count = 0, left = 0;

	if (leftovers_list(NULL, &leftovers, &count, &error) < 0) {
		doctor_add(checkup,
			   &(struct item){ SECTION_LEFTOVERS, FEATURE_UNKNOWN, false, "ledger",
					   error.message, error.hint[0] ? error.hint : NULL });
		return;
	}
	for (size_t i = 0; i < count; i++)
		left += add_leftover(checkup, &leftovers[i]);
	if (!left)
		doctor_add(checkup, &(struct item){ SECTION_LEFTOVERS, FEATURE_PRESENT, false,
						    "filters", "none left behind", NULL });
}
