/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_recovery.h: continues with a meta page that the caller chooses instead of the engine.
 */
#ifndef MDBX_ENV_ENV_RECOVERY_H
#define MDBX_ENV_ENV_RECOVERY_H

#include "env/env.h"

/* Opens exclusively, with the given meta page as the head, and changes nothing: write transactions get MDBX_EPERM until
 * env_turn_for_recovery(). */
int env_open_for_recovery(MDBX_env *env, const char *path, unsigned slot, bool writable);
/* Makes that meta page the newest. The environment is exclusive and may write. MDBX_BUSY: a transaction runs. */
int env_turn_for_recovery(MDBX_env *env, unsigned slot);

#endif
