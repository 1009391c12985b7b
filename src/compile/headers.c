/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding a header tree: the small one shipped with skbscope, the running
 * kernel's own, or one the user named. libbcc gets a root and, where a
 * distribution spreads one tree over two, the flags that lead to the other.
 */
#include "compile/headers.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/paths.h"

#define NS_PER_SECOND 1000000000L
#define HZ_MAX 10000

static bool is_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

__attribute__((format(printf, 1, 2))) static bool have(const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	return length > 0 && (size_t)length < sizeof(path) && is_file(path);
}

void header_tree_clear(struct header_tree *tree)
{
	free(tree->path);
	free(tree->note);
	for (size_t i = 0; i < tree->flag_count; i++)
		free(tree->flags[i]);
	*tree = (struct header_tree){ 0 };
}

__attribute__((format(printf, 2, 3))) static int add_flag(struct header_tree *tree,
							  const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&tree->flags[tree->flag_count], format, arguments);
	va_end(arguments);
	if (length < 0)
		return -ENOMEM;
	tree->flag_count++;
	return 0;
}

/* Gives *out the tree if it was built whole. */
static int finish(struct header_tree *tree, int r, struct header_tree *out,
		  struct skbscope_error *error)
{
	if (r < 0 || !tree->path || !tree->note)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	*out = *tree;
	*tree = (struct header_tree){ 0 };
	return 0;
}

