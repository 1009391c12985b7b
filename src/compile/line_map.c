/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alignment of two texts that are nearly the same: lines that are equal are
 * anchors, found greedily with a bounded look ahead; what lies between two
 * anchors is aligned by how much its lines resemble each other.
 */
#include "compile/line_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/span.h"
#include "base/text.h"
#include "compile/protocol.h"

struct lines {
	struct span *line; /* without surrounding blanks */
	size_t count;
};

struct line_map {
	uint32_t *original; /* 0: none yet */
	bool *unchanged;
	size_t count, original_count;
};

#define LOOK_AHEAD 64 /* lines one side may have on its own */
#define GAP_MAX 128   /* a larger gap is aligned by proportion */

static struct lines split(struct span rest, struct arena *arena)
{
	struct lines lines = { .count = 1 }; /* the last follows the last newline, often nothing */
	struct span line;

	for (size_t i = 0; i < rest.length; i++)
		lines.count += rest.text[i] == '\n';
	lines.line = ARENA_ARRAY(arena, struct span, lines.count);
	for (size_t i = 0; lines.line && span_next_line(&rest, &line); i++)
		lines.line[i] = span_trim(line);
	return lines;
}

/* A line that says enough to hold an alignment: "}" is everywhere. */
static bool is_anchor(struct span line)
{
	return line.length > 3;
}

/* A long word may be part of another: update() becomes bpf_map_update_elem(). */
static bool has_word(struct span line, struct span word)
{
	const char *end = line.text + line.length, *at = line.text;

	while (at && (at = memmem(at, (size_t)(end - at), word.text, word.length))) {
		if (word.length > 3)
			return true;
		if ((at == line.text || !text_is_word(at[-1])) &&
		    (at + word.length == end || !text_is_word(at[word.length])))
			return true;
		at++;
	}
	return false;
}

/* How alike two lines are, 0 to 1000. Rewriting keeps the user's words, in among
 * its own; punctuation says nothing. */
static unsigned int likeness(struct span rewritten, struct span original)
{
	struct span rest = original, word;
	size_t common = 0;

	if (span_equal(rewritten, original))
		return 200 + (unsigned int)(rest.length < 400 ? rest.length * 2 : 800);
	while (rest.length)
		if (!span_next_word(&rest, &word))
			rest = span_from(rest, 1);
		else if (has_word(rewritten, word))
			common += word.length;
	return (unsigned int)(common < 400 ? common * 2 : 800);
}

static void pair(struct line_map *map, size_t rewritten, size_t original, bool unchanged)
{
	map->original[rewritten] = (uint32_t)original + 1;
	map->unchanged[rewritten] = unchanged;
}

struct gap {
	size_t rewritten, rewritten_count, original, original_count;
};

static void align_by_proportion(struct line_map *map, const struct gap *gap)
{
	for (size_t i = 0; i < gap->rewritten_count && gap->original_count; i++)
		pair(map, gap->rewritten + i,
		     gap->original + i * gap->original_count / gap->rewritten_count, false);
}

/* Best total likeness with the order kept; a pair must resemble at all. */
static int align_gap(struct line_map *map, const struct lines *rewritten,
		     const struct lines *original, const struct gap *gap)
{
	size_t n = gap->rewritten_count, m = gap->original_count, width = m + 1;
	AUTO(freep) uint32_t *best = NULL;

	if (!n || !m)
		return 0;
	if (n > GAP_MAX || m > GAP_MAX) {
		align_by_proportion(map, gap);
		return 0;
	}
	best = calloc((n + 1) * width, sizeof(*best));
	if (!best)
		return -ENOMEM;
#define BEST(i, j) best[(i)*width + (j)]
#define LIKENESS(i, j)                                                                             \
	likeness(rewritten->line[gap->rewritten + (i)], original->line[gap->original + (j)])
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			uint32_t score = LIKENESS(i, j);
			uint32_t both = BEST(i + 1, j + 1) + score;
			uint32_t skip =
				BEST(i + 1, j) > BEST(i, j + 1) ? BEST(i + 1, j) : BEST(i, j + 1);

			BEST(i, j) = score && both >= skip ? both : skip;
		}
	for (size_t i = 0, j = 0; i < n && j < m;) {
		uint32_t score = LIKENESS(i, j);

		if (score && BEST(i, j) == BEST(i + 1, j + 1) + score) {
			pair(map, gap->rewritten + i, gap->original + j,
			     span_equal(rewritten->line[gap->rewritten + i],
					original->line[gap->original + j]));
			i++;
			j++;
		} else if (BEST(i, j) == BEST(i + 1, j)) {
			i++;
		} else {
			j++;
		}
	}
