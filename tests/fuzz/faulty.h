/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/faulty.h: calls of the system, or of the allocator, that fail inside a call of a target of sequences. They are led to the
 * shim of the fault tests (tests/faults/shim.h).
 */
#ifndef MDBX_TESTS_FUZZ_FAULTY_H
#define MDBX_TESTS_FUZZ_FAULTY_H

#include <stdbool.h>
#include <stdint.h>

/* What fails in the step that begins, chosen by a byte; most choose nothing. */
void fault_choose(uint8_t how);
/* The same, but nothing that would leave open whether a commit was made. */
void fault_choose_certain(uint8_t how);
void fault_choose_none(void);
/* Whether something has failed in this step. */
bool fault_has_fired(void);
/* Whether a call may return this code because of that. */
bool fault_may_give(int rc);

void fault_arm(void);
/* Gives the code. */
int fault_disarm(int rc);
/* The call of the library in which it fails; else the target's own calls would. */
#define FAULTY(call) (fault_arm(), fault_disarm(call))

#endif