/* The kernel's name for this machine's architecture, as libbcc derives it. */
static const char *architecture(const char *machine)
{
	static const struct {
		const char *prefix, *name;
	} names[] = {
		{ "x86_64", "x86" }, { "aarch64", "arm64" }, { "arm64", "arm64" },
		{ "arm", "arm" },    { "s390x", "s390" },    { "ppc", "powerpc" },
		{ "mips", "mips" },  { "riscv", "riscv" },   { "loongarch", "loongarch" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(machine, names[i].prefix, strlen(names[i].prefix)) == 0)
			return names[i].name;
	return machine;
}

/* What the small tree cannot know: facts of the running kernel. */
static int add_kernel_facts(struct header_tree *tree)
{
	unsigned int major = 0, minor = 0, patch = 0;
	long page = sysconf(_SC_PAGESIZE);
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct timespec tick;
	struct utsname system;
	int r = 0;

	if (uname(&system) == 0 && sscanf(system.release, "%u.%u.%u", &major, &minor, &patch) >= 2)
		r = add_flag(tree, "-DLINUX_VERSION_CODE=%u",
			     (major << 16) + (minor << 8) + (patch > 255 ? 255 : patch));
	if (r == 0 && page > 0)
		r = add_flag(tree, "-DCONFIG_PAGE_SHIFT=%d", __builtin_ctzl((unsigned long)page));
	if (r == 0 && cpus > 0)
		r = add_flag(tree, "-DCONFIG_NR_CPUS=%ld", cpus);
	/* The coarse clocks move once a tick. */
	if (r == 0 && clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0 && !tick.tv_sec &&
	    tick.tv_nsec >= NS_PER_SECOND / HZ_MAX)
		r = add_flag(tree, "-DCONFIG_HZ=%ld",
			     (NS_PER_SECOND + tick.tv_nsec / 2) / tick.tv_nsec);
	return r;
}

static int suggest_uapi(struct skbscope_error *error, int code)
{
	return hint(error, code,
		    "install the C library's kernel headers: linux-libc-dev (Debian, "
		    "Ubuntu), kernel-headers (Fedora), linux-headers (Alpine), linux-api-headers "
		    "(Arch) or linux-glibc-devel (openSUSE)");
}

int headers_uapi(struct header_tree *out, struct skbscope_error *error)
{
	AUTO(header_tree_clear) struct header_tree tree = { .kind = SKBSCOPE_HEADERS_UAPI };
	const char *root = paths_get()->headers;
	struct utsname system;

	if (!have("%s/include/linux/kconfig.h", root))
		return hint(
			error,
			fail(error, ENOENT, SKBSCOPE_STAGE_WORKER,
			     "there is no compiler here: its own header tree is not at '%s'", root),
			"install it (on Debian it is a package of its own, skbscope-compiler), or "
			"export the program elsewhere as NAME.skb, which needs none");
	/* The tree's links lead to /usr/include; see its README. */
	if (!have("%s/include/generated/uapi/linux/if_ether.h", root))
		return suggest_uapi(error, fail(error, ENOENT, SKBSCOPE_STAGE_COMPILE,
						"the kernel's headers for user space "
						"(/usr/include/linux) are not installed"));
	if (uname(&system) < 0)
		return fail_errno(error, -errno, SKBSCOPE_STAGE_COMPILE,
				  "cannot tell this machine's architecture");
	if (!have("%s/include/generated/uapi/asm/errno.h", root) &&
	    !have("%s/arch/%s/include/generated/uapi/asm/errno.h", root,
		  architecture(system.machine)))
		return suggest_uapi(error,
				    fail(error, ENOENT, SKBSCOPE_STAGE_COMPILE,
					 "the headers of this architecture (asm/errno.h) are in "
					 "neither /usr/include nor its multiarch directory"));
	tree.path = strdup(root);
	tree.note = strdup("skbscope's small tree over /usr/include/linux");
	return finish(&tree, add_kernel_facts(&tree), out, error);
}

/* libbcc looks for what is generated in the same tree as the rest; Debian and
 * openSUSE keep it apart. */
static int add_build_directory(struct header_tree *tree, const char *build)
{
	struct utsname system;
	const char *arch;
	int r;

	if (uname(&system) < 0)
		return -errno;
	arch = architecture(system.machine);
	r = add_flag(tree, "-I%s/arch/%s/include/generated", build, arch);
	if (r == 0)
		r = add_flag(tree, "-I%s/include", build);
	if (r == 0)
		r = add_flag(tree, "-I%s/arch/%s/include/generated/uapi", build, arch);
	if (r == 0)
		r = add_flag(tree, "-I%s/include/generated/uapi", build);
	return r;
}

static bool same_directory(const char *a, const char *b)
{
	struct stat one, two;

	return stat(a, &one) == 0 && stat(b, &two) == 0 && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

/* Fills *tree from DIRECTORY if it is a kernel tree: whole, or as build/ and
 * source/. What a distribution left behind may lack what configuring makes. */
static int recognise(const char *directory, bool configured, struct header_tree *tree)
{
	char build[PATH_MAX], source[PATH_MAX];

	if (have("%s/include/linux/kconfig.h", directory) &&
	    (!configured || have("%s/include/generated/autoconf.h", directory))) {
		tree->path = strdup(directory); /* finish() looks whether it is there */
		return 0;
	}
	if (snprintf(build, sizeof(build), "%s/build", directory) >= (int)sizeof(build) ||
	    snprintf(source, sizeof(source), "%s/source", directory) >= (int)sizeof(source))
		return -ENAMETOOLONG;
	if (!have("%s/include/generated/autoconf.h", build))
		return -ENOENT;
	if (have("%s/include/linux/kconfig.h", source)) {
		tree->path = strdup(source);
		return same_directory(build, source) ? 0 : add_build_directory(tree, build);
	}
	if (!have("%s/include/linux/kconfig.h", build))
		return -ENOENT;
	tree->path = strdup(build);
	return 0;
}

int headers_directory(const char *path, struct header_tree *out, struct skbscope_error *error)
{
	AUTO(header_tree_clear) struct header_tree tree = { .kind = SKBSCOPE_HEADERS_DIRECTORY };
	AUTO(freep) char *absolute = realpath(path, NULL);
	int r;

	if (!absolute)
		return fail_errno(error, errno, SKBSCOPE_STAGE_COMPILE,
				  "cannot use the header tree '%s'", path);
	r = recognise(absolute, false, &tree);
	if (r == -ENOENT)
		return hint(error,
			    fail(error, ENOENT, SKBSCOPE_STAGE_COMPILE,
				 "'%s' is not a kernel header tree", path),
			    "it must contain include/linux/kconfig.h, or the build and source "
			    "directories of /lib/modules/RELEASE");
	tree.note = strdup(absolute);
	return finish(&tree, r, out, error);
}

/* NAME=value or NAME="value" of an os-release file. */
static void os_release(const char *path, const char *name, char *value, size_t size)
{
	AUTO(fclosep) FILE *stream = fopen(path, "re");
	size_t length = strlen(name);
	char line[512];

	value[0] = '\0';
	while (stream && fgets(line, sizeof(line), stream)) {
		char *start = line + length + 1, *end;

		if (strncmp(line, name, length) != 0 || line[length] != '=')
			continue;
		if (*start == '"' || *start == '\'')
			start++;
		end = start + strcspn(start, "\"'\n");
		*end = '\0';
		snprintf(value, size, "%s", start);
	}
}

/* A kernel that came from no package has no package of headers. */
static bool is_packaged(const struct kernel_places *places, const char *command)
{
	static const char *const names[] = { "image", "image-unsigned", "binary", "modules" };

	char modules[PATH_MAX];

	snprintf(modules, sizeof(modules), "%s/%s", places->modules, places->release);
	if (strncmp(command, "apt ", strlen("apt ")) != 0)
		return access(modules, F_OK) == 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (have("%s/linux-%s-%s.list", places->packages, names[i], places->release))
			return true;
	return false;
}

static int suggest_kernel(const struct kernel_places *places, struct skbscope_error *error,
			  int code)
{
	static const struct {
		const char *word, *before, *after; /* the release */
	} packages[] = {
		{ "debian", "apt install linux-headers-", "" },
		{ "ubuntu", "apt install linux-headers-", "" },
		{ "fedora", "dnf install kernel-devel-", "" },
		{ "rhel", "dnf install kernel-devel-", "" },
		{ "suse", "zypper install kernel-default-devel (for ", ")" },
		{ "arch", "pacman -S linux-headers (for ", ")" },
		{ "alpine", "apk add the -dev package of your kernel, such as linux-lts-dev (for ",
		  ")" },
	};
	char id[256], like[256], words[520];

	os_release(places->os_release, "ID", id, sizeof(id));
	os_release(places->os_release, "ID_LIKE", like, sizeof(like));
	snprintf(words, sizeof(words), "%s %s", id, like);
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (strstr(words, packages[i].word) && is_packaged(places, packages[i].before))
			return hint(error, code,
				    "%s%s%s, or modprobe kheaders if this kernel has that module",
				    packages[i].before, places->release, packages[i].after);
	return hint(
		error, code,
		"the development headers of kernel %s come from where it was built; or modprobe "
		"kheaders if it has that module",
		places->release);
}

int headers_kernel_in(const struct kernel_places *places, struct header_tree *out,
		      struct skbscope_error *error)
{
	AUTO(header_tree_clear) struct header_tree tree = { .kind = SKBSCOPE_HEADERS_KERNEL };
	char distribution[256], candidate[PATH_MAX], unpacked[PATH_MAX];
	const char *const candidates[][2] = {
		{ places->modules, "" },
		{ places->sources, "linux-headers-" }, /* Debian and Ubuntu, /lib/modules unseen */
		{ places->sources, "kernels/" },       /* Fedora, likewise */
	};
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		snprintf(candidate, sizeof(candidate), "%s/%s%s", candidates[i][0],
			 candidates[i][1], places->release);
		r = recognise(candidate, true, &tree);
	}
	os_release(places->os_release, "NAME", distribution, sizeof(distribution));
	if (r == 0 && asprintf(&tree.note, "%s %s", distribution[0] ? distribution : "kernel",
			       places->release) < 0)
		tree.note = NULL;
	if (r == -ENOENT && is_file(places->archive)) {
		r = kheaders_unpack(places, unpacked, sizeof(unpacked), error);
		if (r < 0)
			return r;
		r = recognise(unpacked, true, &tree);
		if (r == 0 &&
		    asprintf(&tree.note, "%s from %s", places->release, places->archive) < 0)
			tree.note = NULL;
	}
	if (r == 0)
		return finish(&tree, 0, out, error);
	if (r != -ENOENT)
		return fail_errno(error, r, SKBSCOPE_STAGE_COMPILE,
				  "cannot search for the headers of kernel %s", places->release);
	return suggest_kernel(places, error,
			      fail(error, ENOENT, SKBSCOPE_STAGE_COMPILE,
				   "the headers of the running kernel (%s) are not installed",
				   places->release));
}

int headers_kernel(struct header_tree *tree, struct skbscope_error *error)
{
	struct utsname system;
	struct kernel_places places = {
		.modules = "/lib/modules",
		.sources = "/usr/src",
		.archive = "/sys/kernel/kheaders.tar.xz",
		.release = system.release,
		.build = system.version,
		.os_release = "/etc/os-release",
		.packages = "/var/lib/dpkg/info",
	};

	if (uname(&system) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_COMPILE,
				  "cannot determine the kernel's release");
	return headers_kernel_in(&places, tree, error);
}

int headers_find(enum skbscope_headers kind, const char *directory, struct header_tree *tree,
		 struct skbscope_error *error)
{
	switch (kind) {
	case SKBSCOPE_HEADERS_KERNEL:
		return headers_kernel(tree, error);
	case SKBSCOPE_HEADERS_DIRECTORY:
		if (!directory)
			return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				    "no header directory was given");
		return headers_directory(directory, tree, error);
	default:
		return headers_uapi(tree, error);
	}
}
