/* SPDX-License-Identifier: Apache-2.0 */
#include "faulty.h"

#include "../faults/shim.h"

#include <mdbx.h>

#include <errno.h>
#include <string.h>

static const struct {
  enum call_kind kind;
  int error;
} faults[] = {{CALL_MEMORY, ENOMEM}, {CALL_MEMORY, ENOMEM},   {CALL_WRITE, EIO},  {CALL_WRITE, ENOSPC},
              {CALL_SYNC, EIO},      {CALL_TRUNCATE, ENOSPC}, {CALL_MAP, ENOMEM}, {CALL_WRITE, SHORT_TRANSFER}};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]), RARE = 4, LATEST = 8 };

void fault_choose_none(void) { memset(&shim, 0, sizeof(shim)); }

void fault_choose(uint8_t how) {
  fault_choose_none();
  if (how % RARE)
    return;
  shim.kind = faults[how / RARE % FAULTS].kind;
  shim.error = faults[how / RARE % FAULTS].error;
  shim.at = how / (RARE * FAULTS) % LATEST;
}

bool fault_has_fired(void) { return shim.fired; }

bool fault_may_give(int rc) {
  return shim.fired && (rc == ENOMEM || rc == EIO || rc == ENOSPC || rc == MDBX_PANIC || rc == MDBX_MAP_FULL);
}

void fault_choose_certain(uint8_t how) {
  fault_choose(how);
  if (shim.kind != CALL_MEMORY && shim.kind != CALL_MAP && shim.kind != CALL_TRUNCATE)
    fault_choose_none();
}

void fault_arm(void) { shim.armed = shim.error != 0; }

int fault_disarm(int rc) {
  shim.armed = false;
  return rc;
}
