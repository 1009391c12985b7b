/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbcc has clang begin each pass with files of "-include". The arguments come by here:
 * to use a precompiled header they are exchanged for it, to make one the first pass is
 * exchanged for clang's own action that writes it. It has to be made by libbcc's call,
 * because libbcc's headers are files in memory that clang knows by that call alone.
 *
 * It is made for one set of arguments, and "-D" would come too late for its text: the
 * second file says what the first was made with.
 */
#include "worker/precompile.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "worker/first_declaration.h"
#include "worker/interpose.h"
#include "worker/opened_files.h"
#include "worker/precompile_words.h"
#include "worker/request.h"
#include "worker/surroundings.h"

/* clang::CompilerInvocation::CreateFromArgs(CompilerInvocation &, ArrayRef<const char *>,
 * DiagnosticsEngine &, const char *); an ArrayRef is passed as its two members, where
 * the calling convention passes a struct of two words so. */
#define CREATE_FROM_ARGS                                                                           \
	"_ZN5clang18CompilerInvocation14CreateFromArgsERS0_N4llvm8ArrayRefIPKcEERNS_"              \
	"17DiagnosticsEngineES5_"
#if defined(__x86_64__) || defined(__aarch64__)
#define KNOWN_CONVENTION true
#else
#define KNOWN_CONVENTION false
#endif
#define ACTION_CONSTRUCTOR "_ZN5clang14FrontendActionC2Ev"
#define ACTION_TABLE "_ZTVN5clang17GeneratePCHActionE"
#define ACTION_ROOM 4096 /* of zeros; clang's own takes some hundred bytes */

INTERPOSE bool create_from_arguments(void *invocation, const char *const *arguments, size_t count,
				     void *diagnostics,
				     const char *program) __asm__(CREATE_FROM_ARGS);

/* Entries of the second file: a letter, text, a NUL. Files are entries too. */
enum entry {
	ENTRY_INCLUDE = 'i', /* in the place of which it stands */
	ENTRY_DEFINE = 'D',  /* -D… */
	ENTRY_FIRST = 'F',   /* first_declaration.h: a number */
};

static struct {
	enum mode { OFF, MAKE, USE } mode;
	bool written;
	char path[sizeof(WORKER_PATH_PREFIX) + 16];
	struct buffer entries; /* made, or to compare with */
} state;

static int file_of(const struct worker_request *request, unsigned int which)
{
	return WORKER_FD_PATHS + (int)(request->precompiled + which);
}

static void put(struct buffer *out, char letter, const char *text)
{
	buffer_append(out, &letter, 1);
	buffer_append(out, text, strlen(text) + 1);
}

/* With that text; NULL: with any. */
static bool has(const struct buffer *entries, char letter, const char *text)
{
	const char *end = entries->data + entries->length;

	for (const char *at = buffer_text(entries); at < end; at += strlen(at) + 1)
		if (*at == letter && (!text || strcmp(at + 1, text) == 0))
			return true;
	return false;
}

/* The first entry of that kind, or "". */
static const char *find(const struct buffer *entries, char letter)
{
	for (size_t at = 0; at < entries->length; at += strlen(entries->data + at) + 1)
		if (entries->data[at] == letter)
			return entries->data + at + 1;
	return "";
}

static bool is_define(const char *flag)
{
	return strncmp(flag, "-D", 2) == 0;
}

static void start(const struct worker_request *request, enum mode mode)
{
	buffer_free(&state.entries);
	memset(&state, 0, sizeof(state));
	snprintf(state.path, sizeof(state.path), WORKER_PATH_PREFIX "%d", file_of(request, 0));
	state.mode = mode;
}

void precompile_make(const struct worker_request *request)
{
	start(request, MAKE);
	for (size_t i = 0; i < request->flag_count; i++)
		if (is_define(request->flags[i]))
			put(&state.entries, ENTRY_DEFINE, request->flags[i]);
	opened_files_redirect(PRECOMPILED_OUTPUT, file_of(request, 0));
}

/* For people who ask why compiling is slow. */
static const char *why_not_written(void)
{
	if (!KNOWN_CONVENTION)
		return "not known to work on this architecture";
	if (!dlsym(RTLD_DEFAULT, ACTION_TABLE) || !dlsym(RTLD_DEFAULT, ACTION_CONSTRUCTOR))
		return "this clang does not export what it takes to make one";
	if (!has(&state.entries, ENTRY_INCLUDE, NULL))
		return "this libbcc keeps its calls of clang to itself";
	return "this clang makes none of libbcc's headers";
}

bool precompile_made(const struct worker_request *request)
{
	bool made = state.written && lseek(file_of(request, 0), 0, SEEK_END) > 0;

	opened_files_save(&state.entries);
	put(&state.entries, ENTRY_FIRST, first_declaration_learnt());
	if (!made)
		fprintf(stderr, "%s\n", why_not_written());
	made = made && !state.entries.failed &&
	       write_all(file_of(request, 1), state.entries.data, state.entries.length) == 0;
	precompile_stop();
	return made;
}

