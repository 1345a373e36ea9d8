/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/shell_output.h: where the output of the shell's commands goes: standard output, a file, or a program.
 *
 * The shell itself, its prompt and its line editor keep standard output: descriptor 1 leads elsewhere only between
 * output_begin() and output_end(), that is, while a command runs. Owns the file, or the program and the pipe to it.
 */
#ifndef MDBX_TOOLS_MDBX_SHELL_OUTPUT_H
#define MDBX_TOOLS_MDBX_SHELL_OUTPUT_H

#include "command.h"

/* A file is emptied first. Each ends what was chosen before; false: it has printed a message. once: for the next command
 * only. */
bool output_to_file(const char *name, bool once);
/* `command` is run by the system's shell. */
bool output_to_program(const char *command, bool once);
/* Closes the file, or waits for the program: standard output again. */
void output_to_standard(void);

/* false: the output cannot go there; it has printed a message. */
bool output_begin(void);
/* false: not all could be written; it has printed a message. */
bool output_end(void);

#endif