#undef BEST
#undef LIKENESS
	return 0;
}

/* The nearest pair of equal lines that are worth the name, from (i, j) on. */
static bool next_anchor(const struct lines *rewritten, const struct lines *original, size_t i,
			size_t j, size_t *at_i, size_t *at_j)
{
	for (size_t distance = 0; distance <= 2 * LOOK_AHEAD; distance++)
		for (size_t a = distance > LOOK_AHEAD ? distance - LOOK_AHEAD : 0;
		     a <= distance && a <= LOOK_AHEAD; a++) {
			size_t x = i + a, y = j + (distance - a);

			if (x < rewritten->count && y < original->count &&
			    is_anchor(original->line[y]) &&
			    span_equal(rewritten->line[x], original->line[y])) {
				*at_i = x;
				*at_j = y;
				return true;
			}
		}
	return false;
}

/* A line with no partner belongs to the line before it; libbcc's attributes
 * belong to the function after them. */
static void fill_holes(struct line_map *map, const struct lines *rewritten)
{
	uint32_t last = 0;

	for (size_t i = 0; i < map->count; i++) {
		if (map->original[i]) {
			last = map->original[i];
			continue;
		}
		map->original[i] = last;
		if (span_begins(rewritten->line[i], "__attribute__") && i + 1 < map->count)
			map->original[i] = map->original[i + 1]         ? map->original[i + 1]
					   : last < map->original_count ? last + 1
									: last;
		if (!map->original[i])
			map->original[i] = 1;
	}
}

static int align(struct line_map *map, const struct lines *rewritten, const struct lines *original)
{
	size_t i = 0, j = 0;

	while (i < rewritten->count && j < original->count) {
		struct gap gap = { .rewritten = i, .original = j };
		size_t x, y;
		int r;

		if (span_equal(rewritten->line[i], original->line[j])) {
			pair(map, i++, j++, true);
			continue;
		}
		if (!next_anchor(rewritten, original, i, j, &x, &y)) {
			/* Step over one screen of lines together, then try again. */
			x = i + LOOK_AHEAD < rewritten->count ? i + LOOK_AHEAD : rewritten->count;
			y = j + LOOK_AHEAD < original->count ? j + LOOK_AHEAD : original->count;
		}
		gap.rewritten_count = x - i;
		gap.original_count = y - j;
		r = align_gap(map, rewritten, original, &gap);
		if (r < 0)
			return r;
		i = x;
		j = y;
	}
	fill_holes(map, rewritten);
	return 0;
}

int line_map_new(struct span rewritten, struct span original, struct line_map **out)
{
	AUTO(line_map_freep) struct line_map *map = arena_object_new(sizeof(*map));
	struct lines from, to;
	int r;

	if (!map)
		return -ENOMEM;
	from = split(rewritten, arena_of(map));
	to = split(original, arena_of(map));
	map->count = from.count;
	map->original_count = to.count;
	map->original = ARENA_ARRAY(arena_of(map), uint32_t, from.count);
	map->unchanged = ARENA_ARRAY(arena_of(map), bool, from.count);
	r = arena_failed(arena_of(map)) ? -ENOMEM : align(map, &from, &to);
	if (r == 0)
		*out = TAKE(map);
	return r;
}

void line_map_free(struct line_map *map)
{
	arena_object_free(map);
}

void line_map_freep(struct line_map **map)
{
	line_map_free(*map);
	*map = NULL;
}

uint32_t line_map_original(const struct line_map *map, uint32_t line, bool *unchanged)
{
	*unchanged = false;
	if (line == 0 || line > map->count)
		return 0;
	*unchanged = map->unchanged[line - 1];
	return map->original[line - 1];
}

/* What libbcc 0.26 puts before and after the text it rewrote. */
#define BLOCK_START "#if defined(BPF_LICENSE)\n#error BPF_LICENSE cannot be specified"
#define TEXT_START "#line 1 \"" WORKER_SOURCE_FILE "\"\n"
#define BLOCK_END "\n#include <bcc/footer.h>\n"

bool rewritten_find(struct span log, struct rewritten_text *out)
{
	struct rewritten_text found = { .after = log };
	struct span marks;

	*out = (struct rewritten_text){ .before = log };
	if (!span_cut(&found.after, BLOCK_START, &found.before) ||
	    !span_cut(&found.after, TEXT_START, &marks) ||
	    /* The first: a diagnostic that follows may quote the same line. */
	    !span_cut(&found.after, BLOCK_END, &found.text))
		return false;
	*out = found;
	return true;
}
