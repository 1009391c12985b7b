/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A macro of the command line changes every text in which its name is a word: in a
 * directive, in a macro's body, in a declaration. libbcc's headers are strings among
 * libbcc's own data, where they are looked through; to find a word elsewhere in that
 * data, too, costs only time.
 */
#include "worker/precompile_words.h"

#include <ctype.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "compile/protocol.h"

#define FILE_MAX_BYTES (4u << 20)

/* Words of bpf.h and of helpers.h: where they are not, the texts are elsewhere. */
static const char *const signs[] = { "BPF_MAP_TYPE_HASH", "__BPF_HELPERS_H" };

struct word {
	const char *text;
	size_t length;
	bool found;
};

static bool continues_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void look(struct word *word, const char *text, size_t length)
{
	const char *at = text, *end = text + length;

	while (!word->found && (at = memmem(at, (size_t)(end - at), word->text, word->length))) {
		const char *after = at + word->length;

		word->found = (at == text || !continues_word(at[-1])) &&
			      (after == end || !continues_word(*after));
		at++;
	}
}

static int look_in_libbcc(struct dl_phdr_info *info, size_t size, void *word)
{
	const char *slash = strrchr(info->dlpi_name, '/');

	(void)size;
	if (!slash || strncmp(slash, "/libbcc.so", strlen("/libbcc.so")) != 0)
		return 0;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && (part->p_flags & PF_R))
			look(word, (const char *)(info->dlpi_addr + part->p_vaddr), part->p_filesz);
	}
	return 1;
}

static bool libbcc_has(const char *text, size_t length)
{
	struct word word = { text, length, false };

	dl_iterate_phdr(look_in_libbcc, &word);
	return word.found;
}

/* Names that are not full are below the tree. */
static bool file_may_have(const char *name, const char *text, size_t length)
{
	AUTO(buffer_free) struct buffer content = { 0 };
	struct word word = { text, length, false };
	char path[PATH_MAX + sizeof(WORKER_TREE)];

	snprintf(path, sizeof(path), "%s%s", name[0] == '/' ? "" : WORKER_TREE "/", name);
	if (read_file(path, FILE_MAX_BYTES, &content) < 0)
		return true;
	look(&word, content.data, content.length);
	return word.found;
}

bool words_may_have(const struct buffer *entries, const char *define)
{
	const size_t length = strcspn(define, "=");

	/* What the compiler itself defines may mean something to it. */
	if (!length || define[0] == '_')
		return true;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (!libbcc_has(signs[i], strlen(signs[i])))
			return true;
	if (libbcc_has(define, length))
		return true;
	for (size_t at = 0; at < entries->length; at += strlen(entries->data + at) + 1)
		if (entries->data[at] == FILE_READ &&
		    file_may_have(entries->data + at + 1, define, length))
			return true;
	return false;
}
