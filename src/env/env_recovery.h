/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_recovery.h: going on from another meta page than the engine would choose.
 */
#ifndef MDBX_ENV_ENV_RECOVERY_H
#define MDBX_ENV_ENV_RECOVERY_H

#include "env/env.h"

/* Opens with the given meta page as the head, alone, changing nothing: writers get MDBX_EPERM until
 * env_turn_for_recovery(). */
int env_open_for_recovery(MDBX_env *env, const char *path, unsigned slot, bool writable);
/* Makes that meta page the newest. The environment is alone with the file and may write. */
int env_turn_for_recovery(MDBX_env *env, unsigned slot);

#endif
