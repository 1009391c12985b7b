/* SPDX-License-Identifier: Apache-2.0 */
/* A handler of signals may write bytes and set modes, and no more: all is made ready before. */
#define NCURSES_NOMACROS 1
#include "run/terminal_rescue.h"

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#undef columns /* which it makes words of its own */
#undef lines
#include <unistd.h>

/* For a handler of signals: what makes the terminal as it was. */
static struct {
	volatile sig_atomic_t needed;
	pid_t owner; /* and not a process that was made of it */
	int fd, keys;
	struct termios modes;
	char bytes[256];
	size_t length;
} rescue;

void terminal_restore(void)
{
	if (!rescue.needed || rescue.owner != getpid())
		return;
	rescue.needed = 0;
	if (write(rescue.fd, rescue.bytes, rescue.length) < 0)
		errno = 0; /* there is nobody left to tell */
	tcsetattr(rescue.keys, TCSANOW, &rescue.modes);
}

static void die(int number)
{
	terminal_restore();
	signal(number, SIG_DFL);
	raise(number);
}

/* Those that end the process and that the loop does not hear. */
static const int deadly[] = { SIGQUIT, SIGILL,  SIGTRAP,   SIGABRT, SIGBUS,  SIGFPE,  SIGUSR1,
			      SIGSEGV, SIGUSR2, SIGALRM,   SIGPIPE, SIGXCPU, SIGXFSZ, SIGVTALRM,
			      SIGPROF, SIGSYS,  SIGSTKFLT, SIGPWR,  SIGIO };

static void handle_deadly(void (*handler)(int), void (*instead_of)(int))
{
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		struct sigaction action;

		if (sigaction(deadly[i], NULL, &action) == 0 && action.sa_handler == instead_of)
			signal(deadly[i], handler);
	}
}

/* Without the times to wait ("$<5>") that terminals of paper had. */
static void add_capability(const char *name)
{
	const char *text = tigetstr(name);

	if (!text || text == (const char *)-1)
		return;
	while (*text && rescue.length < sizeof(rescue.bytes)) {
		if (text[0] == '$' && text[1] == '<')
			text += strcspn(text, ">") + (strchr(text, '>') != NULL);
		else
			rescue.bytes[rescue.length++] = *text++;
	}
}

void terminal_need_rescue(int fd, int keys, const struct termios *modes)
{
	static bool once;

	rescue.owner = getpid();
	rescue.fd = fd;
	rescue.keys = keys;
	rescue.modes = *modes;
	rescue.length = 0;
	add_capability("sgr0");
	add_capability("cnorm");
	add_capability("rmkx");
	add_capability("rmcup");
	if (!once)
		atexit(terminal_restore);
	once = true;
	rescue.needed = 1;
	handle_deadly(die, SIG_DFL);
}

void terminal_need_no_rescue(void)
{
	handle_deadly(SIG_DFL, die);
	rescue.needed = 0;
}
