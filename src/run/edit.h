/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When an edited program is compiled, swapped in and reported: the decisions of the edit
 * loop as a function of a state, an event and the time. Looking at files, compiling,
 * swapping and wording are edit_loop.c's.
 */
#ifndef RUN_EDIT_H
#define RUN_EDIT_H

#include <stdbool.h>
#include <stdint.h>

enum edit_event_kind {
	EDIT_SAVED,   /* something happened to the files: look */
	EDIT_RELOAD,  /* the user asked for a reload */
	EDIT_UNSEEN,  /* a file may have changed before it was watched */
	EDIT_TIME,    /* edit_due() has come */
	EDIT_BUILT,   /* the compilation ended: result, words, look, misread, nothing_read, runs */
	EDIT_SWAPPED, /* EDIT_SWAP was carried out: result, words, misread */
};

enum edit_result {
	EDIT_FINE,
	EDIT_REFUSED,   /* the same text would be refused again */
	EDIT_FAILED,    /* through no fault of the text: it may work another time */
	EDIT_CANCELLED, /* because of EDIT_CANCEL */
};

/* What a look at the files found. */
struct edit_look {
	bool tried;     /* all is as it was when the latest compilation began */
	bool unsettled; /* a file is gone or was just emptied, often only for a moment */
};

struct edit_event {
	enum edit_event_kind kind;
	enum edit_result result;
	struct edit_look look;
	uint64_t words;    /* of a failure: equal if the message is the same */
	bool misread;      /* what was read is not what is there now */
	bool nothing_read; /* there was no program to read */
	bool runs;         /* what came of it is what runs already */
};

enum edit_do {
	EDIT_NOTHING,
	EDIT_COMPILE,
	EDIT_CANCEL, /* the compilation; EDIT_BUILT follows as ever */
	EDIT_SWAP,   /* and answer with EDIT_SWAPPED */
	EDIT_KEEP,   /* what was compiled is what runs: nothing to report */
	EDIT_LIVE,   /* report that it runs */
	EDIT_STALE,  /* the old version still runs; report why if it is news */
};

struct edit_action {
	enum edit_do what;
	bool news;
};

/* Zeroed to begin with. */
struct edit {
	uint64_t saved_ns;   /* the first change that is still unanswered; 0: none */
	uint64_t changed_ns; /* the latest one */
	uint64_t began_ns;   /* the first compilation of what is unanswered; 0: none */
	uint64_t due_ns;     /* when to compile; 0: no need */
	uint64_t words;      /* the reason reported while stale */
	bool busy;           /* a compilation runs */
	bool forced;         /* compile it though it is the same */
	bool asked;          /* what is being compiled was asked for: it gets an answer */
	bool superseded;     /* what is being compiled is not the latest */
	bool again;          /* compile what is there even if it was tried */
	bool stale;          /* what is on disk does not run */
};

#define EDIT_HEEL_NS UINT64_C(15000000)
#define EDIT_PATIENCE_NS UINT64_C(500000000)
#define EDIT_SETTLE_NS UINT64_C(200000000)

struct edit_action edit_step(struct edit *state, const struct edit_event *event, uint64_t now_ns);

/* When EDIT_TIME is to be delivered; UINT64_MAX: not by itself. */
uint64_t edit_due(const struct edit *state);

#endif
