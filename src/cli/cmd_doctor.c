/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope doctor: what this machine offers and what is missing, each finding with its
 * remedy. Every look asks the thing itself, never a version.
 */
#include <errno.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "compile/headers.h"
#include "compile/precompiled.h"
#include "compile/worker_client.h"
#include "kernel/features.h"
#include "kernel/leftovers.h"
#include "kernel/permission.h"
#include "model/names.h"
#include "run/report.h"

enum weight { USEFUL, ESSENTIAL }; /* without what is essential nothing runs */

struct finding {
	const char *section, *name;
	enum weight weight;
	enum feature_state state;
	const char *detail; /* what was found, or what it is good for */
	const char *remedy; /* "" where nothing is missing */
};

struct checkup {
	struct arena *arena;    /* owns the strings */
	const char *section;    /* of what is looked at */
	struct buffer findings; /* of struct finding */
};

static void checkup_clear(struct checkup *checkup)
{
	buffer_free(&checkup->findings);
	arena_free(checkup->arena);
}

static void add(struct checkup *checkup, enum weight weight, const char *name,
		enum feature_state state, const char *detail, const char *remedy)
{
	const struct finding finding = {
		.section = checkup->section,
		.name = arena_string(checkup->arena, name),
		.weight = weight,
		.state = state,
		.detail = arena_string(checkup->arena, detail),
		.remedy = arena_string(checkup->arena, state == FEATURE_PRESENT ? "" : remedy),
	};

	buffer_append(&checkup->findings, &finding, sizeof(finding));
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

	add(checkup, USEFUL, name, state_of(mounted), mounted ? path : purpose, remedy);
}

/* Either of the two hooks will do; without both, nothing runs. */
static void add_features(struct checkup *checkup)
{
	size_t count = 0;
	const struct feature *features = features_probe(&count);
	bool hooks_are_missing = !features_can_attach(features, count);

	for (size_t i = 0; i < count; i++)
		add(checkup, hooks_are_missing && i < 2 ? ESSENTIAL : USEFUL, features[i].name,
		    features[i].state, features[i].purpose,
		    features[i].state == FEATURE_MISSING ? features[i].remedy : "");
}

static void look_at_kernel(struct checkup *checkup)
{
	struct utsname name;
	bool btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;

	checkup->section = "kernel";
	if (uname(&name) == 0)
		add(checkup, USEFUL, "release", FEATURE_PRESENT, name.release, "");
	add_features(checkup);
	add(checkup, USEFUL, "BTF", state_of(btf),
	    btf ? "/sys/kernel/btf/vmlinux"
		: "programs that use kernel structs need kernel headers",
	    "use a kernel with CONFIG_DEBUG_INFO_BTF");
	add_mount(checkup, "bpffs", "/sys/fs/bpf", BPF_FS_MAGIC, "there is nowhere to pin tables",
		  "mount -t bpf bpf /sys/fs/bpf");
}

static void look_at_privileges(struct checkup *checkup)
{
	static const char *const remedy = "run it with sudo";
	struct privileges has;

	checkup->section = "privileges";
	privileges_get(&has);
	add(checkup, ESSENTIAL, "CAP_BPF", state_of(has.bpf), "to create maps and load programs",
	    remedy);
	add(checkup, ESSENTIAL, "CAP_NET_ADMIN", state_of(has.net_admin), "to attach to interfaces",
	    remedy);
	add(checkup, USEFUL, "CAP_PERFMON", state_of(has.perfmon),
	    "for programs that read kernel memory or print", remedy);
	if (has.lockdown[0])
		add(checkup, USEFUL, "lockdown",
		    state_of(strcmp(has.lockdown, "confidentiality") != 0), has.lockdown,
		    "boot without lockdown=confidentiality, which keeps BPF programs from reading "
		    "kernel memory");
}

static void add_tree(struct checkup *checkup, enum weight weight, const char *name,
		     int (*find)(struct header_tree *, struct skbscope_error *))
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	struct skbscope_error error = { 0 };
	bool found = find(&tree, &error) == 0;

	add(checkup, weight, name, state_of(found),
	    !found      ? error.message
	    : tree.note ? tree.note
			: tree.path,
	    error.hint);
}

static void add_precompiled(struct checkup *checkup)
{
	AUTO(precompiled_clear) struct precompiled precompiled = PRECOMPILED_INIT;
	struct skbscope_error error = { 0 };
	AUTO(buffer_free) struct buffer detail = { 0 };
	bool works = precompiled_make(&precompiled, &error) == 0;

	if (works)
		buffer_string(&detail, "what all programs begin with is compiled once");
	else
		buffer_printf(&detail, "compiling is slower: %s", error.message);
	add(checkup, USEFUL, "precompiled header", state_of(works), buffer_text(&detail),
	    "nothing depends on it but time; Debian's libbpfcc 0.26 and 0.31 can");
}

static void look_at_compiler(struct checkup *checkup)
{
	struct worker_versions versions = { 0 };
	struct skbscope_error error = { 0 };
	AUTO(buffer_free) struct buffer detail = { 0 };
	bool works = worker_versions(&versions, &error) == 0;

	checkup->section = "compiler";
	buffer_printf(&detail, "libbcc %s, LLVM %s", versions.libbcc, versions.llvm);
	add(checkup, ESSENTIAL, "worker", state_of(works),
	    works ? buffer_text(&detail) : error.message,
	    error.hint[0] ? error.hint : "reinstall skbscope: its worker does not run");
	if (works)
		add(checkup, USEFUL, "libbcc shortcuts", state_of(versions.kallsyms_shortcut),
		    versions.kallsyms_shortcut
			    ? "libbcc asks the worker what the kernel has"
			    : "libbcc reads /proc/kallsyms, which is empty for the worker: "
			      "bpf_probe_read_kernel() means the older helper, and compiling is "
			      "slower",
		    "use a libbcc linked without -Bsymbolic");
	if (works)
		add_precompiled(checkup);
	add_tree(checkup, ESSENTIAL, "small headers", headers_uapi);
	add_tree(checkup, USEFUL, "kernel headers", headers_kernel);
}

