/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading clang's complaints about a program that the small tree refused: is something
 * missing that the kernel has, or is the program wrong? Kernel types are tried for every
 * name that nobody declared, a misspelt one too: that costs 0.1 to 0.2 s. The kernel's own
 * tree costs 0.7 to 1.4 s, and is tried, and missed, where it is known to have what is
 * missing; where it may have it, once.
 */
#include "compile/headers_need.h"

#include <bpf/btf.h>
#include <string.h>

#include "base/span.h"
#include "compile/kernel_types.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool has_any(const char *message, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(message, words[i]))
			return true;
	return false;
}

/* "'net/foo.h' file not found": only these folders are the kernel's. */
static bool is_kernel_header(const char *message)
{
	static const char *const folders[] = {
		"linux/",   "net/",        "asm/",    "asm-generic/", "uapi/",
		"trace/",   "crypto/",     "scsi/",   "sound/",       "drm/",
		"rdma/",    "media/",      "acpi/",   "video/",       "target/",
		"kvm/",     "soc/",        "xen/",    "math-emu/",    "generated/",
		"../arch/", "../drivers/", "../net/", "../kernel/",   "../fs/",
	};
	struct span rest = span_of(message), name;

	if (!strstr(message, "file not found") || !span_next_quoted(&rest, &name))
		return false;
	for (size_t i = 0; i < COUNT(folders); i++)
		if (span_begins(name, folders[i]))
			return true;
	return false;
}

struct missing {
	struct span name;
	bool tag; /* of a struct; else it may be a typedef's or an enumerator's */
};

/* "… incomplete … 'const struct sock *'", "unknown type name 'spinlock_t'", "use of
 * undeclared identifier 'NETDEV_TX_OK'". */
static bool is_missing_name(const char *message, struct missing *missing)
{
	static const char *const words[] = { "incomplete", "unknown type name",
					     "undeclared identifier" };
	struct span rest = span_of(message), type;

	if (!has_any(message, words, COUNT(words)))
		return false;
	missing->tag = strstr(message, "incomplete");
	while (span_next_quoted(&rest, &type)) {
		while (span_skip(&type, "const ") || span_skip(&type, "volatile "))
			;
		if (missing->tag == span_skip(&type, "struct ") &&
		    span_next_word(&type, &missing->name))
			return true;
	}
	return false;
}

static bool is_undeclared_function(const char *message)
{
	static const char *const words[] = { "implicit declaration of function",
					     "implicitly declaring library function",
					     "call to undeclared" };

	return has_any(message, words, COUNT(words));
}

/* The base declares what programs call without asking; one that defines it itself gets
 * along with the base that comes with kernel types. */
static bool is_own_definition(const char *message)
{
	static const char *const names[] = { "'memcpy'", "'memmove'", "'memset'",  "'memcmp'",
					     "'bzero'",  "'strcpy'",  "'strncpy'", "'strlen'" };

	return (strstr(message, "follows non-static declaration") ||
		strstr(message, "conflicting types")) &&
	       has_any(message, names, COUNT(names));
}

static const struct skbscope_diagnostic *next_error(const struct skbscope_diagnostics *diagnostics,
						    size_t *i)
{
	while (*i < skbscope_diagnostics_count(diagnostics)) {
		const struct skbscope_diagnostic *entry =
			skbscope_diagnostics_get(diagnostics, (*i)++);

		if (entry->severity == SKBSCOPE_SEVERITY_ERROR)
			return entry;
	}
	return NULL;
}

enum headers_need headers_need(const struct skbscope_diagnostics *diagnostics)
{
	enum headers_need need = HEADERS_NEED_NOTHING;
	const struct skbscope_diagnostic *error;
	struct missing missing;

	for (size_t i = 0; (error = next_error(diagnostics, &i));) {
		if (is_kernel_header(error->message))
			return HEADERS_NEED_KERNEL;
		if (is_missing_name(error->message, &missing) ||
		    is_undeclared_function(error->message) || is_own_definition(error->message))
			need = HEADERS_NEED_KERNEL_TYPES;
	}
	return need;
}

/* Without BTF an incomplete struct is the kernel's for all we know. An sk_buff is what is
 * written for __sk_buff, or lacks the header that comes with skbscope. */
static bool kernel_has(const struct btf *btf, const char *message)
{
	struct missing missing;

	return is_kernel_header(message) ||
	       (is_missing_name(message, &missing) && !span_is(missing.name, "sk_buff") &&
		(btf ? kernel_types_have(btf, missing.tag, missing.name) : missing.tag));
}

const struct skbscope_diagnostic *
headers_need_kernel(const struct skbscope_diagnostics *diagnostics)
{
	struct btf *btf = kernel_types_load();
	const struct skbscope_diagnostic *error;

	for (size_t i = 0; (error = next_error(diagnostics, &i));)
		if (kernel_has(btf, error->message))
			break;
	btf__free(btf);
	return error;
}

/* "no member named 'inet_daddr' in 'struct inet_sock'". A context's are all in bpf.h. */
static bool is_member_of_a_kernel_struct(const char *message)
{
	struct span rest = span_of(message), member, type;

	return span_skip(&rest, "no member named ") && span_next_quoted(&rest, &member) &&
	       span_next_quoted(&rest, &type) && span_begins(type, "struct ") &&
	       !span_begins(type, "struct __sk_buff") && !span_begins(type, "struct bpf_");
}

bool headers_may_help(const struct skbscope_diagnostics *diagnostics)
{
	const struct skbscope_diagnostic *error;

	for (size_t i = 0; (error = next_error(diagnostics, &i));)
		if ((is_undeclared_function(error->message) ||
		     is_member_of_a_kernel_struct(error->message)) &&
		    !strstr(error->message, "did you mean"))
			return true;
	return false;
}
