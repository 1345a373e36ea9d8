/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/subcommands.h: the functions behind the table of commands, by the file that has them. Each is run by
 * command_run().
 */
#ifndef MDBX_TOOLS_MDBX_SUBCOMMANDS_H
#define MDBX_TOOLS_MDBX_SUBCOMMANDS_H

/* cmd_data.c */
int run_get(int argc, char *argv[]);
int run_put(int argc, char *argv[]);
int run_del(int argc, char *argv[]);
int run_edit(int argc, char *argv[]);
int run_drop(int argc, char *argv[]);
/* cmd_state.c */
int run_count(int argc, char *argv[]);
int run_stat(int argc, char *argv[]);
int run_warm(int argc, char *argv[]);
int run_defrag(int argc, char *argv[]);
/* cmd_readers.c */
int run_readers(int argc, char *argv[]);
/* cmd_geometry.c */
int run_geometry(int argc, char *argv[]);
/* cmd_copy.c */
int run_copy(int argc, char *argv[]);
int run_copyfd(int argc, char *argv[]);
int run_backup(int argc, char *argv[]);
int run_apply(int argc, char *argv[]);
/* cmd_text.c */
int run_dump(int argc, char *argv[]);
int run_restore(int argc, char *argv[]);
int run_load(int argc, char *argv[]);
/* cmd_move.c */
int run_rewrite(int argc, char *argv[]);
int run_import(int argc, char *argv[]);
/* cmd_watch.c */
int run_watch(int argc, char *argv[]);
/* cmd_shell.c */
int run_shell(int argc, char *argv[]);
int run_chk(int argc, char *argv[]);

#endif
