/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbcc's first pass asks for all declarations of a program, and so has clang load every
 * one of a precompiled header, though it rewrites none of them. Here it is given those of
 * the program itself.
 */
#ifndef WORKER_FIRST_DECLARATION_H
#define WORKER_FIRST_DECLARATION_H

/* Between the two, while libbcc compiles without a precompiled header: where clang keeps
 * the first declaration. A text to use later, "" for not known. */
void first_declaration_learn(void);
const char *first_declaration_learnt(void);

/* From here on, with what was learnt of the same libraries; "" is never. */
void first_declaration_use(const char *learnt);

#endif