/* What came with the precompiled text need not be looked for in it. */
static bool defines_fit(const struct worker_request *request)
{
	size_t known = 0, made = 0;

	for (size_t i = 0; i < request->flag_count; i++) {
		const char *flag = request->flags[i];

		if (!is_define(flag))
			continue;
		if (has(&state.entries, ENTRY_DEFINE, flag))
			known++;
		else if (words_may_have(&state.entries, flag + 2))
			return false;
	}
	for (size_t at = 0; at < state.entries.length; at += strlen(state.entries.data + at) + 1)
		made += state.entries.data[at] == ENTRY_DEFINE;
	return known == made;
}

/* libbcc searches the program's own directory before the tree. What was looked for there
 * in vain, in the tree's when it was made, must be missing in this one, too. */
static bool move_to_own_directory(const char *tree)
{
	char own[PATH_MAX];
	struct buffer moved = { 0 };
	const size_t length = strlen(tree);
	bool found = !getcwd(own, sizeof(own));

	for (size_t at = 0; at < state.entries.length; at += strlen(state.entries.data + at) + 1) {
		const char *entry = state.entries.data + at;
		const bool is_below =
			strncmp(entry + 1, tree, length) == 0 && entry[1 + length] == '/';
		char path[2 * PATH_MAX];
		struct stat status;

		snprintf(path, sizeof(path), "%s%s", is_below ? own : "",
			 entry + 1 + (is_below ? length : 0));
		put(&moved, entry[0], path);
		found |= is_below && stat(path, &status) == 0;
	}
	buffer_free(&state.entries);
	state.entries = moved;
	return !found && !moved.failed;
}

bool precompile_use(const struct worker_request *request)
{
	const char *tree = request->paths[WORKER_PATH_HEADERS];

	if (!request->precompiled)
		return false;
	start(request, USE);
	if (lseek(file_of(request, 1), 0, SEEK_SET) == 0 &&
	    read_descriptor(file_of(request, 1), WORKER_MAX_OUTPUT, &state.entries) == 0 &&
	    defines_fit(request) && move_to_own_directory(tree) &&
	    !opened_files_libraries_changed()) {
		first_declaration_use(find(&state.entries, ENTRY_FIRST));
		opened_files_stand_in(state.path, &state.entries);
		return true;
	}
	precompile_stop();
	return false;
}

void precompile_stop(void)
{
	state.mode = OFF;
	opened_files_redirect(NULL, -1);
	first_declaration_use("");
	opened_files_stand_in(NULL, NULL);
}

void *precompile_action(void)
{
	void (*construct)(void *);
	char *table = dlsym(RTLD_DEFAULT, ACTION_TABLE);
	void **action;

	*(void **)&construct = dlsym(RTLD_DEFAULT, ACTION_CONSTRUCTOR);
	if (state.mode != MAKE || !table || !construct)
		return NULL;
	action = calloc(1, ACTION_ROOM); /* left to the end of the process */
	if (!action)
		return NULL;
	construct(action);
	action[0] = table + 2 * sizeof(void *);
	return action;
}

void precompile_executed(bool well)
{
	state.written = well;
}

/* The output goes where this process may write. */
static size_t arguments_to_make(const char **arguments, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++) {
		if (strcmp(arguments[i], "-o") == 0)
			arguments[i + 1] = PRECOMPILED_OUTPUT;
		if (strcmp(arguments[i], "-include") == 0 &&
		    !has(&state.entries, ENTRY_INCLUDE, arguments[i + 1]))
			put(&state.entries, ENTRY_INCLUDE, arguments[i + 1]);
	}
	arguments[count++] = "-fno-temp-file";
	return count;
}

/* False if the precompiled header is not of what would be included here. The compiler's
 * own checks would stumble over descriptors' names; what it was made of is checked by
 * whoever kept it. */
static bool arguments_to_use(const char **arguments, size_t *count)
{
	size_t kept = 0, included = 0, made = 0;

	for (size_t at = 0; at < state.entries.length; at += strlen(state.entries.data + at) + 1)
		made += state.entries.data[at] == ENTRY_INCLUDE;
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(arguments[i], "-include") != 0 || i + 1 == *count)
			arguments[kept++] = arguments[i];
		else if (has(&state.entries, ENTRY_INCLUDE, arguments[++i]))
			included++;
		else
			return false;
	}
	arguments[kept++] = "-include-pch";
	arguments[kept++] = state.path;
	arguments[kept++] = "-fno-validate-pch";
	*count = kept;
	return included == made;
}

bool create_from_arguments(void *invocation, const char *const *arguments, size_t count,
			   void *diagnostics, const char *program)
{
	bool (*next)(void *, const char *const *, size_t, void *, const char *);
	AUTO(freep) const char **changed = NULL;
	size_t changed_count = count;

	*(void **)&next = dlsym(RTLD_NEXT, CREATE_FROM_ARGS);
	if (KNOWN_CONVENTION)
		surroundings_note(arguments, count);
	if (state.mode == OFF || !KNOWN_CONVENTION)
		return next(invocation, arguments, count, diagnostics, program);
	changed = calloc(count + 3, sizeof(*changed));
	if (!changed)
		return false;
	memcpy(changed, arguments, count * sizeof(*changed));
	if (state.mode == MAKE)
		changed_count = arguments_to_make(changed, count);
	else if (!arguments_to_use(changed, &changed_count))
		return next(invocation, arguments, count, diagnostics, program);
	return next(invocation, changed, changed_count, diagnostics, program);
}