/* False for a mere record, which the next skbscope removes. */
static bool add_leftover(struct checkup *checkup, const struct leftover *leftover)
{
	const struct ledger_entry *entry = &leftover->entry;
	AUTO(buffer_free) struct buffer detail = { 0 };
	AUTO(buffer_free) struct buffer remedy = { 0 };

	if (!leftover->present)
		return false;
	buffer_printf(&detail, "%s on %s, ", entry->name, entry->interface);
	if (leftover->present == -EXDEV) {
		buffer_printf(&detail, "of process %u in another PID namespace", entry->owner.pid);
		buffer_printf(&remedy,
			      "skbscope detach in there; where it is gone: "
			      "tc filter del dev %s %s prio %u",
			      entry->interface, direction_name(entry->direction), entry->priority);
	} else {
		buffer_printf(&detail, "left by process %u", entry->owner.pid);
		if (leftover->present == 1)
			buffer_string(&remedy, "skbscope detach");
	}
	if (leftover->present == -ENOENT)
		buffer_string(&detail, " in a network namespace that is not to be found");
	add(checkup, USEFUL, "filter", leftover->present < 0 ? FEATURE_UNKNOWN : FEATURE_MISSING,
	    buffer_text(&detail), buffer_text(&remedy));
	return true;
}

static void look_at_leftovers(struct checkup *checkup)
{
	AUTO(freep) struct leftover *leftovers = NULL;
	struct skbscope_error error = { 0 };
	size_t count = 0;
	bool any = false;

	checkup->section = "leftovers";
	if (leftovers_list(NULL, &leftovers, &count, &error) < 0) {
		add(checkup, USEFUL, "ledger", FEATURE_UNKNOWN, error.message, "");
		return;
	}
	for (size_t i = 0; i < count; i++)
		any |= add_leftover(checkup, &leftovers[i]);
	if (!any)
		add(checkup, USEFUL, "filters", FEATURE_PRESENT, "none left behind", "");
}

static const char *mark(const struct finding *finding)
{
	switch (finding->state) {
	case FEATURE_PRESENT:
		return "ok";
	case FEATURE_UNKNOWN:
		return "unknown";
	default:
		return finding->weight == ESSENTIAL ? "MISSING" : "missing";
	}
}

static int name_width(const struct finding *findings, size_t count)
{
	size_t width = 0;

	for (size_t i = 0; i < count; i++)
		if (strlen(findings[i].name) > width)
			width = strlen(findings[i].name);
	return (int)width;
}

static void add_finding(struct document *document, const struct finding *finding, int indent)
{
	bool has_remedy = finding->remedy[0];

	document_begin_object(document, NULL);
	document_fact(document, "section", NULL, fact_text(finding->section));
	document_fact(document, NULL, "", fact_text(mark(finding)));
	document_fact(document, "name", "", fact_text(finding->name));
	document_fact(document, "present", NULL,
		      fact_known(finding->state != FEATURE_UNKNOWN,
				 fact_boolean(finding->state == FEATURE_PRESENT)));
	document_fact(document, "essential", NULL, fact_boolean(finding->weight == ESSENTIAL));
	document_fact(document, "detail", "", fact_text(finding->detail));
	document_fact(document, "remedy", NULL, fact_known(has_remedy, fact_text(finding->remedy)));
	document_end_object(document);
	if (has_remedy)
		document_say(document, "%*s  -> %s\n", indent, "", finding->remedy);
}

static int answer(const struct output_settings *output, const struct finding *findings,
		  size_t count)
{
	struct document document = answer_start(output);
	int indent = 2 + 7 + 2 + name_width(findings, count);
	const char *section = "";

	document_begin_list(&document, NULL, "");
	for (size_t i = 0; i < count; i++) {
		if (strcmp(findings[i].section, section) != 0)
			document_say(&document, "%s%s\n", i ? "\n" : "", findings[i].section);
		section = findings[i].section;
		add_finding(&document, &findings[i], indent);
	}
	document_end_list(&document);
	return answer_end(&document);
}

static int run(const void *data)
{
	AUTO(checkup_clear) struct checkup checkup = { .arena = arena_new() };
	const struct finding *findings;
	size_t count;
	int status;

	if (checkup.arena) {
		look_at_kernel(&checkup);
		look_at_privileges(&checkup);
		look_at_compiler(&checkup);
		look_at_leftovers(&checkup);
	}
	if (!checkup.arena || arena_failed(checkup.arena) || checkup.findings.failed) {
		report_say("skbscope: out of memory");
		return EXIT_FAILED;
	}
	findings = (const struct finding *)(const void *)checkup.findings.data;
	count = checkup.findings.length / sizeof(*findings);
	status = answer(data, findings, count);
	for (size_t i = 0; i < count; i++)
		if (findings[i].weight == ESSENTIAL && findings[i].state == FEATURE_MISSING)
			status = EXIT_FAILED;
	return status;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "report what this machine has and what is missing",
	.examples = { "doctor" },
	.options = { { &format_options, 0 } },
	.settings_size = sizeof(struct output_settings),
	.run = run,
};
